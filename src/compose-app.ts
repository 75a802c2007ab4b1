// The routes of a gate but for its MCP endpoints' own, set on its parts: read and made at the first request that wants one.
import { type ConsoleOptions, composeConsole } from "./compose-console.ts";
import { type AppParts, createApp } from "./http/app.ts";
import { createMetricsApi, type MetricsApiParts } from "./http/metrics-api.ts";

export type ComposedApp = Omit<AppParts, "metrics" | "console"> & {
  readonly metrics: MetricsApiParts;
  readonly console: ConsoleOptions;
};

export function composeApp({ metrics, console, ...parts }: ComposedApp): ReturnType<typeof createApp> {
  return createApp({ ...parts, metrics: createMetricsApi(metrics), console: composeConsole(console) });
}
