import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type LoadedPolicy, loadPolicy } from "../../src/policy/active-policy.ts";
import { compareDecisions } from "../../src/policy/compare-decisions.ts";
import { buildFolder, type Files, makeFolder } from "./support.ts";

const READ = { category: "Read", risk: "Low", severity: "low" };
const DELETE = { category: "Destructive", risk: "Critical", severity: "high" };

async function load(rules: string, tools: object): Promise<LoadedPolicy> {
  const files: Files = {
    "policy/files.rego": `package policy.servers.files\n\n${rules}\n`,
    "catalogue/files/data.json": JSON.stringify({ tools }),
  };
  const dir = await makeFolder(files);
  const file = join(dir, "bundle.tar.gz");
  await writeFile(file, (await buildFolder(dir)).bytes);
  return loadPolicy(file);
}

const openOnly = (limit: string): string =>
  `rules.read contains {"id": "open", "action": "allow"${limit}} if startswith(input.args.path, "/open/")`;
const inputText = (path: string): string => JSON.stringify({ server: "files", tool: "read", args: { path } });
const SAMPLES = [
  { title: "an open file", inputText: inputText("/open/a") },
  { title: "a closed file", inputText: inputText("/etc/passwd") },
];

describe("two policies", () => {
  let before: LoadedPolicy;
  let limited: LoadedPolicy;
  let grown: LoadedPolicy;

  beforeAll(async () => {
    before = await load(openOnly(""), { read: READ, list: READ });
    limited = await load(openOnly(', "rate_limit": {"max": 5, "window": 60}'), { read: READ, list: READ });
    grown = await load(openOnly(""), { read: READ, list: DELETE, wipe: DELETE });
  });

  test("differ in nothing where they are the same", () => {
    expect(compareDecisions(before, before, SAMPLES)).toEqual([]);
  });

  test("differ in the samples that they judge differently, each side with its rules and limits", () => {
    expect(compareDecisions(before, limited, SAMPLES)).toEqual([
      { title: "an open file", before: "allow (open)", after: "allow (open, 5 per 60 s and session)" },
    ]);
  });

  test("differ in the tools that the catalogues hold or class differently, called without arguments", () => {
    const titles = compareDecisions(before, grown, []).map(({ title, before, after }) => [title, before, after]);
    expect(titles).toEqual([
      ["list on files", "allow (read-allowed)", expect.stringMatching(/^deny \(/)],
      ["wipe on files", expect.stringMatching(/^deny \(/), expect.stringMatching(/^deny \(/)],
    ]);
  });

  test("differ in a tool that is gone as in one that came", () => {
    const [there, back] = [compareDecisions(before, grown, []), compareDecisions(grown, before, [])];
    expect(back).toEqual(there.map(({ title, before, after }) => ({ title, before: after, after: before })));
  });

  test("differ where no rule speaks any more", async () => {
    const shut = await load(openOnly("").replace("/open/", "/shut/"), { read: READ, list: READ });
    expect(compareDecisions(before, shut, SAMPLES)).toEqual([
      { title: "an open file", before: "allow (open)", after: "deny (no rule)" },
    ]);
  });

  test("differ where one of them can't judge, and agree where both fail alike", async () => {
    const endless = `${openOnly("")}

rules.read contains {"id": "endless", "action": "allow"} if _endless

_endless if {
	input.args.path
	count([1 | some a in numbers.range(1, 3000); some b in numbers.range(1, 3000); a + b == 0]) == 0
}`;
    const failing = await load(endless, { read: READ, list: READ });
    const failed = expect.stringMatching(/^failed \(.*out of fuel/);
    expect(compareDecisions(before, failing, SAMPLES)).toEqual([
      { title: "an open file", before: "allow (open)", after: failed },
      { title: "a closed file", before: "deny (no rule)", after: failed },
    ]);
    expect(compareDecisions(failing, failing, SAMPLES)).toEqual([]);
  });
});
