// Judges calls with one bundle. The engine gets only what the rules that may speak to a call can read of its input, and what it
// answered once is not asked again: its answer depends on nothing but the input. Where the bundle doesn't say what its rules
// read, the engine gets all of it. Bounded memory, whatever callers send.
import type { Call, Evaluation, History, Principal, ToolFacts } from "../gate/types.ts";
import { remember } from "./bounded-map.ts";
import type { Engine } from "./engine.ts";
import { composeInput, composeTime, NO_HISTORY } from "./input.ts";
import { Projection } from "./projection.ts";
import { type IndexedRules, indexSpeakers } from "./speakers.ts";

/** As `engine.evaluate` of the whole input (composeInput) decides; only the fuel is less. */
export type Judge = (
  call: Call,
  facts: ToolFacts | undefined,
  unixMs: number,
  timezone: string,
  history?: History,
) => Evaluation;

/** What is alike for all calls to one tool, or with one method, of which the same is known. */
type Kind = {
  readonly server: string;
  readonly tool: string | undefined;
  readonly method: string;
  readonly direction: Call["direction"];
  readonly category: ToolFacts["category"] | undefined;
  readonly risk: ToolFacts["risk"] | undefined;
  readonly severity: ToolFacts["severity"] | undefined;
  readonly isCatalogued: boolean | undefined;
  readonly isChanged: boolean | undefined;
  /** The beginning of the input: the members that do not change from call to call. */
  readonly start: string;
  readonly session: boolean;
  readonly principal: Projection | undefined;
  /** What of each principal is read, as text: they change seldom, and their claims may be long. */
  readonly principals: WeakMap<Principal, string>;
  readonly history: boolean;
  readonly time: boolean;
  /** Of the arguments, or of the params. */
  readonly given: Projection | undefined;
};

/** Callers choose the names of tools: when there are so many, all are forgotten. */
const MAX_KINDS = 20_000;
/** Longer ones are no names of tools that anyone has: what they get is not kept. */
const MAX_KEPT_NAME = 256;
const MAX_REMEMBERED = 10_000;
const MAX_REMEMBERED_CHARACTERS = 1_024;

export function createJudge(engine: Pick<Engine, "evaluate">, policy: IndexedRules): Judge {
  const { conditions } = policy;
  if (conditions === undefined) {
    return (call, facts, unixMs, timezone, history) =>
      engine.evaluate(composeInput(call, facts, { unixMs }, history, timezone));
  }
  const { always } = conditions;
  const speakersOf = indexSpeakers(policy);
  /** By the tool or the method. */
  const kinds = new Map<string, Kind[]>();
  let made = 0;
  const remembered = new Map<string, Evaluation>();

  function kindOf(call: Call, facts: ToolFacts | undefined): Kind {
    const name = call.tool ?? call.method;
    const alike = kinds.get(name);
    const known = alike?.find((kind) => isOfKind(kind, call, facts));
    if (known !== undefined) return known;
    const speakers = speakersOf(call, facts === undefined ? undefined : [facts.category]);
    const projection = Projection.of(
      always,
      speakers.map((speaker) => speaker.conditions),
    );
    const kind = describeKind(call, facts, projection);
    if (name.length > MAX_KEPT_NAME) return kind;
    if (made >= MAX_KINDS) {
      kinds.clear();
      made = 0;
    }
    made += 1;
    kinds.set(name, [...(kinds.get(name) ?? []), kind]);
    return kind;
  }

  return (call, facts, unixMs, timezone, history = NO_HISTORY) => {
    const input = writeInput(kindOf(call, facts), call, unixMs, timezone, history);
    const known = remembered.get(input);
    if (known !== undefined) return known;
    const evaluation = engine.evaluate(input);
    // what failed may have another reason than the input
    if (evaluation.kind === "decided" && input.length <= MAX_REMEMBERED_CHARACTERS)
      remember(remembered, input, evaluation, MAX_REMEMBERED);
    return evaluation;
  };
}

function isOfKind(kind: Kind, call: Call, facts: ToolFacts | undefined): boolean {
  return (
    kind.server === call.server &&
    kind.tool === call.tool &&
    kind.method === call.method &&
    kind.direction === call.direction &&
    kind.category === facts?.category &&
    kind.risk === facts?.risk &&
    kind.severity === facts?.severity &&
    kind.isCatalogued === facts?.definition.catalogued &&
    kind.isChanged === facts?.definition.changed
  );
}

function describeKind(
  { server, tool, method, direction }: Call,
  facts: ToolFacts | undefined,
  projection: Projection,
): Kind {
  const { category, risk, severity, definition } = facts ?? {};
  const constant = { tool, category, risk, severity, definition, method, direction };
  const read = Object.entries(constant).filter(([name]) => projection.reads([name]));
  return {
    server,
    tool,
    method,
    direction,
    category,
    risk,
    severity,
    isCatalogued: definition?.catalogued,
    isChanged: definition?.changed,
    start: JSON.stringify({ server, ...Object.fromEntries(read) }).slice(0, -1),
    session: projection.reads(["session"]),
    principal: projection.below("principal"),
    principals: new WeakMap(),
    history: projection.reads(["history"]),
    time: projection.reads(["time"]),
    given: projection.below(tool === undefined ? "params" : "args"),
  };
}

function writeInput(kind: Kind, call: Call, unixMs: number, timezone: string, history: History): string {
  let input = kind.start;
  if (kind.session) input += `,"session":${JSON.stringify(call.session)}`;
  if (kind.principal !== undefined)
    input += `,"principal":${writePrincipal(kind.principal, kind.principals, call.principal)}`;
  if (kind.history) input += `,"history":${JSON.stringify(history)}`;
  if (kind.time) input += `,"time":${composeTime(unixMs, timezone)}`;
  if (kind.given !== undefined) {
    const [name, given] = call.tool === undefined ? ["params", call.params] : ["args", call.args];
    input += `,"${name}":${kind.given.projectText(given?.text ?? "{}")}`;
  }
  return `${input}}`;
}

function writePrincipal(read: Projection, written: WeakMap<Principal, string>, principal: Principal): string {
  const known = written.get(principal);
  if (known !== undefined) return known;
  const { id, groups, claims } = principal;
  const text = read.projectText(JSON.stringify({ id, groups, claims }));
  written.set(principal, text);
  return text;
}
