// Reads a request's body whole, bounded, and refuses what a second reader could read otherwise: another media type,
// another charset, an encoding.
import type { IncomingMessage } from "node:http";
import type { Incoming } from "./outgoing.ts";

export type Body =
  | { readonly kind: "read"; readonly bytes: Uint8Array }
  | { readonly kind: "refused"; readonly status: 413 | 415; readonly problem: string }
  /** The client went away before the body was whole. */
  | { readonly kind: "gone" };

/** Longer is no type that anyone sends, and the pattern takes quadratic time on blanks. */
const MAX_TYPE_CHARS = 1_024;
const JSON_TYPE = /^application\/json[ \t]*(;[ \t]*charset[ \t]*=[ \t]*(?:utf-8|"utf-8")[ \t]*)?;?[ \t]*$/i;

/** @param maxBytes the longest body that is read; one byte more is refused with 413 */
export async function readJsonBody(incoming: Incoming, maxBytes: number): Promise<Body> {
  const type = incoming.headers["content-type"];
  if (type !== "application/json" && (type === undefined || type.length > MAX_TYPE_CHARS || !JSON_TYPE.test(type))) {
    return { kind: "refused", status: 415, problem: "Content-Type must be application/json, in UTF-8" };
  }
  const encoding = incoming.headers["content-encoding"];
  if (encoding !== undefined && encoding.toLowerCase() !== "identity") {
    return {
      kind: "refused",
      status: 415,
      problem: "Content-Encoding is not accepted on requests: send the body as it is",
    };
  }
  const tooLong: Body = { kind: "refused", status: 413, problem: `the body is longer than ${maxBytes} bytes` };
  if ("framed" in incoming) {
    const { body } = incoming;
    return body === undefined || body.length > maxBytes ? tooLong : { kind: "read", bytes: body };
  }
  if (Number(incoming.headers["content-length"] ?? 0) > maxBytes) return tooLong;
  return collect(incoming, maxBytes, tooLong);
}

function collect(incoming: IncomingMessage, maxBytes: number, tooLong: Body): Promise<Body> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    function take(chunk: Buffer): void {
      length += chunk.length;
      chunks.push(chunk);
      if (length <= maxBytes) return;
      incoming.off("data", take);
      incoming.pause();
      resolve(tooLong);
    }
    incoming.on("data", take);
    incoming.on("end", () => resolve({ kind: "read", bytes: Buffer.concat(chunks, length) }));
    incoming.on("close", () => resolve({ kind: "gone" }));
  });
}
