// Writes the lines of calls that go out and are alike but for their session, time and arguments: the rest of such a line is made
// once, by writing one with marks in the places that change. It knows nothing of what a line says. Where anything in a line is
// masked or cut, there is no template of it: it is written from its parts.
import { randomUUID } from "node:crypto";
import type { Decision } from "../gate/types.ts";
import type { DecisionEvent } from "./log-line.ts";
import { maskSecrets } from "./mask.ts";
import { holdsSecret } from "./secrets.ts";
import type { LineContext } from "./write-line.ts";

type Write = (event: DecisionEvent, context: LineContext) => string;

/** The texts between the places that change, in the order of the line. */
type Template = { readonly made: DecisionEvent; readonly context: LineContext; readonly texts: readonly string[] };

/** No name that anyone chooses holds one. */
const MARK = `mark-${randomUUID()}-`;
const MARKS = {
  id: `${MARK}1`,
  session: `${MARK}2`,
  time: `${MARK}3`,
  given: `${MARK}4`,
  judgedNs: 1_000_000_007,
  fuel: 1_000_000_009,
  budget: 1_000_000_021,
  buckets: [{ rule: `${MARK}5`, max: 1, before: 1, after: 1 }],
  startedUnixMs: Date.parse("1970-01-01T00:00:00.123Z"),
};
/** What stands at the places, as it is in a line with marks; a session stands there twice. */
const SLOTS = [
  `"${MARKS.id}"`,
  `"${MARKS.session}"`,
  `"${MARKS.time}"`,
  `"${MARKS.given}"`,
  `"1970-01-01T00:00:00.123Z"`,
  `${MARKS.judgedNs}`,
  `${MARKS.fuel}`,
  `${MARKS.budget}`,
  `"${MARKS.session}"`,
];
/** Behind them, where a rule limits the call. */
const LIMITED_SLOTS = [...SLOTS, JSON.stringify(MARKS.buckets)];
/** Far below what is cut. */
const MAX_CHARACTERS = 16_384;
const MAX_SESSION_CHARACTERS = 512;
/** Of one decision. */
const MAX_TEMPLATES = 1_000;

/** By the decision, which many calls share, and the tool. */
const templates = new WeakMap<Decision, Map<string, Template>>();

/** @returns undefined for what has no template */
export function writeByTemplate(event: DecisionEvent, context: LineContext, write: Write): string | undefined {
  const { call, verdict } = event;
  const { decision } = verdict;
  if (decision === undefined || call.tool === undefined || !isPlain(event)) return undefined;
  if (call.session.length > MAX_SESSION_CHARACTERS || holdsSecret(call.session)) return undefined;
  const of = templates.get(decision) ?? new Map<string, Template>();
  templates.set(decision, of);
  let template = of.get(call.tool);
  if (template === undefined || template.context !== context || !isAlike(template.made, event)) {
    const texts = makeTexts(event, context, write);
    if (texts === undefined) return undefined;
    template = { made: event, context, texts };
    if (of.size >= MAX_TEMPLATES) of.clear();
    of.set(call.tool, template);
  }
  return fill(template.texts, event, context);
}

function fill(texts: readonly string[], event: DecisionEvent, { maskedKeys }: LineContext): string | undefined {
  const { call, verdict, startedUnixMs, judgedNs } = event;
  const given = maskSecrets(call.args?.value ?? {}, { at: "", redact: [], maskedKeys });
  if (given.masked.length + given.truncated.length > 0) return undefined;
  const session = JSON.stringify(call.session);
  return (
    `${texts[0]}"${verdict.id}"${texts[1]}${session}${texts[2]}${textOf(event.time)}${texts[3]}${JSON.stringify(given.value)}` +
    `${texts[4]}"${new Date(startedUnixMs).toISOString()}"${texts[5]}${Math.round(judgedNs)}${texts[6]}${verdict.fuel}` +
    `${texts[7]}${verdict.budget}${texts[8]}${session}${texts[9]}` +
    (verdict.buckets === undefined ? "" : `${JSON.stringify(verdict.buckets)}${texts[10]}`)
  );
}

