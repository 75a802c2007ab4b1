// How many calls each principal was allowed, by tool, category and label, in the last 24 hours: what `input.history` says. Counts
// are kept by the hour, so that each call counts for at least 24 hours and less than 25. Bounded: whoever goes beyond a bound has
// no history that could be told, and a policy that looks at it refuses. Its only clock is the time that it is given.
import type { Call, History, Verdict } from "../gate/types.ts";

export const KINDS = ["tools", "categories", "labels"] as const;
export type Kind = (typeof KINDS)[number];
/** `lacking`: something of that hour could not be counted, of this principal or, where it is EVERYONE, of one that has no history. */
export const KEPT_KINDS = [...KINDS, "lacking"] as const;
const EVERYONE = "";

/** What one principal did in one hour under one name. Hours count from 1970. */
export type HourCount = {
  readonly principal: string;
  readonly kind: (typeof KEPT_KINDS)[number];
  readonly name: string;
  readonly hour: number;
  /** So far. */
  readonly count: number;
};

export type HistoryOptions = {
  /** Names of one principal, over all kinds; 1,000 where it is left out. */
  readonly maxNamesPerPrincipal?: number;
  /** Names of all principals together; 100,000 where it is left out. */
  readonly maxNames?: number;
};

/** What a forwarded call counts as. */
export type Allowed = { readonly call: Call; readonly verdict: Verdict; readonly unixMs: number };

const HOURS = 24;
const HOUR_MS = 3_600_000;
const MAX_NAME_CHARACTERS = 512;
const NONE: History = { tools: {}, categories: {}, labels: {} };
/** What names no tool but reads (rego/regate/layers). */
const COUNTED_AS_READ = new Set(["resources/read", "prompts/get"]);

/** The count of one hour while it grows. */
type GrowingCount = HourCount & { count: number };

/** Counts by the hour, the oldest first. */
type Counted = GrowingCount[];

type Known = {
  readonly names: Record<Kind, Map<string, Counted>>;
  size: number;
  /** Told once, until a call or an hour changes it. */
  told: History | undefined;
  /** Something of the hours up to this one could not be counted. */
  lackingHour: number;
  /** Of the last hour of which something could not be counted. */
  lacking: HourCount | undefined;
};

/** The first hour that still counts. */
export function oldestHour(unixMs: number): number {
  return Math.floor(unixMs / HOUR_MS) - HOURS;
}

export class Histories {
  readonly #principals = new Map<string, Known>();
  readonly #maxNamesPerPrincipal: number;
  readonly #maxNames: number;
  #size = 0;
  #hour = 0;
  #lastTool = { server: "", tool: "", name: "" };
  /** Of those whose history can't be begun. */
  readonly #everyone: Pick<Known, "lacking"> = { lacking: undefined };
  /** Some principal's calls of the hours up to this one could not be counted. */
  #lackingHour = Number.NEGATIVE_INFINITY;

  constructor({ maxNamesPerPrincipal = 1_000, maxNames = 100_000 }: HistoryOptions = {}) {
    this.#maxNamesPerPrincipal = maxNamesPerPrincipal;
    this.#maxNames = maxNames;
  }

