import { describe, expect, test } from "vitest";
import { createBusyLine } from "../../src/cli/busy-line.ts";

function start({ waits = false, isTerminal = true } = {}) {
  const written: string[] = [];
  let nowMs = 0;
  let answer = (_text: string): void => {};
  const line = createBusyLine(
    {
      stdout: (text) => written.push(`out: ${text}`),
      stderr: (text) => written.push(text),
      isTerminal,
      ask: () =>
        new Promise((done) => {
          answer = done;
        }),
      env: {},
      cwd: "/",
      stdin: async () => new Uint8Array(),
    },
    "build",
    waits,
    () => nowMs,
  );
  const at = (ms: number): void => {
    nowMs = ms;
    line.tick();
  };
  return { line, written, at, answer: (text: string) => answer(text) };
}

describe("the line of a command that takes long", () => {
  test("comes after a second of silence, counts, and goes with the next word", () => {
    const { line, written, at } = start();
    at(999);
    expect(written).toEqual([]);
    at(1_000);
    at(2_500);
    line.io.stdout("done\n");
    expect(written).toEqual([
      "\rregate build, 1 s\u001b[K",
      "\rregate build, 2 s\u001b[K",
      "\r\u001b[K",
      "out: done\n",
    ]);
    at(3_000);
    expect(written).toHaveLength(4);
    at(3_500);
    line.end();
    expect(written.slice(4)).toEqual(["\rregate build, 3 s\u001b[K", "\r\u001b[K"]);
  });

  test("says what the command is at", () => {
    const { line, written, at } = start();
    line.io.doing?.("files: connecting");
    at(1_000);
    expect(written).toEqual(["\rfiles: connecting, 1 s\u001b[K"]);
  });

  test("is not there while a person is asked", async () => {
    const { line, written, at, answer } = start();
    const asked = line.io.ask?.("Sure?");
    at(60_000);
    expect(written).toEqual([]);
    answer("yes");
    expect(await asked).toBe("yes");
    at(60_500);
    expect(written).toEqual([]);
    at(61_000);
    expect(written).toHaveLength(1);
  });

  test("is not there for a command that waits, until it says what it is at", () => {
    const { line, written, at } = start({ waits: true });
    at(60_000);
    expect(written).toEqual([]);
    line.io.doing?.("verifying");
    at(61_000);
    expect(written).toEqual(["\rverifying, 61 s\u001b[K"]);
  });

  test("is not there where nobody watches", () => {
    const { line, written, at } = start({ isTerminal: false });
    at(60_000);
    line.io.stderr("a word\n");
    line.end();
    expect(written).toEqual(["a word\n"]);
    expect(line.io.doing).toBeUndefined();
  });
});
