// Holds what is literal in each rule against the form of a rule, before anything is compiled: unknown fields here, with
// "did you mean", and values by the library's own regate.form, so that there is one definition of well-formed.
import { z } from "zod";
import { nearestWord } from "../../config/suggest.ts";
import { type Opa, runOpa } from "../opa.ts";
import type { Fault } from "./faults.ts";
import type { Term } from "./module.ts";
import type { LayerKind } from "./packages.ts";
import type { SpeakingRule } from "./speaking-rules.ts";

const FIELDS = ["id", "action", "reason", "rate_limit", "approval", "labels", "redact", "hide"];
const FIELDS_WITHIN = new Map([
  ["rate_limit", ["max", "window", "per", "over", "cost"]],
  ["approval", ["timeout", "hold"]],
]);

/** What a value must be, for people; the judge is rego/regate/form. */
const FORMS = new Map([
  ["reason", "a string"],
  [
    "rate_limit",
    "max and window (seconds) above 0, per session, principal or everyone, over tool, category, server or all" +
      " (all not per session), and cost 0 or more",
  ],
  ["approval", "timeout above 0 and hold 0 or more, in seconds"],
  ["labels", "an array of strings"],
  ["redact", "an array of JSON pointers into args"],
  ["hide", "true or false, on a rule that denies"],
]);

/** Actions that a rule must not lose in silence. */
export const TIGHTENING = ["deny", "limit", "require_approval"];
const ACTIONS: Readonly<Record<LayerKind, readonly string[]>> = {
  server: ["allow", "inherit", ...TIGHTENING],
  defaults: ["allow", ...TIGHTENING],
  guardrails: TIGHTENING,
};

const QUERY = "[data.regate.form.faults(r.values, r.layer) | some r in input]";
const answersSchema = z.array(z.array(z.string()));
const evalSchema = z.looseObject({
  result: z.tuple([z.looseObject({ expressions: z.tuple([z.looseObject({ value: answersSchema })]) })]),
});

type Field = { readonly name: string; readonly value: Term; readonly row: number };

/** A rule that is written out, with the values that are literal. */
type Written = { readonly rule: SpeakingRule; readonly name: string; readonly fields: readonly Field[] };

/**
 * @param cwd holds the library's sources in `library/`
 * @returns a fault for each missing, unknown or ill-formed field that shows without evaluating the rule
 */
export async function checkForms(opa: Opa, cwd: string, rules: readonly SpeakingRule[]): Promise<Fault[]> {
  const faults: Fault[] = [];
  const written: Written[] = [];
  for (const rule of rules) {
    const { file, row, member } = rule;
    if (member.kind !== "object") {
      const what = 'the rule is not written out; write {"id": "...", "action": "...", ...} behind `contains`';
      faults.push({ file, row, what });
      continue;
    }
    const id = readLiteral(member, "id");
    const name = id === undefined ? "the rule" : `rule ${id}`;
    const fields = readFields(member);
    if (id === undefined) faults.push({ file, row, what: 'the rule has no literal id; write "id": "a-name-for-it"' });
    if (!fields.some((field) => field.name === "action")) faults.push({ file, row, what: `${name} has no action` });
    const unknown = fields.flatMap((field) => describeUnknown(field));
    faults.push(...unknown.map(({ row, what }) => ({ file, row, what: `${name} has ${what}` })));
    written.push({ rule, name, fields: fields.filter((field) => describeUnknown(field).length === 0) });
  }
  return [...faults, ...(await checkValues(opa, cwd, written))];
}

/** A field of a rule that is written out, where it is a literal string and not empty. */
export function readLiteral(member: Term, field: "id" | "action"): string | undefined {
  if (member.kind !== "object") return undefined;
  const term = readFields(member).find(({ name }) => name === field)?.value;
  return term?.kind === "scalar" && typeof term.value === "string" && term.value !== "" ? term.value : undefined;
}

function readFields(term: Extract<Term, { kind: "object" }>): Field[] {
  return term.fields.map(([key, value]) => {
    const name = key.kind === "scalar" && typeof key.value === "string" ? key.value : "(computed)";
    return { name, value, row: key.row };
  });
}

function describeUnknown({ name, value, row }: Field): { row: number; what: string }[] {
  if (!FIELDS.includes(name)) return [{ row, what: `an unknown field "${name}"${suggest(name, FIELDS)}` }];
  const within = FIELDS_WITHIN.get(name);
  if (within === undefined || value.kind !== "object") return [];
  return readFields(value)
    .filter((field) => !within.includes(field.name))
    .map((field) => {
      return { row: field.row, what: `an unknown field "${field.name}" in ${name}${suggest(field.name, within)}` };
    });
}

async function checkValues(opa: Opa, cwd: string, written: readonly Written[]): Promise<Fault[]> {
  const questions = written.map(({ rule, fields }) => ({ layer: rule.layer, values: readValues(fields) }));
  const answers = await askLibrary(opa, cwd, questions);
  const faults: Fault[] = [];
  for (const [index, { rule, name, fields }] of written.entries()) {
    for (const field of fields) {
      if (field.name === "id" || answers[index]?.includes(field.name) !== true) continue;
      const form = field.name === "action" ? describeAction(field.value, ACTIONS[rule.layer]) : FORMS.get(field.name);
      faults.push({ file: rule.file, row: field.row, what: `${name}: ${field.name} must be ${form}` });
    }
  }
  return faults;
}

/** The fields that are literal through and through; `hide` only beside a literal action, on which it depends. */
function readValues(fields: readonly Field[]): Record<string, unknown> {
  const literal = fields.filter(({ value }) => isLiteral(value));
  const hasAction = literal.some(({ name }) => name === "action");
  const judged = literal.filter(({ name }) => name !== "hide" || hasAction);
  return Object.fromEntries(judged.map(({ name, value }) => [name, toJson(value)]));
}

async function askLibrary(
  opa: Opa,
  cwd: string,
  questions: readonly unknown[],
): Promise<z.infer<typeof answersSchema>> {
  const args = ["eval", "--format", "json", "--data", "library", "--stdin-input", QUERY];
  const { exitCode, stdout, stderr } = await runOpa(opa, args, { cwd, input: JSON.stringify(questions) });
  if (exitCode !== 0) throw new Error(`regate.form can't be asked: ${stdout}${stderr}`);
  const [{ expressions }] = evalSchema.parse(JSON.parse(stdout)).result;
  const answers = expressions[0].value;
  if (answers.length !== questions.length) throw new Error("regate.form did not answer for each rule");
  return answers;
}

function describeAction(action: Term, permitted: readonly string[]): string {
  const given = action.kind === "scalar" ? String(action.value) : "";
  return `one of ${permitted.join(", ")}${suggest(given, permitted)}`;
}

function suggest(word: string, known: readonly string[]): string {
  const nearest = nearestWord(word, known);
  return nearest === undefined ? "" : ` (did you mean "${nearest}"?)`;
}

function isLiteral(term: Term): boolean {
  switch (term.kind) {
    case "scalar":
      return true;
    case "array":
      return term.items.every(isLiteral);
    case "object":
      return term.fields.every(([key, value]) => key.kind === "scalar" && isLiteral(value));
    case "computed":
      return false;
  }
}

function toJson(term: Term): unknown {
  switch (term.kind) {
    case "scalar":
      return term.value;
    case "array":
      return term.items.map(toJson);
    case "object":
      return Object.fromEntries(term.fields.map(([key, value]) => [String(toJson(key)), toJson(value)]));
    case "computed":
      return undefined;
  }
}
