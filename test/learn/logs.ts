// Decision logs as the gate writes them, of calls that a test names.
import type { Call, Outcome } from "../../src/gate/types.ts";
import { toLogLine } from "../../src/log/log-line.ts";
import { makeEvent } from "../log/events.ts";

const CONTEXT = { labels: { id: "gate-1", version: "0.1.0" }, maskedKeys: new Set<string>() };
/** A Monday, at noon. */
export const START_MS = Date.parse("2026-11-02T12:00:00Z");

export type Logged = {
  readonly server?: string;
  readonly tool: string;
  readonly args?: unknown;
  readonly session?: string;
  /** Seconds after the first. */
  readonly at?: number;
  readonly outcome?: Outcome;
  readonly call?: Partial<Call>;
  readonly redact?: readonly string[];
  readonly category?: "Read" | "Write" | "Destructive";
};

export function toLog(calls: readonly Logged[]): string {
  return calls
    .map(
      (
        { server = "files", tool, args = {}, session = "s-1", at = 0, outcome, call, redact = [], category = "Read" },
        index,
      ) => {
        const event = makeEvent({
          id: `decision-${index}`,
          args,
          call: { server, tool, session, ...call },
          facts: { category },
          decision: { redact },
          ...(outcome !== undefined && { outcome }),
          startedUnixMs: START_MS + at * 1_000,
        });
        return `${toLogLine(event, CONTEXT)}\n`;
      },
    )
    .join("");
}

/** So many calls, one each so many seconds. */
export function many(count: number, make: (index: number) => Logged, everySeconds = 100): readonly Logged[] {
  return Array.from({ length: count }, (_, index) => ({ at: index * everySeconds, ...make(index) }));
}
