// Judges recorded calls by both policies and gathers what changes. A call whose decision may read what the log does not hold is
// counted, never guessed; what no rule reads is left out first, so that calls which are alike for the rules are judged once.
// Each side sees the tool as its own catalogue does, where that has it. Bounded memory, whatever is replayed.
import type { Evaluation, ToolFacts } from "../../gate/types.ts";
import { describeTool } from "../catalogue.ts";
import { Projection } from "../projection.ts";
import { type Addressee, listSpeakers } from "../speakers.ts";
import type { Added, ChangeTable } from "./change-table.ts";
import { type ComparedPolicy, namesOf, type Policies } from "./compare-policies.ts";
import { createUnchangedCheck, type UnchangedCheck } from "./unchanged.ts";

/** A call as a decision log holds it. */
export type RecordedCall = {
  readonly input: Readonly<Record<string, unknown>> & { readonly server: string };
  /** Places of the input that the log masked or cut. */
  readonly unreadable: readonly (readonly string[])[];
  /** Places of the input that the log does not have. */
  readonly unrecorded: readonly (readonly string[])[];
  readonly definitionSha256?: string | undefined;
  /** Of the bundle that judged, and its decision. */
  readonly digest?: string | undefined;
  readonly result?: unknown;
};

/** Why a call can't be replayed. */
export type Obstacle =
  /** Its decision may read a place that the log masked or cut, or does not have. */
  | "masked"
  /** Its decision may read a number that the log rounded. */
  | "rounded"
  /** The very bundle that judged it judges it otherwise: the log does not hold all that it saw. */
  | "differs";

export type Replayed = {
  readonly calls: number;
  readonly obstacles: Readonly<Record<Obstacle, number>>;
  /** Calls of tools that neither catalogue has: they were judged with the facts that the log holds. */
  readonly uncatalogued: { readonly calls: number; readonly tools: readonly string[] };
};

type Facts = ToolFacts | undefined;
/** What is known of all calls of one tool with the same facts. */
type Kind = { readonly projection: Projection; readonly isUnchanged: boolean };
type Decisions = { readonly base: string; readonly head: string };
/** `decisions` are without what the log masks, as the log has them. */
type Judged = { readonly decisions: Decisions; readonly added: Added | undefined };

const MAX_KINDS = 5_000;
const MAX_JUDGED = 4_000;
const MAX_REMEMBERED_CHARACTERS = 1_024;
const MAX_DECISIONS = 1_000;
const MAX_TOOLS_NAMED = 1_000;
/** No decision reads so. */
const FAILED = "failed";
const EMPTY_HISTORY = { tools: {}, categories: {}, labels: {} };
/** A run of so many digits may be more than a double holds. */
const LONG_NUMBER = /\d{16}/;

export class Replay {
  readonly #kinds = new Map<string, Kind>();
  readonly #judged = new Map<string, Judged>();
  readonly #decisions = new Map<string, string>();
  readonly #obstacles: Record<Obstacle, number> = { masked: 0, rounded: 0, differs: 0 };
  readonly #uncatalogued = new Set<string>();
  #uncataloguedCalls = 0;
  #calls = 0;

  constructor(
    private readonly policies: Policies,
    private readonly table: ChangeTable,
    private readonly isUnchanged: Pick<UnchangedCheck, "speakers"> = createUnchangedCheck(policies),
  ) {}

