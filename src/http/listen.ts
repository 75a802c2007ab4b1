// Serves an app on node's own server, and closes it without leaving anyone waiting.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { HttpBindings } from "@hono/node-server";
import type { Hono } from "hono";
import { formatListen, type Listen } from "../config/listen.ts";
import { Problem } from "../problem.ts";
import { createDrain } from "./drain.ts";
import type { DirectRoute } from "./mcp-route.ts";
import type { RelayRoute } from "./relay-route.ts";

export type Listening = {
  /** Base URL with the real port, without a slash at the end. */
  readonly url: string;
  /** From now on no connection is kept for a further request. */
  letGo(): void;
  /** Takes no more connections, ends streams, lets calls in flight finish for so long, then cuts what is left. */
  close(patienceMs?: number): Promise<void>;
};

const PATIENCE_MS = 2_000;

export type ListeningApp = Pick<Hono<{ Bindings: HttpBindings }>, "fetch"> & {
  /** Takes what it can before the app sees it. */
  readonly direct?: DirectRoute;
  /** Takes the connections that ask with CONNECT; without it they are closed. */
  readonly relay?: RelayRoute;
};

type Listener = (incoming: IncomingMessage, outgoing: ServerResponse) => unknown;

/** @throws Problem where the address can't be listened on */
export async function listen(app: ListeningApp, address: Listen): Promise<Listening> {
  const { direct, relay } = app;
  const drain = createDrain();
  let loading: Promise<Listener> | undefined;
  const answer = async (...exchange: Parameters<Listener>): Promise<void> => {
    loading ??= loadListener(app);
    await (await loading)(...exchange);
  };
  const server = createServer((incoming, outgoing) => {
    drain.begin(incoming, outgoing);
    if (direct?.(incoming, outgoing) !== true) answer(incoming, outgoing).catch(() => outgoing.destroy());
  });
  if (relay !== undefined)
    server.on("connect", (incoming, socket, sent) => {
      if (sent.length > 0) socket.unshift(sent);
      relay.take(incoming, socket);
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
    letGo() {
      drain.letGo();
      relay?.letGo();
    },
    async close(patienceMs = PATIENCE_MS) {
      await Promise.all([drain.stop(server, patienceMs), relay?.stop(patienceMs)]);
    },
  };
}

/** What makes a Request of node's reads node's own fetch, which is not needed before somebody asks for more than the direct route. */
async function loadListener({ fetch }: ListeningApp): Promise<Listener> {
  const { getRequestListener } = await import("@hono/node-server");
  return getRequestListener(fetch, { overrideGlobalObjects: false });
}
