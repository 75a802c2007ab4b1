import { describe, expect, test } from "vitest";
import { run, type Steps, wait } from "../../src/gate/waiting.ts";

function* sum(...parts: readonly (number | Promise<number>)[]): Steps<number> {
  let total = 0;
  for (const part of parts) total += yield* wait(part);
  return total;
}

function* orElse(part: Promise<number>, otherwise: number): Steps<number> {
  try {
    return yield* wait(part);
  } catch {
    return otherwise;
  }
}

describe("steps that may wait", () => {
  test("are done at once where nothing is a promise", () => {
    expect(run(sum(1, 2, 3))).toBe(6);
  });

  test("go on with what each promise came to", async () => {
    const running = run(sum(1, Promise.resolve(2), 3, Promise.resolve(4)));
    expect(running).toBeInstanceOf(Promise);
    expect(await running).toBe(10);
  });

  test("meet a rejection where they wait, and may go on from there", async () => {
    expect(await run(orElse(Promise.reject(new Error("no")), 7))).toBe(7);
    await expect(run(sum(1, Promise.reject(new Error("no"))))).rejects.toThrow("no");
  });

  test("throw at once what is thrown before they wait", () => {
    function* fails(): Steps<number> {
      yield* wait(0);
      throw new Error("before");
    }
    expect(() => run(fails())).toThrow("before");
  });
});
