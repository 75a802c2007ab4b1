// Counts what the gate decides on one server, since the gate started. Bounded: sessions are remembered for an hour, and so
// many of them. It counts what is recorded, and changes nothing.
import type { Gate } from "../gate/gate.ts";
import type { Call, Verdict } from "../gate/types.ts";

export type Counts = {
  /** How many requests became what; on a server that is observed, what they would have become. By the kind of outcome. */
  readonly verdicts: Readonly<Record<string, number>>;
  /** How many of them went out only because the server is observed. */
  readonly letThrough: number;
  /** Sessions that were heard of in the last hour. */
  readonly sessions: number;
  readonly lastUnixMs: number | undefined;
};

export interface Tally {
  count(call: Call, verdict: Verdict): void;
  read(): Counts;
}

const SESSION_MS = 3_600_000;
const MAX_SESSIONS = 10_000;

export function createTally(unixMs: () => number): Tally {
  const verdicts = new Map<string, number>();
  /** When each was heard of last; the one that is quiet for longest comes first. */
  const sessions = new Map<string, number>();
  let letThrough = 0;
  let lastUnixMs: number | undefined;
  let lastSession: string | undefined;

  return {
    count({ session }, verdict) {
      const instead = verdict.kind === "forward" ? verdict.instead : undefined;
      const { kind } = instead ?? verdict;
      verdicts.set(kind, (verdicts.get(kind) ?? 0) + 1);
      if (instead !== undefined) letThrough += 1;
      lastUnixMs = unixMs();
      if (session !== lastSession) sessions.delete(session);
      lastSession = session;
      sessions.set(session, lastUnixMs);
      const [quietest] = sessions.size > MAX_SESSIONS ? sessions.keys() : [];
      if (quietest !== undefined) sessions.delete(quietest);
    },
    read() {
      for (const [session, heardUnixMs] of sessions) {
        if (heardUnixMs > unixMs() - SESSION_MS) break;
        sessions.delete(session);
      }
      return { verdicts: Object.fromEntries(verdicts), letThrough, sessions: sessions.size, lastUnixMs };
    },
  };
}

/** The same gate, with each of its verdicts counted. */
export function countVerdicts(gate: Gate, tally: Tally): Gate {
  return {
    ...gate,
    judge(call, waiter) {
      const judging = gate.judge(call, waiter);
      if (!(judging instanceof Promise)) return counted(call, judging);
      return judging.then((verdict) => counted(call, verdict));
    },
  };

  function counted(call: Call, verdict: Verdict): Verdict {
    tally.count(call, verdict);
    return verdict;
  }
}
