// The reader of tar archives: refuses with one clear line, or finds exactly the files that Python's tarfile finds.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect } from "vitest";
import { SHIPPED_ROOT } from "../../../src/policy/shipped.ts";
import { readTar } from "../../../src/policy/tar.ts";
import { Problem } from "../../../src/problem.ts";
import { makeTar } from "../../policy/support.ts";
import { pythonTar } from "../python.ts";
import type { Target } from "../target.ts";

const shipped = gunzipSync(readFileSync(join(SHIPPED_ROOT, "bundles/regate.tar.gz")));

function paxPath(name: string): string {
  const record = ` path=${name}\n`;
  return `${record.length + 3}${record}`;
}

export const archive: Target = {
  name: "archive",
  seeds: [
    makeTar([
      { name: "/a/b.rego", content: "package a" },
      { name: "data.json", content: "{}" },
      { name: "PaxHeaders/x", type: "x", content: paxPath(`${"long/".repeat(30)}x.rego`) },
      { name: "x", content: "package x" },
    ]),
    makeTar([{ name: "./.manifest", content: '{"revision":"r"}' }]),
    shipped.subarray(0, 4_096),
  ],
  words: [
    "ustar",
    "/",
    "../",
    "./",
    "x",
    "5",
    "2",
    "00000000000",
    "77777777777",
    "\0",
    " path=",
    "\\",
    new Uint8Array(512),
  ],
  runs: 400,
  async check(input) {
    const files = await read(input);
    if (files === undefined) return;
    for (const name of files.keys()) expect(name).not.toMatch(/^\/|^$|(?:^|\/)\.{0,2}(?:\/|$)|\\|\p{Cc}/u);
    const theirs = await pythonTar(input);
    // it minds fields that say nothing of a file: owners, times, numbers of devices
    if (theirs === undefined) return;
    const cleaned = new Map([...theirs].map(([name, content]) => [name.replace(/^\.?\//, ""), content]));
    expect(new Map([...files].map(([name, content]) => [name, Buffer.from(content)]))).toEqual(cleaned);
  },
};

async function read(input: Uint8Array): Promise<Map<string, Uint8Array> | undefined> {
  try {
    return readTar(input, "bundle.tar.gz", 1_000);
  } catch (error) {
    expectOneLine(error);
    return undefined;
  }
}

/** A refusal that a person can read, and nothing else. */
export function expectOneLine(error: unknown): void {
  if (!(error instanceof Problem)) throw error;
  expect(error.lines).toHaveLength(1);
  expect(error.lines[0]).toMatch(/^[^\n]{1,2000}$/);
}
