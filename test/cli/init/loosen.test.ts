import { expect, test } from "vitest";
import { findEdits } from "../../../src/cli/init/loosen.ts";

const edit = (text: string) => findEdits([{ path: "x.rego", text }]);

test("a limit becomes ten times as high, in its line alone", () => {
  const text = 'rules.a contains {\n\t"id": "a",\n\t"rate_limit": {"max": 10, "window": 60},\n}\n';
  expect(edit(text)).toEqual([
    {
      path: "x.rego",
      row: 3,
      hunk: '-\t"rate_limit": {"max": 10, "window": 60},\n+\t"rate_limit": {"max": 100, "window": 60},',
      changed: text.replace("10,", "100,"),
    },
  ]);
});

test("an approval becomes a permission", () => {
  const [{ hunk } = { hunk: "" }] = edit('rules.a contains {\n\t"id": "a",\n\t"action": "require_approval",\n}\n');
  expect(hunk).toBe('-\t"action": "require_approval",\n+\t"action": "allow",');
});

test("a denial that hides becomes a permission that does not", () => {
  const text = 'rules.a contains {\n\t"id": "a",\n\t"action": "deny",\n\t"reason": "r",\n\t"hide": true,\n}\n';
  const [{ hunk, changed } = { hunk: "", changed: "" }] = edit(text);
  expect(hunk).toBe('-\t"action": "deny",\n+\t"action": "allow",\n \t"reason": "r",\n-\t"hide": true,');
  expect(changed).toBe('rules.a contains {\n\t"id": "a",\n\t"action": "allow",\n\t"reason": "r",\n}\n');
});

test("the limits of all files come before any permission", () => {
  const files = [
    { path: "a", text: '\t"action": "require_approval",\n' },
    { path: "b", text: '\t"rate_limit": {"max": 1, "window": 60},\n' },
  ];
  expect(findEdits(files).map(({ path }) => path)).toEqual(["b", "a"]);
});

test("there is nothing to loosen where all is allowed", () => {
  expect(edit('rules["*"] contains {"id": "a", "action": "allow"}\n')).toEqual([]);
});
