// Judges calls with one bundle. The engine gets only what the rules that may speak to a call can read of its input, and what it
// answered once is not asked again: its answer depends on nothing but the input. Where the bundle doesn't say what its rules
// read, the engine gets all of it. Bounded memory, whatever callers send.
import type { Call, Evaluation, ToolFacts } from "../gate/types.ts";
import type { Engine } from "./engine.ts";
import { composeInput, composeTime, NO_HISTORY } from "./input.ts";
import { Projection } from "./projection.ts";
import { type IndexedRules, indexSpeakers } from "./speakers.ts";

/** As `engine.evaluate` of the whole input (composeInput) decides; only the fuel is less. */
export type Judge = (call: Call, facts: ToolFacts | undefined, unixMs: number, timezone: string) => Evaluation;

/** What is alike for all calls to one tool, or with one method, of which the same is known. */
type Kind = {
  /** The beginning of the input: the members that do not change from call to call. */
  readonly start: string;
  readonly session: boolean;
  readonly principal: boolean;
  readonly history: boolean;
  readonly time: boolean;
  /** Of the arguments, or of the params. */
  readonly given: Projection | undefined;
};

/** Callers choose the names of tools; the kind that was made first is forgotten first. */
const MAX_KINDS = 20_000;
const MAX_REMEMBERED = 10_000;
const MAX_REMEMBERED_CHARACTERS = 1_024;

export function createJudge(engine: Pick<Engine, "evaluate">, policy: IndexedRules): Judge {
  const { conditions } = policy;
  if (conditions === undefined) {
    return (call, facts, unixMs, timezone) =>
      engine.evaluate(composeInput(call, facts, { unixMs }, NO_HISTORY, timezone));
  }
  const { always } = conditions;
  const speakersOf = indexSpeakers(policy);
  const kinds = new Map<string, Kind>();
  const remembered = new Map<string, Evaluation>();

  function kindOf(call: Call, facts: ToolFacts | undefined): Kind {
    const name = nameOf(call, facts);
    const known = kinds.get(name);
    if (known !== undefined) return known;
    const speakers = speakersOf(call, facts === undefined ? undefined : [facts.category]);
    const made = describeKind(
      call,
      facts,
      Projection.of(
        always,
        speakers.map((speaker) => speaker.conditions),
      ),
    );
    keep(kinds, name, made, MAX_KINDS);
    return made;
  }

  return (call, facts, unixMs, timezone) => {
    const input = writeInput(kindOf(call, facts), call, unixMs, timezone);
    const known = remembered.get(input);
    if (known !== undefined) return known;
    const evaluation = engine.evaluate(input);
    // what failed may have another reason than the input
    if (evaluation.kind === "decided" && input.length <= MAX_REMEMBERED_CHARACTERS)
      keep(remembered, input, evaluation, MAX_REMEMBERED);
    return evaluation;
  };
}

function keep<T>(map: Map<string, T>, key: string, value: T, max: number): void {
  const [oldest] = map.size >= max ? map.keys() : [];
  if (oldest !== undefined) map.delete(oldest);
  map.set(key, value);
}

/** Names hold no control characters where they come from clients; JSON keeps any others apart. */
function nameOf({ server, tool, method, direction }: Call, facts: ToolFacts | undefined): string {
  const called = tool === undefined ? `m ${JSON.stringify(method)}` : `t ${JSON.stringify(tool)} ${method}`;
  if (facts === undefined) return `${called} ${direction} ${server}`;
  const { category, risk, severity, definition } = facts;
  return `${called} ${direction} ${category} ${risk} ${severity} ${definition.catalogued} ${definition.changed} ${server}`;
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
    start: JSON.stringify({ server, ...Object.fromEntries(read) }).slice(0, -1),
    session: projection.reads(["session"]),
    principal: projection.reads(["principal"]),
    history: projection.reads(["history"]),
    time: projection.reads(["time"]),
    given: projection.below(tool === undefined ? "params" : "args"),
  };
}

function writeInput(kind: Kind, call: Call, unixMs: number, timezone: string): string {
  let input = kind.start;
  if (kind.session) input += `,"session":${JSON.stringify(call.session)}`;
  if (kind.principal) {
    const { id, groups, claims } = call.principal;
    input += `,"principal":${JSON.stringify({ id, groups, claims })}`;
  }
  if (kind.history) input += `,"history":${JSON.stringify(NO_HISTORY)}`;
  if (kind.time) input += `,"time":${composeTime(unixMs, timezone)}`;
  if (kind.given !== undefined) {
    const [name, given] = call.tool === undefined ? ["params", call.params] : ["args", call.args];
    input += `,"${name}":${kind.given.projectText(given?.text ?? "{}")}`;
  }
  return `${input}}`;
}
