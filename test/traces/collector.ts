// A collector of spans: an HTTP server that keeps what is POSTed to it and answers as it is told to, and OpenTelemetry's own
// classes (in Python) to read it.
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { z } from "zod";

const ROOT = resolve(import.meta.dirname, "../..");

export type Received = { readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: Buffer };

export type Collector = {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly received: Received[];
  /** Resolves when so many requests have come. */
  until(requests: number): Promise<void>;
  close(): Promise<void>;
};

/** @param answer says what each request gets, by its number from 0; 200 where it is left out */
export async function startCollector(
  answer: (response: ServerResponse, request: number) => void = (response) => void response.end(),
): Promise<Collector> {
  const received: Received[] = [];
  const waiting = new Set<() => void>();
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    received.push({ path: request.url ?? "", headers: request.headers, body });
    answer(response, received.length - 1);
    for (const look of waiting) look();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    until: (requests) =>
      new Promise((done) => {
        const look = (): void => {
          if (received.length < requests) return;
          waiting.delete(look);
          done();
        };
        waiting.add(look);
        look();
      }),
    async close() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

const DECODED = z.object({
  resource: z.record(z.string(), z.unknown()),
  scope: z.tuple([z.string(), z.string()]),
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string(),
  traceState: z.string(),
  flags: z.int(),
  name: z.string(),
  kind: z.string(),
  startUnixNs: z.string().transform(BigInt),
  endUnixNs: z.string().transform(BigInt),
  attributes: z.record(z.string(), z.unknown()),
  links: z.array(z.object({ traceId: z.string(), spanId: z.string(), traceState: z.string(), flags: z.int() })),
  status: z.string(),
});
export type DecodedSpan = z.infer<typeof DECODED>;

/** All spans of some export requests. @throws where one is not OTLP in protobuf */
export function decodeSpans(bodies: readonly Uint8Array[]): DecodedSpan[] {
  const python = join(ROOT, ".venv/bin/python");
  const input = bodies.map((body) => Buffer.from(body).toString("base64")).join("\n");
  const printed = execFileSync(python, [join(ROOT, "test/fixtures/decode-spans.py")], { input, encoding: "utf8" });
  return printed
    .split("\n")
    .filter((line) => line !== "")
    .flatMap((line) => z.array(DECODED).parse(JSON.parse(line)));
}
