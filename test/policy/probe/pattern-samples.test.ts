import { describe, expect, test } from "vitest";
import { samplesOfGlob, samplesOfRegex } from "../../../src/policy/probe/pattern-samples.ts";

describe("texts that a regular expression matches", () => {
  test.each([
    "^foo-\\d+$",
    "^(EUR|USD|CHF)$",
    "^[A-Z]{3}$",
    "^[^/]+/[a-z_]*\\.txt$",
    "(?i)^secret",
    "^a?b+c*d{2,}e{1,3}$",
    "^(?:x|y(?:z|w))\\b",
    "^(?P<name>\\w+)@corp\\.example$",
    "drop\\s+table",
    "^[\\]\\-]$",
    "^.{5}$",
  ])("%s", (pattern) => {
    const samples = samplesOfRegex(pattern);
    expect(samples.length).toBeGreaterThan(0);
    const [, flags = "", body = pattern] = /^\(\?(i)\)(.*)$/.exec(pattern) ?? [];
    for (const sample of samples) expect(sample).toMatch(new RegExp(body.replace("(?P<", "(?<"), flags));
  });

  test.each([
    ["an unfinished one", "^(a"],
    ["a class of a script", "^\\p{Greek}$"],
    ["a repetition without end in sight", "^a{100000}$"],
    ["one that nothing matches", "^a\\bb$"],
    ["a very long one", `^${"a".repeat(2_000)}$`],
  ])("are none of %s", (_, pattern) => {
    expect(samplesOfRegex(pattern)).toEqual([]);
  });
});

test("a regular expression's texts show each of its alternatives, the ends of its classes and of its repetitions", () => {
  const alternatives = Array.from({ length: 20 }, (_, index) => `a${index}`);
  expect(samplesOfRegex(`^(${alternatives.join("|")})$`)).toEqual(expect.arrayContaining(alternatives));
  expect(samplesOfRegex("^[b-y0-9]{2,7}$")).toEqual(expect.arrayContaining(["bb", "yy", "00", "99", "x".repeat(7)]));
  expect(samplesOfRegex("(?s)^a.b$")).toContain("a\nb");
});

describe("texts that a glob matches", () => {
  test("have each choice of its braces", () => {
    expect(samplesOfGlob("{a,b}.{x,y,z}")).toEqual(["a.x", "b.x", "a.y", "a.z"]);
  });

  test("fill stars within and across separators, choices and classes", () => {
    expect(samplesOfGlob("/srv/*.{txt,md}")).toEqual(expect.arrayContaining(["/srv/x.txt", "/srv/.txt"]));
    expect(samplesOfGlob("/srv/**")).toContain("/srv/x/y");
    expect(samplesOfGlob("/srv/*")).toContain("/srv/x/y");
    expect(samplesOfGlob("v[0-9]?")).toContain("v0x");
  });
});
