import { describe, expect, test } from "vitest";
import { describeLabels, judgeLabels, parseLabels, readLabels } from "../../bench/labels.ts";
import type { Classified } from "../../src/gate/types.ts";
import { problemOf } from "../policy/support.ts";

const LABELS = [
  { server: "s", name: "a", description: "Read", category: "Read", label: "hand", accept: ["Read"] },
  { server: "s", name: "b", description: "Write", category: "Execute", label: "hand", accept: ["Execute", "Write"] },
  { name: "c", description: "Read", accept: ["Destructive", "Financial"] },
  { name: "d", description: "Read", accept: ["Write"] },
  { name: "e", description: "fail", accept: ["Read"] },
];
const given: unknown[] = [];

/** Classifies as the description says. */
function classify(text: string): Classified {
  const definition = JSON.parse(text);
  given.push(definition);
  if (definition.description === "fail") return { kind: "failed", problem: "out of fuel", fuel: 7 };
  const category = definition.description;
  const rest = { risk: "Low", severity: "low", signals: [], required: [], rationale: "As described." } as const;
  return { kind: "classified", classification: { category, ...rest }, fuel: 5 };
}

describe("labelled tools", () => {
  const text = describeLabels(judgeLabels(parseLabels(JSON.stringify(LABELS), "l.json"), classify));

  test("are classified by their definition alone", () => {
    expect(given[0]).toEqual({ name: "a", description: "Read" });
  });

  test("give a matrix with the labels in rows", () => {
    const rows = text.split("\n").slice(1, 7);
    expect(rows.map((row) => row.trim().split(/ +/))).toEqual([
      ["Read", "Write", "Execute", "Financial", "Destructive", "Unknown"],
      ["Read", "1", "0", "0", "0", "0", "1"],
      ["Write", "1", "0", "0", "0", "0", "0"],
      ["Execute", "0", "1", "0", "0", "0", "0"],
      ["Financial", "0", "0", "0", "0", "0", "0"],
      ["Destructive", "1", "0", "0", "0", "0", "0"],
    ]);
  });

  test("give the counts that must hold", () => {
    expect(text).toMatch(/^accepted +2 of 5, 40\.0 % \(95 at least\)$/m);
    expect(text).toMatch(/^Read, though the label is no Read +2 \(1 at most\)$/m);
    expect(text).toMatch(/^ {2}of them Financial or Destructive +1 \(0\)$/m);
    expect(text).toMatch(/^unclassified +1 \(0\)$/m);
    expect(text).toMatch(/^fuel, least \/ median \/ greatest +5 \/ 5 \/ 7 units$/m);
  });

  test("name each miss with its reason", () => {
    expect(text.split("\n").filter((line) => line.startsWith("missed"))).toEqual([
      "missed: c is Destructive or Financial, not Read: As described.",
      "missed: d is Write, not Read: As described.",
      "missed: e is Read, not Unknown: out of fuel",
    ]);
  });
});

describe("labels are refused with one line", () => {
  test.each([
    ["not JSON", "[", /^LABELS=l\.json: not JSON$/],
    ["no array", "{}", /^LABELS=l\.json: .*array of \{name, description, accept/],
    ["nothing", "[]", /^LABELS=l\.json: /],
    ["a tool without a label", '[{"name": "a"}]', /^LABELS=l\.json: 0\.accept: /],
    ["a label of no category", '[{"name": "a", "accept": ["Reed"]}]', /^LABELS=l\.json: 0\.accept\.0: /],
    ["an Unknown that is accepted", '[{"name": "a", "accept": ["Unknown"]}]', /^LABELS=l\.json: 0\.accept\.0: /],
    ["a tool without a name", '[{"accept": ["Read"]}]', /^LABELS=l\.json: 0\.name: /],
  ])("%s", async (_, text, expected) => {
    const lines = await problemOf(Promise.resolve().then(() => parseLabels(text, "l.json")));
    expect(lines).toEqual([expect.stringMatching(expected)]);
  });

  test("a file that is not there", async () => {
    expect(await problemOf(readLabels("/nowhere/l.json"))).toEqual([
      expect.stringMatching(/^LABELS=\/nowhere\/l\.json: cannot be read/),
    ]);
  });
});
