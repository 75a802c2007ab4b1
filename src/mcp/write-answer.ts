// Whole answers in one write.
import type { OutgoingHttpHeaders, ServerResponse } from "node:http";

/** @param text the JSON body */
export function writeJson(
  outgoing: ServerResponse,
  status: number,
  text: string,
  headers: OutgoingHttpHeaders = {},
): void {
  outgoing.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    ...headers,
  });
  outgoing.end(text);
}

export function writeEmpty(outgoing: ServerResponse, status: number, headers: OutgoingHttpHeaders = {}): void {
  outgoing.writeHead(status, status === 204 ? headers : { "content-length": "0", ...headers });
  outgoing.end();
}
