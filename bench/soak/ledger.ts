// The ledger of a soak: what was sent, held against what the server carried out and what the gate wrote down, call by call. Pure.
// Calls are known by a key that client, server and log all have; an approved call is sent several times under one.

export const OUTCOMES = ["allowed", "refused", "failed"] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** One call as its client saw it. */
export type Attempt = {
  readonly key: string;
  readonly tool: string;
  /** The buckets that it takes from where it goes out. */
  readonly buckets: readonly string[];
  readonly outcome: Outcome;
  /** Refused or failed how, in few words. */
  readonly how: string;
  /** Unix time in milliseconds. */
  readonly sentMs: number;
  readonly endedMs: number;
};

/** A tool call that the server carried out. */
export type Effect = { readonly key: string; readonly tool: string; readonly atMs: number };

/** What the decision log says: of one call, or of what it lacks. */
export type Logged = {
  readonly lines: readonly { readonly key: string; readonly verdict: string }[];
  /** The gate did not end cleanly: calls of this time may be missing. */
  readonly windows: readonly { readonly fromMs: number; readonly toMs: number }[];
  /** Decisions that could not be written, as the log itself counts them. */
  readonly lost: number;
};

/** A token bucket: what it holds at most, and what flows back in a second. */
export type BucketSize = { readonly max: number; readonly perSecond: number };

export type Entries = {
  readonly attempts: readonly Attempt[];
  readonly effects: readonly Effect[];
  readonly logged: Logged;
  /** By the beginning of a bucket's name up to the colon. */
  readonly sizes: Readonly<Record<string, BucketSize>>;
  /** How often a person approved a call with this key. */
  readonly approvals: ReadonlyMap<string, number>;
};

export type BucketSum = {
  readonly kind: string;
  readonly buckets: number;
  readonly effects: number;
  /** What all of them may have let through at most. */
  readonly bound: number;
};

export type Ledger = {
  readonly outcomes: Readonly<Record<Outcome, number>>;
  /** How calls were refused or failed, the most frequent first. */
  readonly how: readonly (readonly [how: string, count: number])[];
  readonly effects: number;
  readonly lines: number;
  /** Calls that must have a line, have none, and went out in a window that the next start reported. */
  readonly inWindows: number;
  /** The same, outside of windows: no more than the log says that it lost. */
  readonly lost: number;
  /** Calls that were carried out and have no line, in windows or not. */
  readonly unlogged: number;
  readonly approved: { readonly effects: number; readonly approvals: number };
  readonly buckets: readonly BucketSum[];
  /** What must not be; empty where the ledger closes. */
  readonly findings: readonly string[];
};

const NEVER_CALLED = "denied";
const NEEDS_APPROVAL = "asks";
const MAX_FINDINGS = 50;
/** Rounding of one float for each take. */
const SLACK = 1e-6;

