import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readRunningGate, removeRunningGate, writeRunningGate } from "../../src/config/running-gate.ts";
import { Problem } from "../../src/problem.ts";

let state: string;
beforeEach(() => {
  state = join(mkdtempSync(join(tmpdir(), "regate-gate-")), "state");
});
afterEach(() => rmSync(join(state, ".."), { recursive: true }));

const gate = {
  pid: 42,
  url: "http://127.0.0.1:8787",
  instance: "0f7b6a8e-93d1-4c53-8f5e-0d7f4f7a9f11",
  secret: "s".repeat(43),
  startedUnixMs: 1_700_000_000_000,
};

test("reads back what was written, for its owner's eyes only", () => {
  writeRunningGate(state, gate);
  expect(readRunningGate(state)).toEqual(gate);
  expect(statSync(join(state, "gate.json")).mode & 0o777).toBe(0o600);
  expect(statSync(state).mode & 0o777).toBe(0o700);
});

test("is for its owner's eyes only even where a run that was killed left its draft open to others", () => {
  mkdirSync(state, { mode: 0o700 });
  writeFileSync(join(state, `gate.json.${gate.pid}`), "half", { mode: 0o644 });
  writeRunningGate(state, gate);
  expect(readRunningGate(state)).toEqual(gate);
  expect(statSync(join(state, "gate.json")).mode & 0o777).toBe(0o600);
});

test("that can't be written is told with its path and what to do, as where a disk is full", () => {
  mkdirSync(state, { mode: 0o700 });
  mkdirSync(join(state, "gate.json", "in-the-way"), { recursive: true });
  const write = () => writeRunningGate(state, gate);
  expect(write).toThrow(Problem);
  expect(write).toThrow(/gate\.json: it can't be written \(.+\): make room on its disk, and its folder writable$/);
});

test("removes its own run's file, and not another's", () => {
  writeRunningGate(state, gate);
  removeRunningGate(state, "8a0b8f3c-6d0c-4b6e-9a53-4f1b9f3b7c22");
  expect(readRunningGate(state)).toEqual(gate);
  removeRunningGate(state, gate.instance);
  expect(readRunningGate(state)).toBeUndefined();
});

test.each([
  ["nothing", undefined],
  ["no JSON", "{"],
  ["another URL than plain http", JSON.stringify({ ...gate, url: "file:///etc/passwd" })],
  ["no instance", JSON.stringify({ ...gate, instance: "" })],
  ["no secret, as older gates wrote it", JSON.stringify({ ...gate, secret: undefined })],
  ["a secret that is too short", JSON.stringify({ ...gate, secret: "s".repeat(42) })],
  ["a pid that is no process", JSON.stringify({ ...gate, pid: -1 })],
])("reads %s as no gate", (_, text) => {
  writeRunningGate(state, gate);
  if (text === undefined) removeRunningGate(state, gate.instance);
  else writeFileSync(join(state, "gate.json"), text);
  expect(readRunningGate(state)).toBeUndefined();
});
