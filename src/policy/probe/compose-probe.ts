// Puts an input together for one target: what the gate would fill in by itself, arguments, and what is to be tried at single
// places. Only what a gate could send comes out: a catalogued tool has the category that its catalogue gives it, an hour has a
// weekday. Pure.
import { CATEGORIES, RISK_OF, type ToolFacts } from "../../gate/types.ts";
import type { Path } from "../conditions.ts";
import { inputTimeOf } from "../input.ts";
import { ABSENT, type Draft, isList, isRecord, put, type Value, write } from "./draft.ts";
import type { Target } from "./targets.ts";

/** By the JSON text of the path. */
export type Assignment = ReadonlyMap<string, { readonly path: Path; readonly value: Value }>;

const SEVERITIES = ["low", "medium", "high", "critical"];
const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
/** A Monday at noon. */
const NOON_MS = Date.UTC(2026, 10, 2, 12);
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** Composes inputs that differ from one plain input at a few places: what stays as it is is written once. */
export class ProbeComposer {
  readonly #plain: Readonly<Record<string, Draft>>;
  readonly #texts: Readonly<Record<string, string>>;

  /**
   * @param facts what a policy's catalogue says of the tool; undefined for a method
   * @param given the args of a tool, the params of a method
   */
  constructor(
    { server, tool, method, direction }: Target,
    private readonly facts: ToolFacts | undefined,
    given: Draft,
  ) {
    this.#plain = {
      server,
      ...(tool !== undefined && { tool }),
      ...(facts !== undefined && { ...facts, definition: { ...facts.definition } }),
      method,
      direction,
      session: "probe",
      principal: { id: "local", groups: [], claims: {} },
      history: { tools: {}, categories: {}, labels: {} },
      time: { ...inputTimeOf(NOON_MS, "UTC") },
      [tool === undefined ? "params" : "args"]: given,
    };
    this.#texts = Object.fromEntries(Object.entries(this.#plain).map(([field, draft]) => [field, write(draft)]));
  }

  compose(assignment: Assignment): string {
    const changed = new Map<string, Draft>();
    // what lies deeper goes into what was put above it
    const entries = [...assignment.values()].sort((a, b) => a.path.length - b.path.length);
    for (const { path, value } of entries) {
      const [field] = path;
      if (typeof field !== "string" || field === "time" || !mayVary(field, this.facts)) continue;
      const next = put(changed.get(field) ?? this.#plain[field], path.slice(1), value);
      if (next === ABSENT) continue;
      changed.set(field, next);
      if (field === "category" && isCategory(next)) changed.set("risk", RISK_OF[next]);
    }
    const times = entries.filter(({ path }) => path[0] === "time");
    if (times.length > 0) changed.set("time", composeTime(times));
    const texts = { ...this.#texts };
    for (const [field, draft] of changed) texts[field] = write(draft);
    return `{${Object.entries(texts)
      .map(([field, text]) => `"${field}":${text}`)
      .join(",")}}`;
  }
}

/** Whether a gate could send that value at that place of some input. */
export function isPossible(path: Path, value: Value): boolean {
  const [field, key] = path;
  switch (field) {
    case "args":
    case "params":
      return path.length > 1 || (value !== ABSENT && isRecord(value));
    case "session":
      return typeof value === "string";
    case "category":
      return isCategory(value);
    case "severity":
      return SEVERITIES.some((severity) => severity === value);
    case "definition":
      return key === "changed" && typeof value === "boolean";
    case "principal":
      return isPossiblePrincipal(path, value);
    case "history":
      return path.length === 3 && (value === ABSENT || (Number.isInteger(value) && Number(value) >= 0));
    case "time":
      return path.length === 2 && isPossibleTime(key, value);
    default:
      return false;
  }
}

/** What a catalogue fixes, the caller can't vary. */
function mayVary(field: string, facts: ToolFacts | undefined): boolean {
  if (field === "category" || field === "severity") return facts?.definition.catalogued === false;
  if (field === "definition") return facts?.definition.catalogued === true;
  return true;
}

function isPossiblePrincipal([, key, ...rest]: Path, value: Value): boolean {
  if (key === "id") return rest.length === 0 && typeof value === "string" && value !== "";
  if (key === "claims") return rest.length > 0;
  if (key !== "groups") return false;
  if (rest.length === 1) return typeof value === "string";
  return rest.length === 0 && value !== ABSENT && isList(value) && value.every((group) => typeof group === "string");
}

function isPossibleTime(key: string | null | undefined, value: Value): boolean {
  switch (key) {
    case "unix":
      return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= 8.64e12;
    case "hour":
      return Number.isInteger(value) && Number(value) >= 0 && Number(value) < 24;
    case "weekday":
      return WEEKDAYS.some((day) => day === value);
    case "rfc3339":
      return typeof value === "string" && value.length > 1;
    default:
      return false;
  }
}

/** One moment, as far as there is one: an hour and a weekday choose it in one week, or in the week behind `unix`. */
function composeTime(times: readonly { readonly path: Path; readonly value: Value }[]): Draft {
  const chosen = new Map(times.map(({ path, value }) => [path[1], value]));
  const unix = chosen.get("unix");
  const hour = chosen.get("hour");
  const weekday = WEEKDAYS.indexOf(String(chosen.get("weekday")));
  const moment = NOON_MS + Math.max(weekday, 0) * DAY_MS + (typeof hour === "number" ? hour - 12 : 0) * HOUR_MS;
  const time = inputTimeOf(
    typeof unix === "number" ? nextMoment(unix * 1_000, typeof hour === "number" ? hour : undefined, weekday) : moment,
    "UTC",
  );
  const text = chosen.get("rfc3339");
  return { ...time, ...(typeof text === "string" && { rfc3339: text }) };
}

/** @param weekday from Monday, -1 for any */
function nextMoment(fromMs: number, hour: number | undefined, weekday: number): number {
  const hours = hour === undefined ? 0 : (hour - new Date(fromMs).getUTCHours() + 24) % 24;
  const thenMs = fromMs + hours * HOUR_MS;
  const days = weekday < 0 ? 0 : (weekday + 1 - new Date(thenMs).getUTCDay() + 7) % 7;
  return thenMs + days * DAY_MS;
}

function isCategory(value: Value): value is (typeof CATEGORIES)[number] {
  return CATEGORIES.some((category) => category === value);
}
