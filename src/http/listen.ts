// Serves an app on node's own server, and closes it without leaving anyone waiting.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener, type HttpBindings } from "@hono/node-server";
import type { Hono } from "hono";
import { formatListen, type Listen } from "../config/listen.ts";
import { Problem } from "../problem.ts";
import { createDrain } from "./drain.ts";
import type { DirectRoute } from "./mcp-route.ts";

export type Listening = {
  /** Base URL with the real port, without a slash at the end. */
  readonly url: string;
  /** From now on no connection is kept for a further request. */
  letGo(): void;
  /** Takes no more connections, ends streams, lets calls in flight finish for so long, then cuts what is left. */
  close(patienceMs?: number): Promise<void>;
};

const PATIENCE_MS = 2_000;

/** `direct` takes what it can before the app sees it. */
export type ListeningApp = Hono<{ Bindings: HttpBindings }> & { readonly direct?: DirectRoute };

/** @throws Problem where the address can't be listened on */
export async function listen(app: ListeningApp, address: Listen): Promise<Listening> {
  const { direct } = app;
  const answer = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const drain = createDrain();
  const server = createServer((incoming, outgoing) => {
    drain.begin(incoming, outgoing);
    if (direct?.(incoming, outgoing) !== true) void answer(incoming, outgoing);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) =>
      reject(
        new Problem([
          `listen: ${formatListen(address)} can't be used (${error.message}); choose another with --port N, or listen in the configuration`,
        ]),
      ),
    );
    server.listen(address.port, address.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${formatListen({ host: address.host, port })}`,
    letGo: drain.letGo,
    close: (patienceMs = PATIENCE_MS) => drain.stop(server, patienceMs),
  };
}
