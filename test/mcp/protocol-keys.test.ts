import fc from "fast-check";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { JsonMember } from "../../src/mcp/json-scan.ts";
import { MESSAGE_KEYS, META_KEYS, misspeltKey, PARAMS_KEYS } from "../../src/mcp/protocol-keys.ts";

const members = (...keys: string[]): JsonMember[] =>
  keys.map((key) => ({ key, keyStart: 0, value: { kind: "literal", start: 0, end: 0 } }));

describe("another spelling", () => {
  const all = [MESSAGE_KEYS, PARAMS_KEYS, META_KEYS].flatMap((keys) => [...keys.exact].map((key) => ({ keys, key })));

  test("is none of the keys themselves", () => {
    for (const { keys, key } of all) expect(misspeltKey(members(key), keys)).toBeUndefined();
  });

  test("is any key with any of its letters in the other case", () => {
    const flipped = fc.constantFrom(...all).chain(({ keys, key }) =>
      fc.array(fc.boolean(), { minLength: key.length, maxLength: key.length }).map((flips) => ({
        keys,
        key,
        other: [...key].map((char, at) => (flips[at] ? flip(char) : char)).join(""),
      })),
    );
    fc.assert(
      fc.property(flipped, ({ keys, key, other }) => {
        expect(misspeltKey(members("x", other), keys)).toBe(other === key ? undefined : key);
      }),
      { numRuns: 1_000 },
    );
  });

  function flip(char: string): string {
    return char === char.toLowerCase() ? char.toUpperCase() : char.toLowerCase();
  }

  test("is any key in the letters that Unicode folds to s and k", () => {
    expect(misspeltKey(members("argumentſ"), PARAMS_KEYS)).toBe("arguments");
    expect(misspeltKey(members("progressToKen"), PARAMS_KEYS)).toBe("progressToken");
    expect(misspeltKey(members("progreſſtoKen"), META_KEYS)).toBe("progressToken");
  });

  test.each([
    "ｍethod",
    "𝓂𝒆𝓉𝒽𝓸𝒹",
    "m_e_t_h_o_d",
    `m${"_".repeat(1_000)}ethod`,
    `method\0${"x".repeat(1_000)}`,
    "METHOD＿",
  ])("is a key in letters, with underscores or with an end that some reader skips: %j", (key) => {
    expect(misspeltKey(members(key), MESSAGE_KEYS)).toBe("method");
  });

  test("is never looked for by normalising a long key, which takes quadratic time", () => {
    const normalized: number[] = [];
    const { normalize } = String.prototype;
    vi.spyOn(String.prototype, "normalize").mockImplementation(function (this: string, form?: string) {
      normalized.push(this.length);
      return normalize.call(this, form);
    });
    onTestFinished(() => void vi.restoreAllMocks());
    const long = "\u0301".repeat(500) + "\u0316".repeat(500);
    const keys = [long, `me${long}`, `_${"_\u0301".repeat(500)}`, `ｍethod\0${long}`];
    expect(keys.map((key) => misspeltKey(members(key), MESSAGE_KEYS))).toEqual([
      undefined,
      undefined,
      undefined,
      "method",
    ]);
    expect(Math.max(...normalized)).toBeLessThanOrEqual(2 * "jsonrpc".length);
  });

  test.each(["", "_", "x", "methods", "_method", "method ", "mеthod", "toString", "__proto__", "hasOwnProperty"])(
    "is not %j",
    (key) => {
      expect(misspeltKey(members(key), MESSAGE_KEYS)).toBeUndefined();
    },
  );
});
