import { describe, expect, test } from "vitest";
import { createSignIns, isCsrfOf } from "../../src/console/sign-ins.ts";

function make(max = 100) {
  const time = { nowMs: 0 };
  const signIns = createSignIns({ monotonicMs: () => time.nowMs, lifetimeSeconds: 60, max });
  return { signIns, time };
}

describe("a sign-in", () => {
  test("is found by its token, which nobody guesses, until it ends", () => {
    const { signIns, time } = make();
    const token = signIns.open();
    expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(signIns.find(token)?.csrf).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(signIns.find(token)?.csrf).not.toBe(token);
    for (const other of [undefined, "", `${token}x`, token.slice(1), "constructor"]) {
      expect(signIns.find(other)).toBeUndefined();
    }
    time.nowMs = 59_999;
    expect(signIns.find(token)).toBeDefined();
    time.nowMs = 60_000;
    expect(signIns.find(token)).toBeUndefined();
  });

  test("ends where it is closed, and no other does", () => {
    const { signIns } = make();
    const [mine, theirs] = [signIns.open(), signIns.open()];
    signIns.close(mine);
    signIns.close(undefined);
    expect(signIns.find(mine)).toBeUndefined();
    expect(signIns.find(theirs)).toBeDefined();
  });

  test("ends the oldest where there are too many, and only then", () => {
    const { signIns } = make(3);
    const tokens = [signIns.open(), signIns.open(), signIns.open()];
    expect(tokens.map((token) => signIns.find(token) !== undefined)).toEqual([true, true, true]);
    const last = signIns.open();
    expect([...tokens, last].map((token) => signIns.find(token) !== undefined)).toEqual([false, true, true, true]);
  });
});

describe("the token of a form", () => {
  test("is its own sign-in's alone", () => {
    const { signIns } = make();
    const [mine, theirs] = [signIns.find(signIns.open()), signIns.find(signIns.open())];
    if (mine === undefined || theirs === undefined) throw new Error("not signed in");
    expect(isCsrfOf(mine, mine.csrf)).toBe(true);
    for (const given of [theirs.csrf, "", null, `${mine.csrf}x`, "é".repeat(43)])
      expect(isCsrfOf(mine, given)).toBe(false);
  });
});