export function closeLedger(entries: Entries): Ledger {
  const { attempts, effects, logged, approvals } = entries;
  const findings: string[] = [];
  const find = (finding: string): void => void (findings.length < MAX_FINDINGS && findings.push(finding));
  const byKey = groupByKey(attempts);
  const effectsByKey = groupByKey(effects);
  const linesByKey = groupByKey(logged.lines);

  let [inWindows, lost, unlogged, approvedEffects] = [0, 0, 0, 0];
  for (const [key, sent] of byKey) {
    const done = effectsByKey.get(key)?.length ?? 0;
    const count = countOutcomes(sent);
    const { tool = "" } = sent[0] ?? {};
    const what = `${tool} ${key} (${sent.map(({ outcome, how }) => `${outcome}: ${how}`).join(", ")})`;
    if (done < count.allowed) find(`answered and not carried out: ${what}`);
    if (done > count.allowed + count.failed) find(`carried out ${done} times: ${what}`);
    if (tool === NEVER_CALLED && done > 0) find(`carried out though it is denied: ${what}`);
    if (tool === NEEDS_APPROVAL) {
      approvedEffects += done;
      const approved = approvals.get(key) ?? 0;
      if (done > approved) find(`carried out ${done} times on ${approved} approvals: ${what}`);
    }
    const lines = linesByKey.get(key) ?? [];
    if (lines.length > sent.length) find(`${lines.length} lines of the log: ${what}`);
    const out = lines.filter(({ verdict }) => verdict === "forward").length;
    const refusals = lines.length - out;
    if (refusals > count.refused + count.failed) find(`${refusals} lines say that it was refused: ${what}`);
    if (out > count.allowed + count.failed) find(`${out} lines say that it went out: ${what}`);
    // who failed may not have been heard; what was carried out, and what was refused, was judged
    unlogged += Math.max(0, done - out);
    const missing = Math.max(0, done - out) + Math.max(0, count.refused - refusals);
    if (missing === 0) continue;
    if (sent.some((attempt) => logged.windows.some((window) => overlaps(attempt, window)))) inWindows += missing;
    else lost += missing;
    if (lost > logged.lost) find(`no line of the log, and no window that was reported: ${what}`);
  }
  for (const key of effectsByKey.keys()) if (!byKey.has(key)) find(`carried out and never sent: ${key}`);
  for (const key of linesByKey.keys()) if (!byKey.has(key)) find(`a line of the log, and never sent: ${key}`);

  const buckets = sumBuckets(entries, effectsByKey, find);
  return {
    outcomes: countOutcomes(attempts),
    how: countBy(
      attempts.filter(({ outcome }) => outcome !== "allowed").map(({ outcome, how }) => `${outcome}: ${how}`),
    ),
    effects: effects.length,
    lines: logged.lines.length,
    inWindows,
    lost,
    unlogged,
    approved: { effects: approvedEffects, approvals: [...approvals.values()].reduce((sum, count) => sum + count, 0) },
    buckets,
    findings,
  };
}

function groupByKey<T extends { readonly key: string }>(items: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(item.key);
    if (group === undefined) groups.set(item.key, [item]);
    else group.push(item);
  }
  return groups;
}

function countOutcomes(attempts: readonly Attempt[]): Record<Outcome, number> {
  const count = { allowed: 0, refused: 0, failed: 0 };
  for (const { outcome } of attempts) count[outcome] += 1;
  return count;
}

function overlaps(attempt: Attempt, window: { readonly fromMs: number; readonly toMs: number }): boolean {
  return attempt.sentMs <= window.toMs && attempt.endedMs >= window.fromMs;
}

/**
 * At no time had a bucket let more through than it holds and what had flowed back since its first call was sent. Each take is
 * before its effect, so that holds for the time of effects too.
 */
function sumBuckets(
  { attempts, sizes }: Entries,
  effectsByKey: ReadonlyMap<string, readonly Effect[]>,
  find: (finding: string) => void,
): BucketSum[] {
  const byBucket = new Map<string, { sinceMs: number; atMs: number[] }>();
  for (const { key, buckets, sentMs } of attempts) {
    for (const name of buckets) {
      const bucket = byBucket.get(name) ?? { sinceMs: sentMs, atMs: [] };
      bucket.sinceMs = Math.min(bucket.sinceMs, sentMs);
      bucket.atMs.push(...(effectsByKey.get(key) ?? []).map(({ atMs }) => atMs));
      byBucket.set(name, bucket);
    }
  }
  const sums = new Map<string, { buckets: number; effects: number; bound: number }>();
  for (const [name, { sinceMs, atMs }] of byBucket) {
    const kind = name.slice(0, name.indexOf(":"));
    const size = sizes[kind];
    if (size === undefined) throw new Error(`there is no size of ${name}`);
    const boundAt = (ms: number): number => size.max + ((ms - sinceMs) / 1_000) * size.perSecond;
    atMs.sort((a, b) => a - b);
    for (const [index, ms] of atMs.entries()) {
      if (index + 1 <= boundAt(ms) + SLACK) continue;
      find(`the bucket ${name} let ${index + 1} calls through where it may ${boundAt(ms).toFixed(2)}`);
      break;
    }
    const sum = sums.get(kind) ?? { buckets: 0, effects: 0, bound: 0 };
    sum.buckets += 1;
    sum.effects += atMs.length;
    sum.bound += Math.floor(boundAt(atMs.at(-1) ?? sinceMs) + SLACK);
    sums.set(kind, sum);
  }
  return [...sums].map(([kind, sum]) => ({ kind, ...sum }));
}

function countBy(names: readonly string[]): (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]);
}
