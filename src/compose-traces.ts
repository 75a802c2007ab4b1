// The gate's spans, set on an exporter. Loaded only where a collector is configured; opened and closed by the composition root.
import { randomBytes } from "node:crypto";
import type { ServerConfig } from "./config/server-schema.ts";
import type { TracesConfig } from "./config/traces-env.ts";
import type { Tracing } from "./mcp/tracing.ts";
import { createTracing } from "./traces/call-trace.ts";
import { createSampler } from "./traces/sampler.ts";
import { createSpanExporter } from "./traces/span-exporter.ts";

export type TracesParts = {
  readonly traces: TracesConfig;
  readonly version: string;
  /** UUID of this run of the gate. */
  readonly instance: string;
  readonly log: (line: string, level?: "info") => void;
};

export type RunningTraces = {
  readonly traceServer: (server: ServerConfig) => Tracing;
  /** Spans that no collector got. */
  lost(): number;
  /** Sends what waits, for a moment. */
  close(): Promise<void>;
};

const NAME = "regate";

export function composeTraces({ traces, version, instance, log }: TracesParts): RunningTraces {
  const { url, headers, timeoutMs, delayMs, maxQueued, maxBatch } = traces;
  const attributes = {
    "service.instance.id": instance,
    "service.version": version,
    ...traces.resource,
    "service.name": traces.serviceName,
    "telemetry.sdk.name": NAME,
    "telemetry.sdk.language": "nodejs",
    "telemetry.sdk.version": version,
  };
  const exporter = createSpanExporter({
    url,
    headers,
    timeoutMs,
    delayMs,
    maxQueued,
    maxBatch,
    resource: { attributes, scope: NAME, version },
    log,
  });
  const sampler = createSampler(traces.sampler);
  return {
    traceServer: (server) =>
      createTracing({
        server: { catalogue: server.catalogue, url: server.kind === "http" ? new URL(server.url) : undefined },
        sampler,
        add: exporter.add,
        unixMs: Date.now,
        monotonicMs: () => performance.now(),
        newId,
      }),
    lost: exporter.lost,
    close: exporter.close,
  };
}

function newId(bytes: number): string {
  const id = randomBytes(bytes).toString("hex");
  return /[^0]/.test(id) ? id : newId(bytes);
}
