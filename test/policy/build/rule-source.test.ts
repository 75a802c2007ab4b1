// The name that the index has for a rule's syntax: whatever may change what the rule says changes it, else a comparison would
// pass over the change.
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readConditions } from "../../../src/policy/conditions.ts";
import { buildFolder, makeFolder } from "../support.ts";

const SMALL = "_small if {\n\tinput.args.x == 1\n\tinput.args.y == 1\n}";

async function sourceOf(condition: string, more = ""): Promise<string | undefined> {
  const rule = `rules.t contains {"id": "a", "action": "deny"} if {\n\t${condition}\n}\n`;
  const dir = await makeFolder({ "rego/policy/x.rego": `package policy.servers.x\n\n${rule}\n${more}\n` });
  const { bundle } = await buildFolder(join(dir, "rego"));
  return readConditions(bundle.conditions)?.rules.get("policy.servers.x/a")?.source;
}

describe("the name of a rule's syntax changes with", () => {
  test.each([
    ["a negation", ["input.args.x"], ["not input.args.x"]],
    ["what a `with` replaces", ["_small with input.args.x as 1", SMALL], ["_small with input.args.y as 1", SMALL]],
    ["what a `with` puts there", ["_small with input.args.x as 1", SMALL], ["_small with input.args.x as 2", SMALL]],
    ["a default", ["_n == 1", "default _n := 1"], ["_n == 1", "_n := 1"]],
  ])("%s", async (_, [before = "", more], [after = "", moreAfter]) => {
    const sources = [await sourceOf(before, more), await sourceOf(after, moreAfter)];
    expect(sources).not.toContain(undefined);
    expect(sources[0]).not.toBe(sources[1]);
  });

  test("nothing that is not there", async () => {
    expect(await sourceOf("not input.args.x")).toBe(await sourceOf("not input.args.x # always", "\n# more\n"));
  });
});
