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
const ANSWER_FIELDS = ["id", "action", "reason", "redact", "secrets"];
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

const ANSWER_FORMS = new Map([
  ["reason", "a string"],
  ["redact", "an array of JSON pointers into the result, on a rule that redacts"],
  ["secrets", "true, or an array of kinds of secrets (docs/results.md lists them), on a rule that redacts"],
]);

const CALL_TIGHTENING = ["deny", "limit", "require_approval"];
const ANSWER_ACTIONS = ["redact", "refuse"];
/** Actions that a rule must not lose in silence. */
export const TIGHTENING = [...CALL_TIGHTENING, ...ANSWER_ACTIONS];
const ACTIONS: Readonly<Record<LayerKind, readonly string[]>> = {
  server: ["allow", "inherit", ...CALL_TIGHTENING],
  defaults: ["allow", ...CALL_TIGHTENING],
  guardrails: CALL_TIGHTENING,
};

const QUERIES: Readonly<Record<SpeakingRule["speaksTo"], string>> = {
  calls: "[data.regate.form.faults(r.values, r.layer) | some r in input]",
  answers: "[data.regate.answers.faults(r.values) | some r in input]",
};
const answersSchema = z.array(z.array(z.string()));
const evalSchema = z.looseObject({
  result: z.tuple([z.looseObject({ expressions: z.tuple([z.looseObject({ value: answersSchema })]) })]),
});

/** Whether they are well-formed depends on the action. */
const DEPEND_ON_ACTION: Readonly<Record<SpeakingRule["speaksTo"], readonly string[]>> = {
  calls: ["hide"],
  answers: ["redact", "secrets"],
};

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
    if (redactsNothing(rule, fields)) {
      faults.push({
        file,
        row,
        what: `${name} redacts nothing: write "secrets": true, or "redact": ["/content/0/text"]`,
      });
    }
    const unknown = fields.flatMap((field) => describeUnknown(rule, field));
    faults.push(...unknown.map(({ row, what }) => ({ file, row, what: `${name} has ${what}` })));
    written.push({ rule, name, fields: fields.filter((field) => describeUnknown(rule, field).length === 0) });
  }
  for (const kind of ["calls", "answers"] as const) {
    const speaking = written.filter(({ rule }) => rule.speaksTo === kind);
    if (speaking.length > 0) faults.push(...(await checkValues(opa, cwd, speaking, QUERIES[kind])));
  }
  return faults;
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

function redactsNothing({ speaksTo, member }: SpeakingRule, fields: readonly Field[]): boolean {
  if (speaksTo !== "answers" || readLiteral(member, "action") !== "redact") return false;
  return !fields.some(({ name }) => name === "redact" || name === "secrets");
}

function describeUnknown({ speaksTo }: SpeakingRule, { name, value, row }: Field): { row: number; what: string }[] {
  const known = speaksTo === "answers" ? ANSWER_FIELDS : FIELDS;
  if (!known.includes(name)) return [{ row, what: `an unknown field "${name}"${suggest(name, known)}` }];
  const within = FIELDS_WITHIN.get(name);
  if (within === undefined || value.kind !== "object") return [];
  return readFields(value)
    .filter((field) => !within.includes(field.name))
    .map((field) => {
      return { row: field.row, what: `an unknown field "${field.name}" in ${name}${suggest(field.name, within)}` };
    });
}

async function checkValues(opa: Opa, cwd: string, written: readonly Written[], query: string): Promise<Fault[]> {
  const questions = written.map(({ rule, fields }) => ({ layer: rule.layer, values: readValues(rule, fields) }));
  const answers = await askLibrary(opa, cwd, questions, query);
  const faults: Fault[] = [];
  for (const [index, { rule, name, fields }] of written.entries()) {
    for (const field of fields) {
      if (field.name === "id" || answers[index]?.includes(field.name) !== true) continue;
      const isOfAnswers = rule.speaksTo === "answers";
      const actions = isOfAnswers ? ANSWER_ACTIONS : ACTIONS[rule.layer];
      const forms = isOfAnswers ? ANSWER_FORMS : FORMS;
      const form = field.name === "action" ? describeAction(field.value, actions) : forms.get(field.name);
      faults.push({ file: rule.file, row: field.row, what: `${name}: ${field.name} must be ${form}` });
    }
  }
  return faults;
}

/** The fields that are literal through and through; those that depend on the action only beside a literal one. */
function readValues({ speaksTo }: SpeakingRule, fields: readonly Field[]): Record<string, unknown> {
  const literal = fields.filter(({ value }) => isLiteral(value));
  const hasAction = literal.some(({ name }) => name === "action");
  const judged = literal.filter(({ name }) => !DEPEND_ON_ACTION[speaksTo].includes(name) || hasAction);
  return Object.fromEntries(judged.map(({ name, value }) => [name, toJson(value)]));
}

async function askLibrary(
  opa: Opa,
  cwd: string,
  questions: readonly unknown[],
  query: string,
): Promise<z.infer<typeof answersSchema>> {
  const args = ["eval", "--format", "json", "--data", "library", "--stdin-input", query];
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
