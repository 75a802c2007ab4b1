// What a soak found, as a ledger for people, and whether it closes. Pure.
import type { Ledger, Logged } from "./ledger.ts";
import { type Growth, growthOf, type Trend, type Trends } from "./memory.ts";

export type GateReport = {
  readonly name: string;
  readonly count: {
    readonly starts: number;
    readonly kills: number;
    readonly stops: number;
    readonly reloads: number;
    readonly refusedStarts: number;
  };
  readonly ledger: Ledger;
  readonly logged: Logged;
  readonly verified: { readonly isClean: boolean; readonly said: string };
};

export type SoakReport = {
  readonly seed: number;
  readonly loadSeconds: number;
  readonly faults: ReadonlyMap<string, number>;
  readonly untried: readonly string[];
  readonly gates: readonly GateReport[];
  readonly findings: readonly string[];
  /** Of the gate that was never killed. */
  readonly memory: Trends | undefined;
  readonly files: { readonly before: number; readonly after: number } | undefined;
  readonly streams:
    | { readonly wanted: number; readonly opened: number; readonly left: number; readonly problem: string | undefined }
    | undefined;
};

/** Shorter runs say nothing of a slope. */
const JUDGED_FROM_SECONDS = 300;
/** From then on it must be known that memory is flat: chance is no excuse any more. */
const KNOWN_FROM_SECONDS = 1_800;
/** MiB a minute. The allocator gives back when it likes, so the process may grow by more than what its program holds. */
const MOST_GROWTH = { held: 1, resident: 3 } as const;
/** Connections to the server that are kept for the next call, and the like. */
const FILES_THAT_MAY_STAY = 16;
const SHOWN_HOW = 12;

/** All that keeps the ledger from closing. */
export function findingsOf({ gates, findings, memory, files, streams, loadSeconds }: SoakReport): string[] {
  const found = [...findings];
  for (const { name, ledger, logged, verified, count } of gates) {
    found.push(...ledger.findings.map((finding) => `${name}: ${finding}`));
    if (!verified.isClean) found.push(`${name}: regate log verify: ${verified.said.trim()}`);
    if (name === "durable" && ledger.unlogged > 0)
      found.push(`${name}: ${ledger.unlogged} calls went out without a line`);
    if (count.kills === 0 && logged.windows.length > 0) found.push(`${name}: was not killed, and reports a window`);
  }
  for (const what of ["held", "resident"] as const) {
    const growth = memory === undefined ? "flat" : growthIn(memory, what);
    const slope = memory === undefined ? "" : describeSlope(memory[what]);
    if (loadSeconds >= JUDGED_FROM_SECONDS && growth === "grows") found.push(`memory (${what}) grows: ${slope}`);
    if (loadSeconds >= KNOWN_FROM_SECONDS && growth === "unknown")
      found.push(`memory (${what}) is not known to be flat: ${slope}`);
  }
  const idle = streams?.opened ?? 0;
  if (files !== undefined && files.after > files.before + FILES_THAT_MAY_STAY)
    found.push(`${files.after} files are open, where ${files.before} were before the load`);
  if (streams !== undefined && streams.left < idle)
    found.push(`of ${idle} idle streams ${streams.left} are open still`);
  return found;
}

export function describeSoak(report: SoakReport): string {
  const { seed, loadSeconds, faults, untried, gates, memory, files, streams } = report;
  const found = findingsOf(report);
  const lines = [
    `regate soak: seed ${seed}, ${Math.round(loadSeconds)} s of load and faults, node ${process.version}`,
    "",
    ...table(gates),
    "",
    ...gates.flatMap(({ name, ledger }) =>
      ledger.buckets.map(
        ({ kind, buckets, effects, bound }) =>
          `limits   ${name}: ${effects} effects through ${count(buckets, "bucket")} per ${kind}, which may let ${bound} through`,
      ),
    ),
    ...gates.map(
      ({ name, ledger: { approved } }) =>
        `approved ${name}: ${approved.effects} effects on ${approved.approvals} approvals`,
    ),
    ...gates.map(
      ({ name, ledger: { how } }) =>
        `not allowed, ${name}: ${how
          .slice(0, SHOWN_HOW)
          .map(([what, times]) => `${what} ${times}`)
          .join(", ")}`,
    ),
    ...(memory === undefined
      ? []
      : [describeMemory("resident", memory, loadSeconds), describeMemory("held", memory, loadSeconds)]),
    ...(files === undefined ? [] : [`files    ${files.before} open before the load, ${files.after} after it`]),
    ...(streams === undefined
      ? []
      : [
          `streams  ${streams.opened} of ${streams.wanted} idle ones opened, ${streams.left} open at the end${streams.problem === undefined ? "" : ` (${streams.problem})`}`,
        ]),
    `faults   ${[...faults].map(([name, times]) => `${name} ${times}`).join(", ")}`,
    ...untried.map((what) => `NOT TRIED: ${what}`),
    "",
    ...found.map((finding) => `FOUND: ${finding}`),
    found.length === 0
      ? "The ledger closes."
      : `The ledger does not close: ${count(found.length, "finding")}; again with SEED=${seed}`,
  ];
  return lines.join("\n");
}

