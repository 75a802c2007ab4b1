// The bare forwarder: node:http and undici's dispatch, no policy, nothing parsed. The floor that a gate in Node can reach.
// Takes the upstream's URL as its argument, prints its own.
import { createServer, type ServerResponse } from "node:http";
import { type Dispatcher, Pool } from "undici";

const upstream = new URL(process.argv[2] ?? "");
const pool = new Pool(upstream.origin, { pipelining: 1 });

class Relay implements Dispatcher.DispatchHandler {
  constructor(readonly outgoing: ServerResponse) {}
  onRequestStart(): void {}
  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: NodeJS.Dict<string | string[]>): void {
    const { connection, "keep-alive": keepAlive, ...kept } = headers;
    this.outgoing.writeHead(status, kept);
  }
  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.outgoing.write(chunk);
  }
  onResponseEnd(): void {
    this.outgoing.end();
  }
  onResponseError(): void {
    this.outgoing.destroy();
  }
}

const server = createServer((incoming, outgoing) => {
  const chunks: Buffer[] = [];
  incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
  incoming.on("end", () => {
    const { host, connection, "content-length": length, ...headers } = incoming.headers;
    const body = Buffer.concat(chunks);
    const method = incoming.method === "POST" ? "POST" : "GET";
    pool.dispatch(
      { method, path: upstream.pathname, headers, body: method === "POST" ? body : null },
      new Relay(outgoing),
    );
  });
});

server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  console.log(`http://127.0.0.1:${address.port}${upstream.pathname}`);
});
