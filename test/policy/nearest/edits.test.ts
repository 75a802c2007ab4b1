import { describe, expect, test } from "vitest";
import { distanceOf, editText } from "../../../src/policy/nearest/edits.ts";
import { ABSENT } from "../../../src/policy/probe/draft.ts";

describe("texts near to another", () => {
  test("lack one of its parts, have another in its place, or lack or gain a literal", () => {
    const edited = editText("/srv/app/.env", [".env", "/open/", ""]);
    for (const near of ["/srv/.env", "/srv/x/.env", "/srv/app/", "/srv/app/.x", "/open/.env", "/open//srv/app/.env"])
      expect(edited).toContain(near);
    expect(edited).not.toContain("/srv/app/.env");
  });

  test("are few, however long or chopped up it is", () => {
    expect(editText("x".repeat(5_000), ["x"])).toEqual([]);
    expect(editText("a/".repeat(100), []).length).toBeLessThan(30);
  });
});

describe("a distance", () => {
  test("is the characters or the amount that differ", () => {
    expect(distanceOf("/srv/.env", "/srv/.x")).toBe(3);
    expect(distanceOf("aaa", "aa")).toBe(1);
    expect(distanceOf(400, 100)).toBe(300);
    expect(distanceOf(["a", "b"], ["a"])).toBe(4);
    expect(distanceOf(ABSENT, "x")).toBe(3);
  });

  test("is farther for leaving out, and farthest for another type", () => {
    expect(distanceOf("a", "b")).toBeLessThan(distanceOf("a", ABSENT));
    expect(distanceOf("a", ABSENT)).toBeLessThan(distanceOf("1", 1));
    expect(distanceOf(null, {})).toBe(distanceOf("1", 1));
  });
});
