// A stream of server-sent events that outlives its connections: what was last seen is asked for again, as MCP's resumable
// streams have it. How a connection is opened and what the messages mean is the relay's.
import { setTimeout as sleep } from "node:timers/promises";
import { createSseReader } from "../../mcp/sse.ts";
import type { GateAnswer } from "./gate-answer.ts";

const MAX_EVENT_BYTES = 67_108_864;
const FIRST_RETRY_MS = 1_000;
const LEAST_RETRY_MS = 10;
const MAX_RETRY_MS = 30_000;
/** A field stands alone or with little else; the data of a large event is not searched for it. */
const MAX_FIELDS_BYTES = 4_096;

export type Stream = {
  /** The connection that is there already; left out, one is opened. */
  readonly first?: GateAnswer;
  /** Opens a connection that begins after the event `lastEventId`, or with what is new. */
  readonly open: (lastEventId: string | undefined) => Promise<GateAnswer>;
  readonly deliver: (message: Buffer) => Promise<void>;
  /** Whether all that was wanted of the stream has come. */
  readonly isDone: () => boolean;
  readonly signal: AbortSignal;
  /** How many connections in a row may fail. */
  readonly maxFailures: number;
  /** True: a stream whose events have no ids ends with its connection. */
  readonly onlyResumable: boolean;
};

export type StreamEnd =
  | { readonly kind: "done" }
  /** A connection was answered with another status than 200, below 500; the body is unread. */
  | { readonly kind: "refused"; readonly answer: GateAnswer }
  | { readonly kind: "broken"; readonly problem: string };

type Position = { lastEventId: string | undefined; retryMs: number | undefined };

/** Reads the stream over as many connections as it takes. Rejects only where `signal` is aborted. */
export async function followStream(stream: Stream): Promise<StreamEnd> {
  const { signal, maxFailures, onlyResumable } = stream;
  const position: Position = { lastEventId: undefined, retryMs: undefined };
  let failures = 0;
  for (let next = stream.first; ; next = undefined) {
    try {
      const answer = next ?? (await stream.open(position.lastEventId));
      const { status } = answer;
      if (status === 200) {
        for await (const data of readMessages(answer, position)) await stream.deliver(Buffer.from(data));
        failures = 0;
      } else if (status < 500) return { kind: "refused", answer };
      else {
        answer.discard();
        failures += 1;
      }
    } catch {
      signal.throwIfAborted();
      failures += 1;
    }
    if (stream.isDone()) return { kind: "done" };
    if (onlyResumable && position.lastEventId === undefined)
      return { kind: "broken", problem: "the stream ended without the answer" };
    if (failures > maxFailures) return { kind: "broken", problem: "the stream broke off and can't be resumed" };
    await sleep(delayBefore(position, failures), undefined, { signal });
  }
}

/** The data of each message as it comes, `position` kept up to date. Ends with the connection; rejects where that breaks. */
async function* readMessages(answer: GateAnswer, position: Position): AsyncGenerator<string> {
  const reader = createSseReader(MAX_EVENT_BYTES);
  for await (const piece of answer.pieces()) {
    const { events, problem } = reader.push(piece);
    for (const { raw, id, data, event } of events) {
      if (id !== undefined) position.lastEventId = id === "" ? undefined : id;
      position.retryMs = readRetry(raw) ?? position.retryMs;
      if (data !== undefined && data !== "" && (event === undefined || event === "message")) yield data;
    }
    if (problem !== undefined) throw new Error(problem);
  }
}

function delayBefore({ retryMs }: Position, failures: number): number {
  return Math.min(Math.max(retryMs ?? FIRST_RETRY_MS, LEAST_RETRY_MS) * 2 ** Math.min(failures, 10), MAX_RETRY_MS);
}

function readRetry(raw: Uint8Array): number | undefined {
  if (raw.length > MAX_FIELDS_BYTES) return undefined;
  const digits = /^retry: ?(\d{1,9})\r?$/m.exec(Buffer.from(raw).toString("latin1"))?.[1];
  return digits === undefined ? undefined : Number(digits);
}
