import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Problem } from "../../src/problem.ts";
import { toDiskProblem } from "../../src/state/disk-problem.ts";

function errorOf(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}

test("a full disk is told with its folder and the remedy", () => {
  const problem = toDiskProblem(
    errorOf(() => writeFileSync("/dev/full", "x")),
    "/srv/state",
  );
  expect(problem).toBeInstanceOf(Problem);
  expect(String(problem)).toContain(
    '/srv/state: what the gate keeps can\'t be written (ENOSPC: no space left on device, write): is the disk full, or read-only? Mend that, or name another folder with "state:"',
  );
});

test.each(["SQLITE_FULL", "SQLITE_READONLY", "SQLITE_IOERR_WRITE", "EROFS"])("so is %s", (code) => {
  expect(toDiskProblem(Object.assign(new Error("no"), { code }), "/srv/state")).toBeInstanceOf(Problem);
});

test("anything else stays what it is", () => {
  for (const error of [new TypeError("a bug"), Object.assign(new Error("in use"), { code: "EADDRINUSE" }), "text"])
    expect(toDiskProblem(error, "/srv/state")).toBe(error);
});
