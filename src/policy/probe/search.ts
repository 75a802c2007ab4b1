// Searches inputs for one target: first the plain ones, then each place by itself and the places of each rule together, then
// the same on top of whatever was permitted in a way not seen before, so that what one rule permits another can refuse.
// Deterministic and bounded; how an input is judged is for the caller.
import type { ToolFacts } from "../../gate/types.ts";
import { describeTool } from "../catalogue.ts";
import { listSpeakers } from "../speakers.ts";
import { combine } from "./combine.ts";
import { type Assignment, ProbeComposer } from "./compose-probe.ts";
import { type Dimension, type Dimensions, listDimensions, shapeOfArgs } from "./dimensions.ts";
import { ABSENT, type Draft, put, type Value } from "./draft.ts";
import { readShape, type Shape, sampleOf } from "./shape.ts";
import type { ProbedPolicy, Target } from "./targets.ts";

const MAX_INPUTS = 6_000;
const MAX_COMBINATIONS = 256;
/** Where a rule's places are combined on top of something else. */
const MAX_COMBINATIONS_ON_TOP = 64;
/** What a catalogue says of its tools. */
const CATALOGUED = ["category", "severity", "definition"];
/** Of the places of rules that are in no focus. */
const MAX_CONTEXT_COMBINATIONS = 48;
/** Ways to be permitted that are gone on from. */
const MAX_STARTS = 12;
const MAX_REFUSED_STARTS = 4;

export type Judged = {
  /** Names how the input was judged. */
  readonly way: string;
  /** Whether any of the policies lets the call through, or would if asked: what another rule refuses shows only then. */
  readonly isPermitted: boolean;
};

/** @param inputTexts the input as each of the policies sees it, by its own catalogue */
export type Judge = (inputTexts: readonly string[]) => Judged;

export type Searched = {
  readonly inputs: number;
  /** False where there was more to try than may be tried. */
  readonly complete: boolean;
};

type Facts = readonly (ToolFacts | undefined)[];

export type SearchOptions = {
  /** JSON Schemas of args, where more than the catalogues is known of them. */
  readonly schemas?: readonly unknown[] | undefined;
  /** Whether what a rule looks at is tried to the end, by its id; of the others only so much that something is permitted. */
  readonly isInFocus?: ((rule: string) => boolean) | undefined;
  /** What else the policies may know of the tool, each with one for each policy: what is permitted is tried by it too. */
  readonly otherFacts?: readonly Facts[] | undefined;
};

/** @param judge says how an input is judged: whatever is judged in a way not seen before is gone on from */
export function searchInputs(
  target: Target,
  policies: readonly ProbedPolicy[],
  judge: Judge,
  { schemas = [], isInFocus = () => true, otherFacts = [] }: SearchOptions = {},
): Searched {
  const { server, tool } = target;
  const facts = policies.map(({ catalogue }) =>
    tool === undefined ? undefined : describeTool(catalogue, server, tool),
  );
  const shape = shapeOfTarget(target, policies, schemas);
  const speakers = policies.flatMap((policy) => listSpeakers(policy, target, categoriesOf(policy, target)));
  const dimensions = listDimensions(
    speakers,
    shape,
    policies.some(({ conditions }) => conditions === undefined),
    isInFocus,
  );
  return new Search(target, facts, shape, leaveOutFacts(dimensions, facts), judge).run(otherFacts);
}

/** What is known of a tool's arguments, from the catalogues and from schemas. */
export function shapeOfTarget(target: Target, policies: readonly ProbedPolicy[], schemas: readonly unknown[]): Shape {
  return shapeOfArgs([
    ...policies.map((policy) => readParameters(policy, target)),
    ...schemas.map((schema) => readShape(schema).fields),
  ]);
}

/** Where only some of the catalogues have the tool, what these can't say of it is not varied for the others. */
function leaveOutFacts(dimensions: Dimensions, facts: Facts): Dimensions {
  if (new Set(facts.map((one) => one?.definition.catalogued)).size === 1) return dimensions;
  const keep = (list: readonly Dimension[]): readonly Dimension[] => {
    return list.filter(({ path }) => !CATALOGUED.includes(path[0] ?? ""));
  };
  const { all, groups, context, places } = dimensions;
  return { all: keep(all), groups: groups.map(keep), context: context.map(keep), places: keep(places) };
}

class Search {
  readonly #seen = new Set<string>();
  readonly #ways = new Map<string, { readonly assignment: Assignment; readonly isPermitted: boolean }>();
  readonly #full: readonly ProbeComposer[];
  #complete = true;

  constructor(
    private readonly target: Target,
    private readonly facts: Facts,
    private readonly shape: Shape,
    private readonly dimensions: Dimensions,
    private readonly judge: Judge,
  ) {
    this.#full = this.#composersOf(this.#fullArgs());
  }

