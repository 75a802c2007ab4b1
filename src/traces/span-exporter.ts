// Sends spans to a collector by OTLP over HTTP, in batches and in the background. It never waits for the collector in the way of a
// call: what does not fit into its queue, or is not taken in time, is counted and gone.
import { setTimeout as sleep } from "node:timers/promises";
import { encodeSpans, type Resource } from "./otlp.ts";
import type { Span } from "./span.ts";

export type ExporterOptions = {
  /** Where spans are POSTed. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly resource: Resource;
  /** How long one try may take. */
  readonly timeoutMs: number;
  /** How long a span may wait for others. */
  readonly delayMs: number;
  readonly maxQueued: number;
  readonly maxBatch: number;
  /** The gate's own log. */
  readonly log: (line: string, level?: "info") => void;
  /** How long to wait before each further try; 1 to 8 s where it is not given. */
  readonly pausesMs?: readonly number[];
  /** How long a close may take; 3 s where it is not given. */
  readonly closeMs?: number;
};

export interface SpanExporter {
  add(span: Span): void;
  /** Spans that no collector got, since the start. */
  lost(): number;
  /** Tries once more to send what waits, for a moment; gives the rest up. */
  close(): Promise<void>;
}

type Sent = { readonly kind: "taken" } | { readonly kind: "failed"; readonly problem: string; readonly again: boolean };

const PAUSES_MS = [1_000, 2_000, 4_000, 8_000];
const CLOSE_MS = 3_000;
/** What OTLP says to try again. */
const TRY_AGAIN: ReadonlySet<number> = new Set([429, 502, 503, 504]);

export function createSpanExporter(options: ExporterOptions): SpanExporter {
  const { resource, delayMs, maxQueued, maxBatch, pausesMs = PAUSES_MS, closeMs = CLOSE_MS, log } = options;
  /** Of the first, no further try is waited for; of the second, none goes on. */
  const closing = new AbortController();
  const over = new AbortController();
  let waiting: Span[] = [];
  let timer: NodeJS.Timeout | undefined;
  let sending: Promise<void> | undefined;
  let lost = 0;
  /** How many were lost when the collector was heard of last; undefined while it takes them. */
  let failingSince: number | undefined;

  /** Sends until less than a batch waits; at the end, until nothing does. */
  async function drain(): Promise<void> {
    while (waiting.length > 0 && !over.signal.aborted) {
      const batch = waiting.slice(0, maxBatch);
      waiting = waiting.slice(maxBatch);
      await deliver(batch);
      if (waiting.length < maxBatch && !closing.signal.aborted) break;
    }
  }

  async function deliver(batch: readonly Span[]): Promise<void> {
    const body = encodeSpans(batch, resource);
    let sent = await post(options, body, over.signal);
    for (const pauseMs of pausesMs) {
      if (sent.kind === "taken" || !sent.again || closing.signal.aborted) break;
      await sleep(pauseMs, undefined, { ref: false, signal: closing.signal }).catch(() => {});
      sent = await post(options, body, over.signal);
    }
    if (sent.kind === "failed") fail(batch.length, sent.problem);
    else if (failingSince !== undefined) {
      log(`traces: the collector takes spans again; ${lost - failingSince} were lost meanwhile`, "info");
      failingSince = undefined;
    }
  }

  function fail(spans: number, problem: string): void {
    if (failingSince === undefined) {
      failingSince = lost;
      log(`traces: ${spans} spans are lost, and further ones until the collector takes them: ${problem}`);
    }
    lost += spans;
  }

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    sending ??= drain()
      .catch((error: unknown) => log(`traces: internal error: ${String(error)}`))
      .finally(() => {
        sending = undefined;
        if (waiting.length > 0) arm();
      });
  }

  function arm(): void {
    if (sending === undefined) timer ??= setTimeout(flush, delayMs).unref();
  }

  return {
    add(span) {
      if (closing.signal.aborted || waiting.length >= maxQueued) {
        lost += 1;
        return;
      }
      waiting.push(span);
      if (waiting.length >= maxBatch) flush();
      else arm();
    },
    lost: () => lost,
    async close() {
      closing.abort();
      const end = setTimeout(() => over.abort(), closeMs);
      await sending;
      flush();
      await sending;
      clearTimeout(timer);
      clearTimeout(end);
      if (waiting.length > 0) fail(waiting.splice(0).length, "it took too long at the end");
    },
  };
}

async function post({ url, headers, timeoutMs }: ExporterOptions, body: Uint8Array, over: AbortSignal): Promise<Sent> {
  try {
    const answer = await fetch(url, {
      method: "POST",
      headers: { ...headers, "content-type": "application/x-protobuf" },
      body,
      // a redirect could lead the credentials anywhere
      redirect: "manual",
      signal: AbortSignal.any([over, AbortSignal.timeout(timeoutMs)]),
    });
    // whatever it says besides its status
    await answer.body?.cancel();
    if (answer.ok) return { kind: "taken" };
    const problem = `it answered with HTTP status ${answer.status}`;
    return { kind: "failed", problem, again: TRY_AGAIN.has(answer.status) };
  } catch (error) {
    return { kind: "failed", problem: describe(error), again: true };
  }
}

/** The cause that fetch hides. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return "it did not answer in time";
  if (error.name === "AbortError") return "it took too long at the end";
  const { cause } = error;
  return cause instanceof Error ? cause.message : error.message;
}
