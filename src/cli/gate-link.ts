// HTTP from a command to the running gate: each request on a connection of its own, on which the gate has proven itself first.
// Redirects are not followed. Knows no JSON-RPC.
import { type IncomingMessage, request } from "node:http";
import { type RunningGate, reachableUrl } from "../config/running-gate.ts";
import { connectToGate } from "./gate-connection.ts";

const MAX_BODY_BYTES = 67_108_864;

export type Outgoing = {
  readonly method: "POST" | "GET" | "DELETE";
  /** On the gate, with its slash. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly signal: AbortSignal;
};

/**
 * Gives the answer's head; its body is still to be read. Nothing of `outgoing` is sent before the gate has proven itself.
 * @throws StrangerError where it is not the gate; Error where there is no answer
 */
export async function send(
  gate: RunningGate,
  { method, path, headers, body, signal }: Outgoing,
): Promise<IncomingMessage> {
  const agent = await connectToGate(gate, signal);
  const outgoing = request(`${reachableUrl(gate)}${path}`, {
    method,
    headers: { ...headers, connection: "close" },
    agent,
    signal,
  });
  return new Promise((resolve, reject) => {
    outgoing.once("response", resolve);
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** @throws Error where the connection ends before the body does, or the body is longer than anything a gate sends */
export function readBody(answer: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    answer.on("data", (chunk: Buffer) => {
      length += chunk.length;
      chunks.push(chunk);
      if (length > MAX_BODY_BYTES) answer.destroy(new Error(`the answer is longer than ${MAX_BODY_BYTES} bytes`));
    });
    answer.once("end", () => resolve(Buffer.concat(chunks, length)));
    answer.once("error", reject);
    answer.once("close", () => reject(new Error("the connection ended before the answer did")));
    if (answer.closed) reject(answer.errored ?? new Error("the connection ended before the answer was read"));
  });
}
