// `regate decide FILE|-`: one input in, the decision of a bundle out, each matched rule with the file and row it stands in.
// It judges exactly the text it is given, takes no tokens and asks no gate.
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import type { Evaluation, Masks, RateLimit } from "../gate/types.ts";
import { MAX_DEPTH, scanJson } from "../mcp/json-scan.ts";
import { loadPolicy } from "../policy/active-policy.ts";
import { type Catalogue, describeTool } from "../policy/catalogue.ts";
import { type Input, readInput } from "../policy/read-input.ts";
import type { RuleIndex } from "../policy/rule-index.ts";
import { Problem } from "../problem.ts";
import type { CommandIo } from "./command.ts";
import { paint } from "./paint.ts";
import { readJson } from "./read-json.ts";

/** The first line. */
const ACTION = /^()(allow|require_approval|deny)(?=\n)/;
const LABEL_WIDTH = 10;
const NEXT_LINE = `\n${" ".repeat(2 + LABEL_WIDTH)}`;

/** A line of the decision log, a sample: what people have at hand. */
const recordSchema = z.looseObject({ server: z.undefined().optional(), input: z.looseObject({ server: z.string() }) });

type Decided = Extract<Evaluation, { kind: "decided" }>;

/** @returns 0 whatever the decision is, 1 where the policy comes to none */
export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { bundle: { type: "string", short: "b", default: "bundles/regate.tar.gz" }, json: { type: "boolean" } },
  });
  const [file, ...others] = positionals;
  if (file === undefined || others.length > 0) {
    throw new Problem(["regate decide: name one file with an input, or - for standard input"]);
  }
  const { text, input } = await readFileOrStdin(file, io);
  const { engine, rules, catalogue } = await loadPolicy(resolve(io.cwd, values.bundle), values.bundle);
  const evaluation = engine.evaluate(text);
  if (evaluation.kind === "failed") {
    io.stderr(`${evaluation.problem}; the gate refuses such a call\n`);
    return 1;
  }
  const masks = engine.mask(text);
  if (values.json === true) io.stdout(formatJson(evaluation, rules, masks));
  else {
    const shown = { rules, masks, file: values.bundle, gap: describeGap(input, catalogue) };
    io.stdout(paint(io, formatText(evaluation, shown), ACTION));
  }
  return 0;
}

/** @throws Problem with one line that names the first field at fault */
async function readFileOrStdin(file: string, io: CommandIo): Promise<{ text: string; input: Input }> {
  const { shown, text, value } = await readJson(file, io);
  const read = readInput(value);
  if (read.kind === "refused") {
    if (recordSchema.safeParse(value).success)
      throw new Problem([`${shown}: a record that holds an input; give what stands in its field "input", alone`]);
    throw new Problem([`${shown}: ${read.problem}`]);
  }
  const scan = scanJson(text, { maxDepth: MAX_DEPTH, tolerant: true });
  if (scan.kind === "refused") throw new Problem([`${shown}: ${scan.problem}`]);
  return { text, input: read.input };
}

/** What the gate fills in and this input lacks, since no default speaks without it. */
function describeGap({ server, tool, category }: Input, catalogue: Catalogue): string | undefined {
  if (tool === undefined || category !== undefined) return undefined;
  return `none in the input, so that no default speaks; the gate judges it as ${describeTool(catalogue, server, tool).category}`;
}

function formatJson({ decision, fuel, bundle }: Decided, rules: RuleIndex, masks: Masks): string {
  const matched = decision.rules.map((rule) => ({ rule, ...rules.get(rule) }));
  const masked = masks.kind === "failed" || masks.pointers.length > 0 ? { log_masks: masks } : {};
  return `${JSON.stringify({ decision, rules: matched, ...masked, fuel, bundle }, undefined, 2)}\n`;
}

type Shown = {
  readonly rules: RuleIndex;
  readonly masks: Masks;
  readonly file: string;
  readonly gap: string | undefined;
};

function formatText({ decision, fuel, bundle }: Decided, { rules, masks, file, gap }: Shown): string {
  const { action, reasons, malformed, rate_limits, approval, labels, redact, hidden } = decision;
  const lines: (readonly [label: string, value: string])[] = [
    ...reasons.map((reason) => ["reason", reason] as const),
    ...decision.rules.map((rule) => ["rule", describeRule(rule, rules)] as const),
    ...malformed.map((fault) => ["malformed", describeMalformed(fault, rules)] as const),
    ...rate_limits.map((limit) => ["limit", describeLimit(limit)] as const),
    ...(action === "require_approval"
      ? [["approval", `within ${approval.timeout} s, the call waits ${approval.hold} s`] as const]
      : []),
    ...(labels.length > 0 ? [["labels", labels.join(", ")] as const] : []),
    ...(redact.length > 0 ? [["redact", redact.join(", ")] as const] : []),
    ...describeMasks(masks).map((text) => ["log masks", text] as const),
    ...(hidden ? [["hidden", "not in tools/list"] as const] : []),
    ...(gap === undefined ? [] : [["category", gap] as const]),
    ["cost", `${fuel} units`],
    ["bundle", `${bundle.revision} (${file}, as it was last built)`],
  ];
  return `${action}\n${lines.map(([label, value]) => `  ${label.padEnd(LABEL_WIDTH)}${value}\n`).join("")}`;
}

function describeMasks(masks: Masks): readonly string[] {
  if (masks.kind === "failed") return [`all arguments: ${masks.problem}`];
  return masks.pointers.length === 0 ? [] : [masks.pointers.join(", ")];
}

function describeRule(rule: string, rules: RuleIndex): string {
  const found = rules.get(rule);
  if (found === undefined) return `${rule} (not in the bundle's index)`;
  return `${rule}${NEXT_LINE}${found.file}:${found.row}${found.title === undefined ? "" : `  ${found.title}`}`;
}

/** The library says `<rule>: <faults>`. */
function describeMalformed(fault: string, rules: RuleIndex): string {
  const found = [...rules].find(([rule]) => fault.startsWith(`${rule}: `))?.[1];
  return found === undefined ? fault : `${fault}${NEXT_LINE}${found.file}:${found.row}`;
}

function describeLimit({ rule, max, window, per, over, cost }: RateLimit): string {
  const whose = per === "everyone" ? "everyone together" : `each ${per}`;
  return `${max} per ${window} s for ${whose}, over ${over}, cost ${cost}  ${rule}`;
}
