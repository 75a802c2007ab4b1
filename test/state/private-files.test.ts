// A secret that the gate makes at its first start: whole or not at all, and where that fails, in words.
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Problem } from "../../src/problem.ts";
import { readOrMakeSecret } from "../../src/state/private-files.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "regate-private-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

test("a secret that can't be written is told with its path and what to do, and is not there half", () => {
  const path = join(dir, "session.key");
  mkdirSync(`${path}.new`);
  const make = () => readOrMakeSecret(path, 32, () => Buffer.alloc(32, 7));
  expect(make).toThrow(Problem);
  expect(make).toThrow(/session\.key: it cannot be made \(EISDIR\): make room on its disk, and its folder writable$/);
  expect(existsSync(path)).toBe(false);
  rmSync(`${path}.new`, { recursive: true });
  expect(make()).toEqual(Buffer.alloc(32, 7));
  expect(make()).toEqual(Buffer.alloc(32, 7));
});
