// Who has taken the port of a gate that was killed: it answers whatever it is asked, as `answer` says, and keeps what came.
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { whenDone } from "../e2e/harness-process.ts";

export type Impostor = {
  readonly url: string;
  /** Each request, as `GET /readyz`. */
  readonly asked: readonly string[];
  /** Every Authorization header that came. */
  readonly keys: readonly string[];
  /** How often it was connected to. */
  readonly connections: () => number;
};

/** @param port that of the gate it stands for; 0 for a free one */
export async function startImpostor(
  port: number,
  answer: (incoming: IncomingMessage, outgoing: ServerResponse) => void | Promise<void>,
): Promise<Impostor> {
  const asked: string[] = [];
  const keys: string[] = [];
  let connections = 0;
  const server = createServer((incoming, outgoing) => {
    asked.push(`${incoming.method} ${incoming.url?.split("?", 1).join("")}`);
    if (incoming.headers.authorization !== undefined) keys.push(incoming.headers.authorization);
    void answer(incoming, outgoing);
  });
  server.on("connection", () => {
    connections += 1;
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  whenDone(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port: own } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${own}`, asked, keys, connections: () => connections };
}
