import { describe, expect, test } from "vitest";
import { constrain } from "../../src/learn/constraints.ts";
import { newArgument, type SeenArgument, seeArgument } from "../../src/learn/seen-argument.ts";

function seeAll(values: readonly unknown[], hidden = 0): SeenArgument {
  const seen = newArgument();
  for (const value of values) seeArgument(seen, value, false);
  for (let number = 0; number < hidden; number += 1) seeArgument(seen, "**masked**", true);
  return seen;
}

const shapesOf = (values: readonly unknown[], enough = 1) =>
  constrain("a", seeAll(values), values.length, enough).shapes;
const numbered = (count: number, make: (index: number) => unknown) => Array.from({ length: count }, (_, i) => make(i));

describe("the folder of all texts", () => {
  test.each([
    [["/srv/a/1.txt", "/srv/a/b/2.txt"], "/srv/a/"],
    [["/srv/app1/x", "/srv/app2/y"], "/srv/"],
    [["src/a.ts", "src/lib/b.ts"], "src/"],
    [["https://a.example/x", "https://a.example/y/z"], "https://a.example/"],
    [["https://a.example/x", "https://b.example/x"], undefined],
    [["/srv/a", "/etc/b"], undefined],
    [["/a", "/b"], undefined],
    [["a", "b"], undefined],
    [["/srv/a b", "/srv/c"], undefined],
    [["/srv/../etc/a", "/srv/b"], undefined],
    [["/srv/a\u0000", "/srv/b"], undefined],
    [["/srv/a", 7], undefined],
    [[7, "/srv/a"], undefined],
    [["/srv/a/b", "c", "/srv/a/d"], undefined],
  ])("of %j is %s", (values, folder) => {
    expect(seeAll(values).folder).toBe(folder);
  });

  test("is cut where nobody could read it", () => {
    expect(seeAll([`/srv/${"deep/".repeat(100)}x`, `/srv/${"deep/".repeat(100)}y`]).folder).toMatch(
      /^\/srv\/(?:deep\/)+$/,
    );
    expect(seeAll([`/srv/${"deep/".repeat(100)}x`]).folder?.length).toBeLessThanOrEqual(80);
  });
});

describe("what an argument is held to", () => {
  test("is its values, where they are few over many calls", () => {
    expect(shapesOf(numbered(20, (i) => ["a", "b"][i % 2]))).toEqual([{ kind: "one_of", values: ["a", "b"] }]);
    expect(shapesOf(numbered(10, () => true))).toEqual([{ kind: "one_of", values: [true] }]);
    expect(shapesOf(numbered(40, (i) => (i % 2 === 0 ? null : 1.5)))).toEqual([
      { kind: "one_of", values: [1.5, null] },
    ]);
  });

  test("is not its values, where each was seen seldom, or they are too many or too long", () => {
    expect(shapesOf(numbered(9, (i) => ["a", "b"][i % 2]))).toMatchObject([{ kind: "type", type: "string" }]);
    expect(shapesOf(numbered(90, (i) => `v${i % 9}`))).toMatchObject([{ kind: "type", type: "string" }]);
    expect(shapesOf(numbered(20, () => "x".repeat(81)))).toMatchObject([{ kind: "type", type: "string" }]);
  });

  test("is a folder, a range, or the types that it had", () => {
    expect(shapesOf(numbered(20, (i) => `/srv/${i}`))).toEqual([{ kind: "below", folder: "/srv/", example: "/srv/0" }]);
    expect(shapesOf(numbered(20, (i) => i - 3))).toEqual([{ kind: "range", min: -3, max: 16 }]);
    expect(shapesOf(numbered(20, (i) => (i % 2 === 0 ? i : `x${i}`))).map(({ kind }) => kind)).toEqual([
      "type",
      "range",
    ]);
    expect(shapesOf(numbered(20, (i) => ({ i })))).toMatchObject([{ kind: "type", type: "object" }]);
  });

  test("is no range where the log may have rounded a bound", () => {
    expect(shapesOf(numbered(20, (i) => 2 ** 60 + i * 1_000))).toMatchObject([{ kind: "type", type: "number" }]);
  });

  test("is what the items of a list are", () => {
    expect(shapesOf(numbered(20, (i) => [`/srv/${i}`, `/srv/x/${i}`]))).toMatchObject([
      { kind: "list_of", item: { kind: "below", folder: "/srv/" } },
    ]);
    expect(shapesOf(numbered(20, () => []))).toMatchObject([{ kind: "type", type: "array" }]);
    expect(shapesOf(numbered(20, (i) => [[i]]))).toMatchObject([{ kind: "type", type: "array" }]);
  });

  test("is nothing of a list that was too long to look at", () => {
    expect(shapesOf(numbered(20, () => numbered(300, (i) => `/srv/${i}`)))).toMatchObject([
      { kind: "type", type: "array" },
    ]);
  });

  test("is types alone where too little was seen, and nothing where the log hid any of it", () => {
    expect(shapesOf(["/srv/a", "/srv/b"], 20)).toEqual([{ kind: "type", type: "string", example: "/srv/a" }]);
    const seen = seeAll(
      numbered(20, () => "a"),
      1,
    );
    expect(constrain("a", seen, 21, 1)).toEqual({ name: "a", isRequired: true, calls: 21, shapes: [] });
    expect(constrain("a", seen, 22, 1).isRequired).toBe(false);
  });

  test("is bounded in memory, whatever is sent", () => {
    const seen = seeAll(numbered(2_000, (i) => `${i}${"x".repeat(1_000)}`));
    expect(seen.values).toBeUndefined();
    expect(JSON.stringify([...seen.examples]).length).toBeLessThan(500);
  });
});
