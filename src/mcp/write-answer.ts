// Whole answers in one write.
import type { OutgoingHttpHeaders } from "node:http";
import type { Outgoing } from "./outgoing.ts";

/** @param text the JSON body */
export function writeJson(outgoing: Outgoing, status: number, text: string, headers: OutgoingHttpHeaders = {}): void {
  outgoing.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    ...headers,
  });
  outgoing.end(text);
}

const ONE_WRITE_BYTES = 65_536;

/**
 * Ends an answer whose head is written. Node puts head and body into one piece where the body is a text, and a text of Latin-1 is
 * any bytes as they are.
 */
export function endWith(outgoing: Outgoing, body: Uint8Array): void {
  if (body.length > ONE_WRITE_BYTES) outgoing.end(body);
  else outgoing.end(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("latin1"), "latin1");
}

export function writeEmpty(outgoing: Outgoing, status: number, headers: OutgoingHttpHeaders = {}): void {
  outgoing.writeHead(status, status === 204 ? headers : { "content-length": "0", ...headers });
  outgoing.end();
}
