// Serves an app on node's own server, and closes it without leaving anyone waiting.
import type { AddressInfo } from "node:net";
import { createAdaptorServer, type HttpBindings } from "@hono/node-server";
import type { Hono } from "hono";
import { formatListen, type Listen } from "../config/listen.ts";
import { Problem } from "../problem.ts";

export type Listening = {
  /** Base URL with the real port, without a slash at the end. */
  readonly url: string;
  /** Takes no more requests, lets those in flight finish for `DRAIN_MS`, then cuts what is left (streams). */
  close(): Promise<void>;
};

const DRAIN_MS = 2_000;

/** @throws Problem where the address can't be listened on */
export async function listen(app: Hono<{ Bindings: HttpBindings }>, address: Listen): Promise<Listening> {
  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false });
  if (!("closeAllConnections" in server)) throw new Error("an HTTP/1 server was expected");
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