let lastTime: { readonly time: unknown; readonly text: string } = { time: undefined, text: "" };

/** Many calls share a second. */
function textOf(time: unknown): string {
  if (lastTime.time !== time) lastTime = { time, text: JSON.stringify(time) };
  return lastTime.text;
}

/** What goes out, as most calls do: without an approval, a mask of the policy's, or anything else that is a call's own. */
function isPlain(event: DecisionEvent): boolean {
  const { call, verdict, mask, definitionChange, time } = event;
  return (
    hasOnly(event, KNOWN.event) &&
    hasOnly(verdict, KNOWN.verdict) &&
    verdict.kind === "forward" &&
    verdict.instead === undefined &&
    verdict.approval === undefined &&
    verdict.budget !== undefined &&
    verdict.decision?.redact.length === 0 &&
    typeof time === "object" &&
    time !== null &&
    Object.isFrozen(time) &&
    verdict.history === undefined &&
    mask === undefined &&
    definitionChange === undefined &&
    call.method === "tools/call"
  );
}

/** A member that is not among these may be in the line, and another one in each call. */
const KNOWN = {
  event: new Set(["call", "verdict", "startedUnixMs", "judgedNs", "rules", "definitionChange", "time", "mask"]),
  verdict: new Set([
    "id",
    "decision",
    "deciding",
    "facts",
    "fuel",
    "bundle",
    "kind",
    "receipt",
    "approval",
    "instead",
    "history",
    "budget",
    "buckets",
  ]),
};

function hasOnly(value: object, known: ReadonlySet<string>): boolean {
  for (const name in value) if (!known.has(name)) return false;
  return true;
}

/** Whether the lines of two plain events differ in the marked places only. The decision is the same. */
function isAlike(a: DecisionEvent, b: DecisionEvent): boolean {
  return (
    a.call.server === b.call.server &&
    a.call.place === b.call.place &&
    a.call.direction === b.call.direction &&
    a.call.principal === b.call.principal &&
    a.call.definition?.sha256 === b.call.definition?.sha256 &&
    a.call.continued === b.call.continued &&
    a.call.observed === b.call.observed &&
    a.rules === b.rules &&
    a.verdict.bundle === b.verdict.bundle &&
    (a.verdict.buckets === undefined) === (b.verdict.buckets === undefined) &&
    a.verdict.facts?.category === b.verdict.facts?.category &&
    a.verdict.facts?.risk === b.verdict.facts?.risk &&
    a.verdict.facts?.severity === b.verdict.facts?.severity &&
    a.verdict.facts?.definition === b.verdict.facts?.definition &&
    a.verdict.facts?.classified === b.verdict.facts?.classified &&
    a.verdict.facts?.unknownBecause === b.verdict.facts?.unknownBecause
  );
}

function makeTexts(event: DecisionEvent, context: LineContext, write: Write): readonly string[] | undefined {
  const { id, session, time, given, judgedNs, fuel, budget, buckets, startedUnixMs } = MARKS;
  const isLimited = event.verdict.buckets !== undefined;
  const call = { ...event.call, session, args: { text: "", value: given } };
  const verdict = { ...event.verdict, id, fuel, budget, buckets: isLimited ? buckets : undefined };
  const marked = write({ ...event, call, verdict, time, judgedNs, startedUnixMs }, context);
  if (marked.length > MAX_CHARACTERS || /\*\*(?:masked|truncated)\*\*/.test(marked)) return undefined;
  const texts: string[] = [];
  let from = 0;
  const slots = isLimited ? LIMITED_SLOTS : SLOTS;
  for (const slot of slots) {
    const at = marked.indexOf(slot, from);
    if (at === -1) return undefined;
    texts.push(marked.slice(from, at));
    from = at + slot.length;
  }
  texts.push(marked.slice(from));
  const isWhole = texts.every((text) => slots.every((slot) => !text.includes(slot)));
  return isWhole ? texts : undefined;
}