const GROWTHS: Readonly<Record<Growth, string>> = {
  flat: "flat",
  grows: "GROWS",
  unknown: "NOT KNOWN to be flat: a longer run can tell",
};

function growthIn(memory: Trends, what: keyof Trends): Growth {
  return growthOf(memory[what], MOST_GROWTH[what]);
}

function describeMemory(what: keyof Trends, memory: Trends, loadSeconds: number): string {
  const miB = (value: number): string => value.toFixed(1);
  const { first, last, most } = memory[what];
  const judged = loadSeconds < JUDGED_FROM_SECONDS ? "too short a run to judge" : GROWTHS[growthIn(memory, what)];
  return `${what.padEnd(8)} steady, after warm-up: ${miB(first)} MiB, then ${miB(last)}, at most ${miB(most)}; slope ${describeSlope(memory[what])}, at most ${MOST_GROWTH[what]} allowed: ${judged}`;
}

function describeSlope({ slope, from, to, points, samples }: Trend): string {
  return `${slope.toFixed(2)} MiB a minute (90 %: ${from.toFixed(2)} to ${to.toFixed(2)}; least of each half minute, ${points} of ${samples} samples)`;
}

function table(gates: readonly GateReport[]): string[] {
  const rows: readonly (readonly [string, (gate: GateReport) => number | string])[] = [
    ["calls sent", ({ ledger: { outcomes } }) => outcomes.allowed + outcomes.refused + outcomes.failed],
    ["  = allowed", ({ ledger }) => ledger.outcomes.allowed],
    ["  + refused", ({ ledger }) => ledger.outcomes.refused],
    ["  + failed", ({ ledger }) => ledger.outcomes.failed],
    ["effects at the server", ({ ledger }) => ledger.effects],
    ["  at least (allowed)", ({ ledger }) => ledger.outcomes.allowed],
    ["  at most (+ failed)", ({ ledger }) => ledger.outcomes.allowed + ledger.outcomes.failed],
    ["lines of the log", ({ ledger }) => ledger.lines],
    ["  missing, in reported windows", ({ ledger }) => ledger.inWindows],
    ["  missing, counted as lost", ({ ledger }) => ledger.lost],
    ["  missing otherwise", ({ ledger, logged }) => Math.max(0, ledger.lost - logged.lost)],
    ["carried out without a line", ({ ledger }) => ledger.unlogged],
    ["windows reported", ({ logged }) => logged.windows.length],
    ["  seconds in them", ({ logged }) => sumSeconds(logged.windows).toFixed(1)],
    ["kill -9", ({ count: { kills } }) => kills],
    ["clean ends", ({ count: { stops } }) => stops],
    ["starts refused", ({ count: { refusedStarts } }) => refusedStarts],
    ["regate log verify", ({ verified }) => (verified.isClean ? "clean" : "NOT CLEAN")],
  ];
  const cell = (text: string): string => text.padStart(12);
  return [
    `${"".padEnd(34)}${gates.map(({ name }) => cell(name)).join("")}`,
    ...rows.map(([title, of]) => `${title.padEnd(34)}${gates.map((gate) => cell(String(of(gate)))).join("")}`),
  ];
}

function sumSeconds(windows: Logged["windows"]): number {
  return windows.reduce((sum, { fromMs, toMs }) => sum + (toMs - fromMs) / 1_000, 0);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
