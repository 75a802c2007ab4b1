// Pairs of policies for the tests of a comparison. A build takes a second, so that many cases share one: each is a server of
// its own, in one base and one head.
import { parseBundle } from "../../../src/policy/bundle.ts";
import type { ChangeRow } from "../../../src/policy/diff/change-table.ts";
import {
  type Comparison,
  comparePolicies,
  openPolicy,
  type Policies,
} from "../../../src/policy/diff/compare-policies.ts";
import type { Sample } from "../../../src/policy/samples.ts";
import { buildFolder, type Files, makeFolder } from "../support.ts";

/** A title, and the rules of one server on either side. */
export type Pair = { readonly title: string; readonly base: Rules; readonly head: Rules };
/** Rego below the package's name, or several files of it. */
export type Rules = string | readonly string[];

const PARAMETERS = {
  amount: { required: true, type: "number" },
  currency: { required: true, type: "string" },
  path: { required: false, type: "string" },
  other: { required: false, type: "string" },
  tags: { required: false, type: "array" },
  flag: { required: false, type: "boolean" },
  card: { required: false, type: "object" },
};
const PAY = { category: "Write", risk: "Medium", severity: "medium", parameters: PARAMETERS, sha256: "0".repeat(64) };

/** Bundles of the same files are built once. */
const built = new Map<string, Promise<Buffer>>();

/** @param isTrusted whether the comparison may leave out what the index says is the same */
export async function openFiles(files: Files, isTrusted: boolean): Promise<Policies["base"]> {
  const name = JSON.stringify(files);
  const bytes = built.get(name) ?? makeFolder(files).then(async (dir) => (await buildFolder(dir)).bytes);
  built.set(name, bytes);
  return openPolicy(await parseBundle(await bytes, "test.tar.gz"), isTrusted);
}

export async function compareFiles(
  files: { readonly base: Files; readonly head: Files },
  { isTrusted = true, samples = [] }: { readonly isTrusted?: boolean; readonly samples?: readonly Sample[] } = {},
): Promise<Comparison> {
  const policies = { base: await openFiles(files.base, isTrusted), head: await openFiles(files.head, isTrusted) };
  return comparePolicies(policies, samples);
}

/** Both sides of all pairs in one comparison; the server of each is called by its place: `case_0`, `case_1`, ... */
export async function comparePairs(pairs: readonly Pair[], common: Files, isTrusted: boolean): Promise<Comparison> {
  const side = (name: "base" | "head"): Files => {
    const files = pairs.flatMap((pair, index) => {
      const rules = pair[name];
      const texts = typeof rules === "string" ? [rules] : rules;
      return texts.map((text, part) => [
        `policy/case_${index}_${part}.rego`,
        `package policy.servers.case_${index}\n\n${text}\n`,
      ]);
    });
    const catalogue = pairs.map((_, index) => [
      `catalogue/case_${index}/data.json`,
      JSON.stringify({ tools: { pay: PAY } }),
    ]);
    return { ...common, ...Object.fromEntries([...files, ...catalogue]) };
  };
  return compareFiles({ base: side("base"), head: side("head") }, { isTrusted });
}

export function rowsOf(comparison: Comparison, index: number): readonly ChangeRow[] {
  return comparison.table.rows().filter(({ server }) => server === `case_${index}`);
}
