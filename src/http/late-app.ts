// What answers a gate's requests: the direct route, which most take, and the routes of the app, which are made at the first request
// that wants one. What they are made of (Hono, and what stands for fetch's Request and Response in node) takes a good part of a
// start to read, and no call of a tool needs it.
import type { ListeningApp } from "./listen.ts";
import { createDirectRoute, type McpRouteParts } from "./mcp-route.ts";

/** @param load makes the app; asked once */
export function createLateApp(
  parts: McpRouteParts,
  load: () => Promise<Pick<ListeningApp, "fetch">>,
): Required<ListeningApp> {
  let loading: ReturnType<typeof load> | undefined;
  return {
    direct: createDirectRoute(parts),
    async fetch(...request) {
      loading ??= load();
      return (await loading).fetch(...request);
    },
  };
}
