import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CUT, MASK, type MaskOptions, maskSecrets } from "../../src/log/mask.ts";

function mask(value: unknown, options: Partial<MaskOptions> = {}) {
  return maskSecrets(value, { at: "/input/args", redact: [], maskedKeys: new Set(), ...options });
}

/** What the log would show: the copy has no prototypes. */
function shown(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

describe("masking", () => {
  test("leaves what holds no secret as it is, and never changes what it was given", () => {
    const value = { path: "/a", lines: [1, 2.5, null, true], deep: { text: "ünï\u0000" } };
    const before = structuredClone(value);
    expect(shown(mask(value))).toEqual({ value, masked: [], truncated: [] });
    expect(value).toEqual(before);
    expect(mask(undefined)).toEqual({ value: undefined, masked: [], truncated: [] });
  });

  test("hides what stands under a secret's name, whatever it is, with its pointer", () => {
    const { value, masked } = mask({ user: "ann", password: "x", list: [{ credentials: { a: [1] } }], pin: 12 });
    expect(shown(value)).toEqual({ user: "ann", password: MASK, list: [{ credentials: MASK }], pin: MASK });
    expect(masked).toEqual(["/input/args/password", "/input/args/list/0/credentials", "/input/args/pin"]);
  });

  test("hides a text that holds a secret", () => {
    const { value, masked } = mask({ text: "use AKIAIOSFODNN7EXAMPLE here", more: ["Bearer abcdefghijklmnop"] });
    expect(shown(value)).toEqual({ text: MASK, more: [MASK] });
    expect(masked).toEqual(["/input/args/text", "/input/args/more/0"]);
  });

  test("hides the value of a pair whose name is a secret's", () => {
    const { value } = mask([{ name: "DB_PASSWORD", value: "hunter2" }, { Key: "path", Value: "x" }, { value: 1 }]);
    expect(shown(value)).toEqual([{ name: "DB_PASSWORD", value: MASK }, { Key: "path", Value: "x" }, { value: 1 }]);
  });

  test("hides what the policy names by pointer", () => {
    const value = { a: { "b/c": 1, "d~e": 2, f: [3, 4] }, "": 5, g: 6 };
    const { value: copy, masked } = mask(value, { redact: ["/a/b~1c", "/a/d~0e", "/a/f/1", "/", "/none/such"] });
    expect(shown(copy)).toEqual({ a: { "b/c": MASK, "d~e": MASK, f: [3, MASK] }, "": MASK, g: 6 });
    expect(masked).toEqual(["/input/args/a/b~1c", "/input/args/a/d~0e", "/input/args/a/f/1", "/input/args/"]);
  });

  test.each(["a", "a/b", "/a~2", "/~"])("hides everything where the policy's %j is no pointer", (pointer) => {
    expect(mask({ a: 1, b: 2 }, { redact: [pointer] })).toEqual({
      value: MASK,
      masked: ["/input/args"],
      truncated: [],
    });
  });

  test("hides what the configuration names, without regard to case", () => {
    expect(shown(mask({ IBAN: "DE02", ibanx: "y" }, { maskedKeys: new Set(["iban"]) }).value)).toEqual({
      IBAN: MASK,
      ibanx: "y",
    });
  });

  test("hides a key that is itself a secret, with what stands under it, and drops none for it", () => {
    const { value, masked } = mask({ AKIAIOSFODNN7EXAMPLE: "a", AKIAIOSFODNN7EXAMPL2: "b", [MASK]: "c" });
    expect(Object.keys(Object(value))).toEqual([MASK, `${MASK}2`]);
    expect(JSON.stringify([value, masked])).not.toContain("AKIA");
  });

  test("takes __proto__ for a key like any other", () => {
    expect(JSON.stringify(mask(JSON.parse('{"__proto__":{"password":"x"}}')).value)).toBe(
      `{"__proto__":{"password":"${MASK}"}}`,
    );
  });
});

describe("cutting", () => {
  test("shortens a long text, says so, and leaves no half of a character", () => {
    const { value, truncated } = mask({ text: `${"x".repeat(4_095)}😀${"y".repeat(1_000_000)}` });
    expect(shown(value)).toEqual({ text: `${"x".repeat(4_095)}... (${CUT}, 1004097 characters)` });
    expect(truncated).toEqual(["/input/args/text"]);
  });

  test("masks a text whose secret lies across the cut", () => {
    expect(shown(mask({ text: `${"x ".repeat(2_040)}ghp_${"a".repeat(36)}${" y".repeat(4_000)}` }).value)).toEqual({
      text: MASK,
    });
  });

  test("ends a structure that is too large or too deep with a mark", () => {
    const wide = mask(Array.from({ length: 100_000 }, (_, n) => n));
    expect(Array.isArray(wide.value) && wide.value.at(-1)).toBe(CUT);
    expect(wide.truncated).toEqual(["/input/args"]);
    let deep: unknown = "bottom";
    for (let level = 0; level < 400; level += 1) deep = { d: deep };
    const cut = mask(deep);
    expect(JSON.stringify(cut.value)).not.toContain("bottom");
    expect(cut.truncated).toHaveLength(1);
  });

  test("masks what it has no room for rather than show it", () => {
    const { value } = mask({ filler: Array.from({ length: 30 }, () => "x".repeat(4_000)), password: "hunter2" });
    expect(JSON.stringify(value)).not.toContain("hunter2");
  });

  test("cuts a key that is too long, with what stands under it", () => {
    const { value, truncated } = mask({ ["k".repeat(1_000)]: "a", ["k".repeat(1_001)]: "b", c: "d" });
    expect(shown(value)).toEqual({ [CUT]: CUT, [`${CUT}2`]: CUT, c: "d" });
    expect(truncated).toEqual(["/input/args", "/input/args"]);
  });

  test("keeps any line within bounds", () => {
    const hostile = [
      Array.from({ length: 50_000 }, () => ({ password: "x" })),
      Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`k${n}${"p".repeat(300)}`, n])),
      Array.from({ length: 1_000 }, () => "\u0001".repeat(10_000)),
    ];
    for (const value of hostile) expect(JSON.stringify(mask(value)).length).toBeLessThan(1_000_000);
  });
});

test("no value under a secret's name ever shows, wherever it stands", () => {
  const marker = "do-not-show";
  const name = fc.constantFrom("password", "api_key", "Authorization", "clientSecret");
  const tree = fc.letrec((tie) => ({
    node: fc.oneof(
      { maxDepth: 5 },
      fc.constant("plain"),
      fc.integer(),
      fc.array(tie("node"), { maxLength: 4 }),
      fc.dictionary(fc.string(), tie("node"), { maxKeys: 4 }),
      fc.tuple(name, fc.constant(marker)).map(([key, value]) => ({ [key]: value })),
      fc.tuple(name, tie("node")).map(([key, value]) => ({ [key]: [marker, value] })),
    ),
  })).node;
  fc.assert(
    fc.property(tree, (value) => {
      expect(JSON.stringify(mask({ value }))).not.toContain(marker);
    }),
  );
});
