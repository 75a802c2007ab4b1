// Several gates before one recording server, on one store; and load on all of them at once, over one session.
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startRedis } from "../store/redis-server.ts";
import { type Recording, startRecorder } from "./harness-fixtures.ts";
import { type Gate, startGate } from "./harness-gate.ts";
import { makeTempDir, whenDone } from "./harness-process.ts";
import { callBody, isToolError, messagesOf, post, textOf } from "./harness-wire.ts";

/** The rule `metered` of the fixtures' policy. */
export const METERED = { max: 20, windowSeconds: 20 };

export type Fleet = {
  readonly gates: readonly Gate[];
  readonly recorder: Recording;
  readonly redis: Awaited<ReturnType<typeof startRedis>>;
  /** Starts one more. */
  readonly add: (store?: Readonly<Record<string, unknown>>) => Promise<Gate>;
};

/** @param store what `store` says besides the url */
export async function startFleet(count: number, store: Readonly<Record<string, unknown>> = {}): Promise<Fleet> {
  const redis = await startRedis();
  whenDone(redis.remove);
  const recorder = await startRecorder("--sessions");
  const sessionKeyFile = join(makeTempDir(), "sessions.key");
  writeFileSync(sessionKeyFile, randomBytes(32), { mode: 0o600 });
  const add = (more: Readonly<Record<string, unknown>> = store) =>
    startGate({
      servers: { recorder: { url: recorder.url } },
      config: { sessionKeyFile, store: { url: redis.url, ...more } },
    });
  const gates = await Promise.all(Array.from({ length: count }, () => add()));
  return { gates, recorder, redis, add };
}

export type Ledger = {
  /** What the server was asked to do, by the answers that the client got. */
  allowed: number;
  limited: number;
  /** Refused since the store could not be asked. */
  failed: number;
  other: string[];
};

/** Calls the metered tool through all gates, so many at a time each, until `over` says so; the answers, counted. */
export async function load(
  gates: readonly Gate[],
  headers: Readonly<Record<string, string>>,
  over: () => boolean,
  atOnce = 4,
): Promise<Ledger> {
  const ledger: Ledger = { allowed: 0, limited: 0, failed: 0, other: [] };
  let id = 0;
  const caller = async (gate: Gate): Promise<void> => {
    while (!over()) {
      id += 1;
      const [answer] = await messagesOf(
        await post(gate.url("recorder"), callBody(id, "echo", { metered: true }), headers),
      );
      const text = textOf(answer);
      if (answer?.result !== undefined && !isToolError(answer)) ledger.allowed += 1;
      else if (text.startsWith("Rate limit:")) ledger.limited += 1;
      else if (text.includes("the limit step failed")) ledger.failed += 1;
      else ledger.other.push(text);
    }
  };
  await Promise.all(gates.flatMap((gate) => Array.from({ length: atOnce }, () => caller(gate))));
  return ledger;
}

/** The most that one bucket of `METERED` gives in so long a time. */
export function boundAfter(elapsedMs: number): number {
  return METERED.max + (elapsedMs / 1_000) * (METERED.max / METERED.windowSeconds);
}
