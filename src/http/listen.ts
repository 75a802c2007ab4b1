// Serves an app on node's own server, and closes it without leaving anyone waiting.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener, type HttpBindings } from "@hono/node-server";
import type { Hono } from "hono";
import { formatListen, type Listen } from "../config/listen.ts";
import { Problem } from "../problem.ts";
import type { DirectRoute } from "./mcp-route.ts";

export type Listening = {
  /** Base URL with the real port, without a slash at the end. */
  readonly url: string;
  /** Takes no more requests, lets those in flight finish for `DRAIN_MS`, then cuts what is left (streams). */
  close(): Promise<void>;
};

const DRAIN_MS = 2_000;

/** `direct` takes what it can before the app sees it. */
export type ListeningApp = Hono<{ Bindings: HttpBindings }> & { readonly direct?: DirectRoute };

/** @throws Problem where the address can't be listened on */
export async function listen(app: ListeningApp, address: Listen): Promise<Listening> {
  const { direct } = app;
  const answer = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const server = createServer((incoming, outgoing) => {
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
    close: () =>
      new Promise((resolve) => {
        const cut = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
        server.close(() => {
          clearTimeout(cut);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}
