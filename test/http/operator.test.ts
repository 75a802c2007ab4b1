import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { makeKey, sha256Hex } from "../../src/http/bearer.ts";
import { openOperatorKey } from "../../src/http/operator.ts";
import { Problem } from "../../src/problem.ts";
import { openState } from "../../src/state/state.ts";
import { makeTempDir } from "../e2e/harness-process.ts";

const bearer = (key: string): string => `Bearer ${key}`;

function open(dir: string, configured?: string, canShow = true) {
  const state = openState(dir);
  try {
    return {
      opened: openOperatorKey({ configured, store: state.meta, canShow }),
      stored: state.meta.get("operator_key_sha256"),
    };
  } finally {
    state.close();
  }
}

describe("a gate that is given no operator key", () => {
  test("makes one at its first start, shows it once, and keeps only its hash", () => {
    const dir = join(makeTempDir(), "state");
    const first = open(dir);
    if (first.opened.kind !== "made") throw new Error(first.opened.kind);
    const { text, key } = first.opened;
    expect(text).toMatch(/^rgo_[A-Za-z0-9_-]{43}$/);
    expect(first.stored).toBe(sha256Hex(text));
    expect(key.accepts(bearer(text))).toBe(true);

    const { opened: second } = open(dir);
    expect(second.kind).toBe("stored");
    expect(second.key.accepts(bearer(text))).toBe(true);
    expect(second.key.accepts(bearer(makeKey("rgo")))).toBe(false);
  });

  test("makes none where nobody would see it, and takes none", () => {
    const dir = join(makeTempDir(), "state");
    const { opened, stored } = open(dir, undefined, false);
    expect(opened.kind).toBe("none");
    expect(stored).toBeUndefined();
    for (const authorization of [undefined, "", bearer(makeKey("rgo"))])
      expect(opened.key.accepts(authorization)).toBe(false);
    expect(open(dir).opened.kind).toBe("made");
  });

  test("refuses a stored hash that is none", () => {
    const store = { get: () => "", set: () => undefined };
    expect(() => openOperatorKey({ configured: undefined, store, canShow: true })).toThrow(Problem);
  });
});

describe("REGATE_OPERATOR_KEY", () => {
  test("is the key, in place of a stored one, and is not stored", () => {
    const dir = join(makeTempDir(), "state");
    const made = open(dir);
    const key = "an-operator-key-of-some-length";
    const { opened, stored } = open(dir, key);
    expect(opened.kind).toBe("configured");
    expect(stored).toBe(made.stored);
    expect(opened.key.accepts(bearer(key))).toBe(true);
    if (made.opened.kind === "made") expect(opened.key.accepts(bearer(made.opened.text))).toBe(false);
  });

  test.each([["short"], ["nineteen-characters"], ["twenty characters and more"], [`ümlaut-${"x".repeat(30)}`], [""]])(
    "is refused as %j, without being repeated",
    (key) => {
      const opening = () =>
        openOperatorKey({ configured: key, store: { get: () => undefined, set: () => undefined }, canShow: true });
      expect(opening).toThrow(
        /^REGATE_OPERATOR_KEY must be at least 20 letters, digits or -\._~\+\/; make one with: openssl rand -hex 32$/,
      );
    },
  );

  test("is refused where it is an API key", () => {
    const opening = () =>
      openOperatorKey({
        configured: makeKey("rgk"),
        store: { get: () => undefined, set: () => undefined },
        canShow: true,
      });
    expect(opening).toThrow("REGATE_OPERATOR_KEY is an API key");
  });
});

test("an API key is no operator key, even where its hash is stored as one", () => {
  const apiKey = makeKey("rgk");
  const { key } = openOperatorKey({
    configured: undefined,
    store: { get: () => sha256Hex(apiKey), set: () => undefined },
    canShow: true,
  });
  expect(key.accepts(bearer(apiKey))).toBe(false);
});