  add(call: RecordedCall): void {
    this.#calls += 1;
    const { server, tool, method } = call.input;
    const addressee = {
      server,
      method: typeof method === "string" ? method : "tools/call",
      tool: typeof tool === "string" ? tool : undefined,
    };
    this.#countUncatalogued(addressee);
    const facts = { base: this.#factsOf("base", call, addressee), head: this.#factsOf("head", call, addressee) };
    const kind = this.#kindOf(addressee, facts);
    if (kind.isUnchanged) return;
    const { projection } = kind;
    if ([...call.unreadable, ...call.unrecorded].some((place) => projection.reads(place))) {
      this.#obstacles.masked += 1;
      return;
    }
    const base = writeInput(call.input, facts.base, projection);
    const inputs = {
      base,
      head: areAlike(facts.base, facts.head) ? base : writeInput(call.input, facts.head, projection),
    };
    if (LONG_NUMBER.test(inputs.head) && holdsRounded(projection.project(call.input))) this.#obstacles.rounded += 1;
    else this.#judge(inputs, call);
  }

  result(): Replayed {
    const uncatalogued = { calls: this.#uncataloguedCalls, tools: [...this.#uncatalogued].sort() };
    return { calls: this.#calls, obstacles: this.#obstacles, uncatalogued };
  }

  #judge(inputs: { readonly base: string; readonly head: string }, call: RecordedCall): void {
    const name = inputs.base === inputs.head ? inputs.base : `${inputs.base}\n${inputs.head}`;
    const known = this.#judged.get(name);
    if (known !== undefined) {
      if (this.#isOtherwise(call, known.decisions)) this.#obstacles.differs += 1;
      else known.added?.again();
      return;
    }
    const base = this.policies.base.evaluate(inputs.base);
    const head = this.policies.head.evaluate(inputs.head);
    const decisions = { base: this.#write(base), head: this.#write(head) };
    if (this.#isOtherwise(call, decisions)) {
      this.#obstacles.differs += 1;
      return;
    }
    const masked = {
      base: this.policies.base.evaluateMasked(inputs.base),
      head: this.policies.head.evaluateMasked(inputs.head),
    };
    const written = this.#write(masked.base);
    const isAlike = written !== FAILED && written === this.#write(masked.head);
    const added = isAlike
      ? undefined
      : this.table.add({ ...namesOf(call.input), origin: "recorded", inputs, ...masked });
    this.#remember(name, decisions, added);
  }

  /** Whether the bundle that judged the call judges what is left of it otherwise than it did. */
  #isOtherwise({ digest, result }: RecordedCall, decisions: Decisions): boolean {
    if (digest === undefined || result === undefined) return false;
    const { base, head } = this.policies;
    const again = digest === base.digest ? decisions.base : digest === head.digest ? decisions.head : undefined;
    return again !== undefined && again !== JSON.stringify(result);
  }

  #remember(name: string, decisions: Decisions, added: Added | undefined): void {
    if (name.length > MAX_REMEMBERED_CHARACTERS) return;
    if (this.#judged.size >= MAX_JUDGED) this.#judged.clear();
    this.#judged.set(name, { decisions, added });
  }

  /** As text; there are few different ones, and each is kept once. */
  #write(evaluation: Evaluation): string {
    if (evaluation.kind === "failed") return FAILED;
    const text = JSON.stringify(evaluation.decision);
    const known = this.#decisions.get(text);
    if (known !== undefined) return known;
    if (this.#decisions.size >= MAX_DECISIONS) this.#decisions.clear();
    this.#decisions.set(text, text);
    return text;
  }

  /** @returns undefined for what is no tool, and for a tool of which only the log knows something: then that stays */
  #factsOf(side: "base" | "head", { input, definitionSha256 }: RecordedCall, { server, tool }: Addressee): Facts {
    if (tool === undefined) return undefined;
    const recorded = input.definition;
    // a definition that is not the reviewed one, and has no hash, is one that the server did not list
    const sha256 = definitionSha256 ?? (has(recorded, "changed") ? null : undefined);
    const known = describeTool(this.policies[side].catalogue, server, tool, sha256);
    return known.definition.catalogued || has(recorded, "catalogued") ? known : undefined;
  }

  #kindOf(addressee: Addressee, { base, head }: { readonly base: Facts; readonly head: Facts }): Kind {
    const { server, tool, method } = addressee;
    const alike = areAlike(base, head);
    const name = `${server}\n${tool}\n${method}\n${base?.category} ${head?.category} ${alike}`;
    const known = this.#kinds.get(name);
    if (known !== undefined) return known;
    if (this.#kinds.size >= MAX_KINDS) this.#kinds.clear();
    const categories = head === undefined ? undefined : [head.category];
    const kind = {
      projection: this.#projectionFor(addressee, base, head),
      isUnchanged: alike && this.isUnchanged.speakers(addressee, categories),
    };
    this.#kinds.set(name, kind);
    return kind;
  }

  #projectionFor(addressee: Addressee, ...[base, head]: readonly Facts[]): Projection {
    const sides = [
      { policy: this.policies.base, facts: base },
      { policy: this.policies.head, facts: head },
    ];
    const always = sides.flatMap(({ policy }) => policy.conditions?.always ?? []);
    if (sides.some(({ policy }) => policy.conditions === undefined)) return Projection.whole();
    const speakers = sides.flatMap(({ policy, facts }) => {
      return listSpeakers(policy, addressee, facts === undefined ? undefined : [facts.category]);
    });
    return Projection.of(
      always,
      speakers.map(({ conditions }) => conditions),
    );
  }

  #countUncatalogued({ server, tool }: Addressee): void {
    if (
      tool === undefined ||
      [this.policies.base, this.policies.head].some(({ catalogue }) => knows(catalogue, server, tool))
    )
      return;
    this.#uncataloguedCalls += 1;
    if (this.#uncatalogued.size < MAX_TOOLS_NAMED) this.#uncatalogued.add(`${server}/${tool}`);
  }
}

function areAlike(base: Facts, head: Facts): boolean {
  return (
    base?.category === head?.category &&
    base?.severity === head?.severity &&
    base?.definition.catalogued === head?.definition.catalogued &&
    base?.definition.changed === head?.definition.changed
  );
}

function knows(catalogue: ComparedPolicy["catalogue"], server: string, tool: string): boolean {
  return describeTool(catalogue, server, tool).definition.catalogued;
}

/** As the gate would compose it, less what nobody reads. */
function writeInput(input: RecordedCall["input"], facts: Facts, projection: Projection): string {
  return JSON.stringify(projection.project({ history: EMPTY_HISTORY, ...input, ...facts }));
}

/** Whether an object says that of itself. */
function has(value: unknown, key: "catalogued" | "changed"): boolean {
  return typeof value === "object" && value !== null && Object.entries(value).some(([k, v]) => k === key && v === true);
}

/** Integers that a double can't tell from their neighbours. */
function holdsRounded(value: unknown): boolean {
  if (typeof value === "number") return Number.isInteger(value) && !Number.isSafeInteger(value);
  return typeof value === "object" && value !== null && Object.values(value).some(holdsRounded);
}
