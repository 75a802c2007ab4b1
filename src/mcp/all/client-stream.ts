// A stream towards a client of all servers on which the gate speaks for them: that of a GET, or of subscriptions/listen. Bounded: a
// client that does not read is disconnected.
import type { OutgoingHttpHeaders } from "node:http";
import { atExpiry } from "../expiry.ts";
import type { Outgoing } from "../outgoing.ts";
import { writeEvent } from "../sse.ts";
import { KEEP_ALIVE_MS, STREAM_HEADERS } from "../stdio-streams.ts";

/** Unread beyond this, the client is gone. */
const MAX_UNREAD_BYTES = 4_194_304;

export interface ClientStream {
  send(text: string): void;
  /** Resolves when the client is gone. */
  readonly over: Promise<void>;
  end(): void;
}

/** Begins the answer. @param expiresUnixMs when what proved the client's principal does so no longer: it ends then */
export function openClientStream(
  outgoing: Outgoing,
  headers: OutgoingHttpHeaders,
  expiresUnixMs: number | undefined,
): ClientStream {
  outgoing.on("error", () => {});
  outgoing.writeHead(200, { ...STREAM_HEADERS, ...headers });
  outgoing.flushHeaders();
  const write = (bytes: string | Uint8Array): void => {
    if (outgoing.destroyed) return;
    outgoing.write(bytes);
    if (outgoing.writableLength > MAX_UNREAD_BYTES) outgoing.destroy();
  };
  const keepAlive = setInterval(() => write(": keepalive\n\n"), KEEP_ALIVE_MS).unref();
  const endExpiry = atExpiry(expiresUnixMs, () => outgoing.destroy());
  const over = new Promise<void>((resolve) => {
    outgoing.once("close", () => {
      clearInterval(keepAlive);
      endExpiry();
      resolve();
    });
    if (outgoing.closed) resolve();
  });
  return {
    send: (text) => write(writeEvent({ data: text, event: "message" })),
    over,
    end: () => {
      if (!outgoing.destroyed) outgoing.end();
    },
  };
}
