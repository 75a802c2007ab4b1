// What is sealed is read back with the same key and about the same thing, and never otherwise.
import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { open, seal } from "../../src/credentials/sealed.ts";

const KEY = randomBytes(32);

test("is opened with its key, about what it was sealed about; each time it is another text", () => {
  const sealed = seal(KEY, "söme text", "ann");
  expect(sealed).not.toContain("text");
  expect(open(KEY, sealed, "ann")).toBe("söme text");
  expect(seal(KEY, "söme text", "ann")).not.toBe(sealed);
  expect(open(KEY, seal(KEY, "", "ann"), "ann")).toBe("");
});

test("is nothing with another key, about another, or with any bit changed", () => {
  const sealed = seal(KEY, "text", "ann");
  expect(open(randomBytes(32), sealed, "ann")).toBeUndefined();
  expect(open(KEY, sealed, "ben")).toBeUndefined();
  const bytes = Buffer.from(sealed, "base64url");
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(open(KEY, changed.toString("base64url"), "ann")).toBeUndefined();
    expect(open(KEY, bytes.subarray(0, at).toString("base64url"), "ann")).toBeUndefined();
  }
});
