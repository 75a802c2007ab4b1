// Plays a pull request on a new repository: loosens one of its rules in a copy, and compares the two as `regate diff` does.
// The repository itself stays as it is; what is shown is computed, never written beforehand.
import { cp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { comparePolicies } from "../../policy/diff/compare-policies.ts";
import type { Opa } from "../../policy/opa.ts";
import { makeScratch, removeScratch } from "../../scratch.ts";
import { writeMarkdown } from "../diff/markdown.ts";
import { composeReport, countChanges, type Report } from "../diff/report.ts";
import { gatherSchemas, openFolder, type Side } from "../diff/sides.ts";
import { writeText } from "../diff/text.ts";
import { findEdits, type RuleEdit, type RuleText } from "./loosen.ts";

export type Example = {
  readonly edit: RuleEdit;
  /** As `regate diff` says it on a terminal. */
  readonly text: string;
  /** The comment's markdown, with what it is about. */
  readonly page: string;
};

const POLICY = "rego";
/** Each costs a build. */
const MAX_TRIED = 3;

/** @returns undefined where no rule is known whose loosening a call would notice */
export async function playExample(repository: string, opa: Opa): Promise<Example | undefined> {
  const base = await openSide(repository, "main", opa);
  const edits = await listEdits(repository);
  for (const edit of edits.slice(0, MAX_TRIED)) {
    const report = await compare(base, repository, edit, opa);
    if (countChanges(report).looser > 0) return { edit, text: writeText(report), page: writePage(edit, report) };
  }
  return undefined;
}

async function compare(base: Side, repository: string, edit: RuleEdit, opa: Opa): Promise<Report> {
  const copy = makeScratch("example");
  try {
    await cp(repository, copy, { recursive: true });
    await writeFile(join(copy, edit.path), edit.changed);
    const head = await openSide(copy, "example", opa);
    const sides = { base, head };
    const policies = { base: base.policy, head: head.policy };
    const comparison = comparePolicies(policies, base.samples, gatherSchemas(sides));
    return composeReport(sides, comparison, undefined, { understood: [], misunderstood: [] }, "looser");
  } finally {
    await removeScratch(copy);
  }
}

async function openSide(repository: string, name: string, opa: Opa): Promise<Side> {
  const opened = await openFolder({ dir: join(repository, POLICY), shown: POLICY }, "", opa);
  return { name, kind: "working tree", ...opened };
}

/** Of servers' rules first: the defaults speak for what those don't name. */
async function listEdits(repository: string): Promise<readonly RuleEdit[]> {
  const names = (await readdir(join(repository, POLICY, "policy"), { recursive: true }))
    .map((name) => name.replaceAll("\\", "/"))
    .filter((name) => name.endsWith(".rego") && !name.endsWith("_test.rego"))
    .sort();
  const files = await Promise.all(
    names.map(async (name) => {
      const path = `${POLICY}/policy/${name}`;
      return { path, text: await readFile(join(repository, path), "utf8") };
    }),
  );
  const isOfServer = ({ path }: RuleText): boolean => path.startsWith(`${POLICY}/policy/servers/`);
  return [...findEdits(files.filter(isOfServer)), ...findEdits(files.filter((file) => !isOfServer(file)))];
}

function writePage({ path, hunk }: RuleEdit, report: Report): string {
  return `# An example of a pull request

Played by \`regate init\` on a copy of this repository, which was left as it is. Were ${path} changed so:

\`\`\`diff
${hunk}
\`\`\`

the pull request would get the comment below this line, and its check would fail until somebody says that it is meant.

---

${writeMarkdown(report)}`;
}