  run(otherFacts: readonly Facts[]): Searched {
    const none: Assignment = new Map();
    for (const given of [this.#minimal(), {}, ...this.#oneFieldOff()]) this.#try(this.#composersOf(given), none);
    this.#try(this.#full, none);
    this.#combine(none, this.dimensions.context, MAX_CONTEXT_COMBINATIONS);
    this.#vary(none, MAX_COMBINATIONS);
    // the map grows while it is gone through
    let starts = 0;
    for (const { assignment, isPermitted } of this.#ways.values()) {
      if (starts === MAX_STARTS) break;
      if (!isPermitted || assignment.size === 0) continue;
      starts += 1;
      this.#vary(assignment, MAX_COMBINATIONS_ON_TOP);
    }
    if (![...this.#ways.values()].some(({ isPermitted }) => isPermitted)) this.#varyRefused();
    const permitted = [...this.#ways.values()].filter(({ isPermitted }) => isPermitted).slice(0, MAX_STARTS);
    for (const facts of otherFacts) {
      const composers = this.#composersOf(this.#fullArgs(), facts);
      for (const assignment of [none, ...permitted.map((way) => way.assignment)]) this.#try(composers, assignment);
    }
    return { inputs: this.#seen.size, complete: this.#complete };
  }

  /** Nothing is permitted so far: what is refused in another way may be nearer to it. */
  #varyRefused(): void {
    const refused = [...this.#ways.values()].filter(({ assignment }) => assignment.size > 0);
    for (const { assignment } of refused.slice(0, MAX_REFUSED_STARTS)) this.#vary(assignment, MAX_COMBINATIONS_ON_TOP);
  }

  #vary(start: Assignment, maxCombinations: number): void {
    for (const dimension of this.dimensions.all) {
      for (const value of dimension.near) this.#try(this.#full, assign(start, [[dimension, value]]));
    }
    this.#combine(start, this.dimensions.groups, maxCombinations);
  }

  #combine(start: Assignment, groups: Dimensions["groups"], maxCombinations: number): void {
    for (const group of groups) {
      const combined = group.filter(({ main }) => main.length > 0);
      const sizes = combined.map(({ main }) => main.length);
      for (const choices of combine(sizes, maxCombinations)) {
        const chosen = combined.map((dimension, position): [Dimension, Value] => {
          return [dimension, dimension.main[choices[position] ?? 0] ?? null];
        });
        this.#try(this.#full, assign(start, chosen));
      }
    }
  }

  #try(composers: readonly ProbeComposer[], assignment: Assignment): void {
    if (this.#seen.size >= MAX_INPUTS) {
      this.#complete = false;
      return;
    }
    // policies that agree on the tool share a composer
    const composed = new Map<ProbeComposer, string>();
    for (const composer of composers) if (!composed.has(composer)) composed.set(composer, composer.compose(assignment));
    const texts = composers.map((composer) => composed.get(composer) ?? "");
    const name = [...composed.values()].join("\n");
    if (this.#seen.has(name)) return;
    this.#seen.add(name);
    const { way, isPermitted } = this.judge(texts);
    if (!this.#ways.has(way)) this.#ways.set(way, { assignment, isPermitted });
  }

  #composersOf(given: Draft, of: Facts = this.facts): readonly ProbeComposer[] {
    const byFacts = new Map<string, ProbeComposer>();
    return of.map((facts) => {
      const name = JSON.stringify(facts) ?? "";
      const composer = byFacts.get(name) ?? new ProbeComposer(this.target, facts, given);
      byFacts.set(name, composer);
      return composer;
    });
  }

  /** Every parameter that is known; where none is, those that rules read. */
  #fullArgs(): Draft {
    if (this.shape.fields.size > 0) return sampleOf(this.shape);
    const field = this.target.tool === undefined ? "params" : "args";
    const read = this.dimensions.places.filter(({ path }) => path[0] === field && !path.includes(null));
    return read.reduce((draft: Draft, { path, main }) => {
      const value = main.at(-2) ?? ABSENT; // in front of ABSENT: a plain one
      const next = value === ABSENT || path.length === 1 ? draft : put(draft, path.slice(1), value);
      return next === ABSENT ? draft : next;
    }, {});
  }

  /** All parameters but one, and one besides those that are required: for rules that look at which there are. */
  #oneFieldOff(): readonly Draft[] {
    const minimal = this.#minimal();
    return [...this.shape.fields].flatMap(([name, field]) => {
      const fewer = Object.fromEntries([...this.shape.fields].filter(([other]) => other !== name).map(sampleEntry));
      return field.required ? [fewer] : [fewer, { ...minimal, [name]: sampleOf(field) }];
    });
  }

  #minimal(): { readonly [name: string]: Draft } {
    const required = [...this.shape.fields].filter(([, field]) => field.required);
    return Object.fromEntries(required.map(sampleEntry));
  }
}

function sampleEntry([name, field]: readonly [string, Shape]): [string, Draft] {
  return [name, sampleOf(field)];
}

function assign(start: Assignment, chosen: readonly (readonly [Dimension, Value])[]): Assignment {
  const entries = chosen.map(([{ path }, value]) => [JSON.stringify(path), { path, value }] as const);
  return new Map([...start, ...entries]);
}

/** A tool that the catalogue lacks may be of any category. */
function categoriesOf(
  { catalogue }: ProbedPolicy,
  { server, tool }: Target,
): readonly ToolFacts["category"][] | undefined {
  const { category, definition } = describeTool(catalogue, server, tool ?? "");
  return definition.catalogued ? [category] : undefined;
}

/** What the catalogue knows of a tool's parameters, by name. */
export function readParameters(
  { catalogue }: Pick<ProbedPolicy, "catalogue">,
  { server, tool = "" }: Pick<Target, "server" | "tool">,
): ReadonlyMap<string, Shape> {
  const tools = catalogue[server]?.tools ?? {};
  const parameters: unknown = Object.hasOwn(tools, tool) ? tools[tool]?.parameters : undefined;
  if (typeof parameters !== "object" || parameters === null) return new Map();
  return new Map(Object.entries(parameters).map(([name, parameter]) => [name, readShape(parameter)]));
}
