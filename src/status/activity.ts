// What the gate did in the last day, minute by minute, and in which sessions: counted for the console, read by nobody else.
// Bounded: minutes, tools, sessions and names each have a bound, and what is beyond it is counted without its name.
import type { Judged } from "../gate/gate.ts";
import type { Call, Outcome, Verdict } from "../gate/types.ts";
import { addLatency, createLatencies, type Latencies } from "./latency.ts";

export type VerdictKind = Outcome["kind"];

export type Minute = {
  /** When it began, Unix time in milliseconds. */
  readonly unixMs: number;
  /** By kind of verdict; on an observed server what would have become of the call. */
  readonly verdicts: ReadonlyMap<VerdictKind, number>;
  /** Of judging, without calls that waited for a person. */
  readonly latencies: Latencies;
};

export type RefusedTool = {
  readonly server: string;
  /** The method of what names no tool. */
  readonly tool: string;
  readonly verdicts: ReadonlyMap<VerdictKind, number>;
  readonly total: number;
};

export type SessionActivity = {
  readonly server: string;
  readonly session: string;
  readonly principal: string;
  readonly firstUnixMs: number;
  readonly lastUnixMs: number;
  readonly calls: number;
  readonly refused: number;
};

export interface Activity {
  count(judged: Judged): void;
  /** Those since then in which something was judged, the oldest first. */
  minutes(sinceUnixMs: number): readonly Minute[];
  /** Of the last day, the most refused first. */
  refusedTools(count: number): readonly RefusedTool[];
  /** The one that was heard of last comes first. */
  sessions(): readonly SessionActivity[];
  /** @returns what ends the listening */
  onCount(listener: () => void): () => void;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Of one hour. */
const MAX_REFUSED_TOOLS = 300;
const MAX_SESSIONS = 2_000;
const MAX_NAME_CHARS = 400;

type SessionName = Pick<Call, "server" | "session" | "principal">;
type Changing<T> = { -readonly [K in keyof T]: T[K] };
type CountingMinute = Minute & { readonly verdicts: Map<VerdictKind, number> };
type RefusedHour = Map<string, { server: string; tool: string; verdicts: Map<VerdictKind, number> }>;

export function createActivity(unixMs: () => number): Activity {
  /** By when they began; the oldest first. */
  const minutes = new Map<number, CountingMinute>();
  const hours = new Map<number, RefusedHour>();
  const sessions = new Map<string, Changing<SessionActivity>>();
  const listeners = new Set<() => void>();
  /** The session that was heard of last: most calls come from the same one as the call before. */
  let newest: { readonly call: SessionName; readonly row: Changing<SessionActivity> } | undefined;

  function minuteOf(now: number): CountingMinute {
    const start = now - (now % MINUTE_MS);
    const known = minutes.get(start);
    if (known !== undefined) return known;
    dropBefore(minutes, now - DAY_MS - MINUTE_MS);
    const fresh = { unixMs: start, verdicts: new Map(), latencies: createLatencies() };
    minutes.set(start, fresh);
    return fresh;
  }

  function countRefused(now: number, { call }: Judged, kind: VerdictKind): void {
    const start = now - (now % HOUR_MS);
    let hour = hours.get(start);
    if (hour === undefined) {
      dropBefore(hours, now - DAY_MS - HOUR_MS);
      hour = new Map();
      hours.set(start, hour);
    }
    const [server, tool] = [call.server, (call.tool ?? call.method).slice(0, MAX_NAME_CHARS)];
    const key = JSON.stringify([server, tool]);
    const row = hour.get(key) ?? { server, tool, verdicts: new Map() };
    if (!hour.has(key) && hour.size >= MAX_REFUSED_TOOLS) return;
    hour.set(key, row);
    row.verdicts.set(kind, (row.verdicts.get(kind) ?? 0) + 1);
  }

  function countSession(now: number, { call }: Judged, isRefused: boolean): void {
    if (newest === undefined || !isSameSession(newest.call, call)) {
      const { server, session, principal } = call;
      newest = { call: { server, session, principal }, row: rowOf(now, call) };
    }
    const { row } = newest;
    row.lastUnixMs = now;
    row.calls += 1;
    if (isRefused) row.refused += 1;
  }

  /** Puts it last. */
  function rowOf(now: number, { server, session, principal }: Call): Changing<SessionActivity> {
    const key = JSON.stringify([server, principal.id, session]);
    const row = sessions.get(key) ?? {
      server,
      session: session.slice(0, MAX_NAME_CHARS),
      principal: principal.id.slice(0, MAX_NAME_CHARS),
      firstUnixMs: now,
      lastUnixMs: now,
      calls: 0,
      refused: 0,
    };
    sessions.delete(key);
    sessions.set(key, row);
    const [quietest] = sessions.size > MAX_SESSIONS ? sessions.keys() : [];
    if (quietest !== undefined) sessions.delete(quietest);
    return row;
  }

  return {
    count(judged) {
      const now = unixMs();
      const kind = kindOf(judged.verdict);
      const minute = minuteOf(now);
      minute.verdicts.set(kind, (minute.verdicts.get(kind) ?? 0) + 1);
      if (judged.verdict.decision?.action !== "require_approval") addLatency(minute.latencies, judged.judgedNs);
      if (kind !== "forward") countRefused(now, judged, kind);
      countSession(now, judged, kind !== "forward");
      for (const listener of listeners) listener();
    },
    minutes: (since) => [...minutes.values()].filter((minute) => minute.unixMs + MINUTE_MS > since),
    refusedTools(count) {
      const rows = new Map<string, RefusedTool & { verdicts: Map<VerdictKind, number> }>();
      for (const [start, hour] of hours) {
        if (start + HOUR_MS <= unixMs() - DAY_MS) continue;
        for (const [key, row] of hour) rows.set(key, addRow(rows.get(key), row));
      }
      return [...rows.values()].sort((a, b) => b.total - a.total).slice(0, count);
    },
    sessions: () => [...sessions.values()].reverse(),
    onCount(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function isSameSession(one: SessionName, other: SessionName): boolean {
  return one.session === other.session && one.server === other.server && one.principal.id === other.principal.id;
}

/** On a server that is observed, what would have become of the call. */
function kindOf(verdict: Verdict): VerdictKind {
  return verdict.kind === "forward" ? (verdict.instead?.kind ?? "forward") : verdict.kind;
}

function addRow(
  known: RefusedTool | undefined,
  { server, tool, verdicts }: Omit<RefusedTool, "total">,
): RefusedTool & { verdicts: Map<VerdictKind, number> } {
  const sum = new Map(known?.verdicts);
  for (const [kind, count] of verdicts) sum.set(kind, (sum.get(kind) ?? 0) + count);
  return { server, tool, verdicts: sum, total: [...sum.values()].reduce((total, count) => total + count, 0) };
}

function dropBefore(byStart: Map<number, unknown>, unixMs: number): void {
  for (const start of byStart.keys()) {
    if (start >= unixMs) return;
    byStart.delete(start);
  }
}
