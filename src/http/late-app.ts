// What answers a gate's requests: the direct route, which most take, that of relays, and the routes of the app, which are made at the first request
// that wants one. What they are made of (Hono, and what stands for fetch's Request and Response in node) takes a good part of a
// start to read, and no call of a tool needs it.
import type { ListeningApp } from "./listen.ts";
import { createDirectRoute } from "./mcp-route.ts";
import { createRelayRoute, type RelayRouteParts } from "./relay-route.ts";

/** @param load makes the app; asked once */
export function createLateApp(
  parts: RelayRouteParts,
  load: () => Promise<Pick<ListeningApp, "fetch">>,
): Required<ListeningApp> {
  let loading: ReturnType<typeof load> | undefined;
  return {
    direct: createDirectRoute(parts),
    relay: createRelayRoute(parts),
    async fetch(...request) {
      loading ??= load();
      return (await loading).fetch(...request);
    },
  };
}
