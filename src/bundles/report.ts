// Tells a configured service what became of the bundle, as OPA tells it: JSON by POST after each try, the newest state only.
// What it answers changes nothing here; while it can't be reached, it is tried again, less and less often.
import { setTimeout as sleep } from "node:timers/promises";
import type { StatusService } from "../config/bundle-schema.ts";
import { describeFetchError } from "./download.ts";
import type { BundleStatus } from "./status.ts";

/** What OPA's status plugin sends. */
export type StatusUpdate = {
  readonly labels: Readonly<Record<string, string>>;
  readonly bundles: Readonly<Record<string, BundleStatus>>;
  readonly plugins: Readonly<Record<string, { readonly state: "OK" | "NOT_READY" | "ERROR" }>>;
};

export type ReportOptions = StatusService & {
  readonly update: () => StatusUpdate;
  readonly log: (line: string) => void;
  /** Before each further try; the last one for all that follow. */
  readonly pausesMs?: readonly number[];
};

export interface Report {
  /** There is something new to tell. */
  changed(): void;
  close(): Promise<void>;
}

const TIMEOUT_MS = 10_000;
const PAUSES_MS = [1_000, 5_000, 30_000, 120_000];

export function createReport({ url, token, update, log, pausesMs = PAUSES_MS }: ReportOptions): Report {
  const closing = new AbortController();
  let isNew = false;
  let telling: Promise<void> | undefined;
  let lastProblem: string | undefined;

  /** Why it could not be told; undefined where it was. */
  async function post(): Promise<string | undefined> {
    try {
      const answer = await fetch(url, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify(update()),
        redirect: "manual",
        signal: AbortSignal.any([closing.signal, AbortSignal.timeout(TIMEOUT_MS)]),
      });
      await answer.body?.cancel();
      return answer.ok ? undefined : `it answered with HTTP status ${answer.status}`;
    } catch (error) {
      return describeFetchError(error);
    }
  }

  async function tell(): Promise<void> {
    let failures = 0;
    while (isNew && !closing.signal.aborted) {
      isNew = false;
      const problem = await post();
      if (closing.signal.aborted) return;
      if (problem !== undefined && problem !== lastProblem) log(`status: its service could not be told: ${problem}`);
      lastProblem = problem;
      if (problem === undefined) {
        failures = 0;
        continue;
      }
      isNew = true;
      const pauseMs = pausesMs[Math.min(failures, pausesMs.length - 1)];
      failures += 1;
      await sleep(pauseMs, undefined, { signal: closing.signal }).catch(() => undefined);
    }
    telling = undefined;
  }

  return {
    changed() {
      isNew = true;
      telling ??= tell();
    },
    async close() {
      closing.abort();
      await telling;
    },
  };
}