  /** @throws Error where more was done than is counted: what is told must not be less than what was */
  read(principal: string, unixMs: number): History {
    this.#turnTo(unixMs);
    const known = this.#principals.get(principal);
    if (known === undefined) {
      if (this.#isRecent(this.#lackingHour))
        throw new Error("too many principals have a history: this one's is not known");
      return NONE;
    }
    if (this.#isRecent(known.lackingHour)) {
      throw new Error(
        `the history of this principal holds more than ${this.#maxNamesPerPrincipal} names, or all do too many`,
      );
    }
    known.told ??= this.#tell(known);
    return known.told;
  }

  /** Counts a call that goes out. @returns the counts of this hour that it is part of; each is the same object until its hour is over */
  add({ call, verdict, unixMs }: Allowed): readonly HourCount[] {
    // the retry of a call that was counted
    if (call.continued === true) return [];
    this.#turnTo(unixMs);
    const { server, tool, method } = call;
    const category = verdict.facts?.category ?? (COUNTED_AS_READ.has(method) ? "Read" : undefined);
    const counts: HourCount[] = [];
    if (tool !== undefined) this.#add(call, "tools", this.#toolName(server, tool), counts);
    if (category !== undefined) this.#add(call, "categories", category, counts);
    for (const label of verdict.decision?.labels ?? []) this.#add(call, "labels", label, counts);
    return counts;
  }

  /** Takes up what was counted before a restart; what is too old is left out. */
  restore(counts: Iterable<HourCount>, unixMs: number): void {
    this.#turnTo(unixMs);
    for (const { principal, kind, name, hour, count } of [...counts].sort((a, b) => a.hour - b.hour)) {
      // a clock that was ahead: what was done then was done before now
      const then = Math.min(hour, this.#hour);
      if (!this.#isRecent(then)) continue;
      if (kind === "lacking") this.#lack(principal, then);
      else this.#count(principal, kind, name, then, count);
    }
    // whoever is at a bound may have gone beyond it
    if (this.#size >= this.#maxNames) this.#lackingHour = this.#hour;
    for (const known of this.#principals.values()) {
      if (known.size >= this.#maxNamesPerPrincipal || this.#size >= this.#maxNames) known.lackingHour = this.#hour;
    }
  }

  #lack(principal: string, hour: number): void {
    if (principal === EVERYONE) this.#lackingHour = Math.max(this.#lackingHour, hour);
    const known = principal === EVERYONE ? undefined : (this.#principals.get(principal) ?? this.#begin(principal));
    if (known !== undefined) known.lackingHour = Math.max(known.lackingHour, hour);
  }

  #add({ principal }: Call, kind: Kind, whole: string, counts: HourCount[]): void {
    const name = whole.length > MAX_NAME_CHARACTERS ? whole.slice(0, MAX_NAME_CHARACTERS) : whole;
    counts.push(this.#count(principal.id, kind, name, this.#hour, 1) ?? this.#lackingOf(principal.id));
  }

  #lackingOf(principal: string): HourCount {
    const known = this.#principals.get(principal) ?? this.#everyone;
    if (known.lacking?.hour === this.#hour) return known.lacking;
    const whose = known === this.#everyone ? EVERYONE : principal;
    known.lacking = { principal: whose, kind: "lacking", name: "", hour: this.#hour, count: 1 };
    return known.lacking;
  }

  /** The very same text for calls in a row. */
  #toolName(server: string, tool: string): string {
    const last = this.#lastTool;
    if (last.server === server && last.tool === tool) return last.name;
    const name = `${server}/${tool}`;
    this.#lastTool = { server, tool, name };
    return name;
  }

  #count(principal: string, kind: Kind, name: string, hour: number, more: number): HourCount | undefined {
    const known = this.#principals.get(principal) ?? this.#begin(principal);
    if (known === undefined) return undefined;
    const counted = known.names[kind].get(name) ?? this.#beginName(known, kind, name);
    if (counted === undefined) return undefined;
    known.told = undefined;
    const last = counted.at(-1);
    if (last?.hour === hour) {
      last.count += more;
      return last;
    }
    const begun = { principal, kind, name, hour, count: more };
    counted.push(begun);
    return begun;
  }

  #begin(principal: string): Known | undefined {
    if (this.#size >= this.#maxNames) {
      this.#lackingHour = this.#hour;
      return undefined;
    }
    const known: Known = {
      names: { tools: new Map(), categories: new Map(), labels: new Map() },
      size: 0,
      told: undefined,
      lackingHour: Number.NEGATIVE_INFINITY,
      lacking: undefined,
    };
    this.#principals.set(principal, known);
    return known;
  }

  #beginName(known: Known, kind: Kind, name: string): Counted | undefined {
    if (known.size >= this.#maxNamesPerPrincipal || this.#size >= this.#maxNames) {
      known.lackingHour = this.#hour;
      return undefined;
    }
    const counted: Counted = [];
    known.names[kind].set(name, counted);
    known.size += 1;
    this.#size += 1;
    return counted;
  }

  #tell({ names }: Known): History {
    const sum = (counted: Counted): number => counted.reduce((total, { count }) => total + count, 0);
    const sums = (kind: Kind): Record<string, number> => {
      // without a prototype, so that a name such as __proto__ is a name
      const told: Record<string, number> = Object.create(null);
      for (const [name, counted] of names[kind]) told[name] = sum(counted);
      return told;
    };
    return { tools: sums("tools"), categories: sums("categories"), labels: sums("labels") };
  }

  #isRecent(hour: number): boolean {
    return hour >= this.#hour - HOURS;
  }

  /** A clock that is set back changes nothing. */
  #turnTo(unixMs: number): void {
    const hour = Math.floor(unixMs / HOUR_MS);
    if (hour <= this.#hour) return;
    this.#hour = hour;
    const oldest = this.#hour - HOURS;
    for (const [principal, known] of this.#principals) {
      known.told = undefined;
      for (const kind of KINDS) {
        for (const [name, counted] of known.names[kind]) {
          while (counted[0] !== undefined && counted[0].hour < oldest) counted.shift();
          if (counted.length > 0) continue;
          known.names[kind].delete(name);
          known.size -= 1;
          this.#size -= 1;
        }
      }
      if (known.size === 0 && !this.#isRecent(known.lackingHour)) this.#principals.delete(principal);
    }
  }
}
