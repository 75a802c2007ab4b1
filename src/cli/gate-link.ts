// HTTP from a command to the running gate, on a connection on which the gate has proven itself first: one of its own for each
// request, or one that was kept for a moment. Redirects are not followed. Knows no JSON-RPC.
import { type Agent, type IncomingMessage, request } from "node:http";
import { type RunningGate, reachableUrl } from "../config/running-gate.ts";
import { connectToGate, type ProvenConnections } from "./gate-connection.ts";

const MAX_BODY_BYTES = 67_108_864;

export type Sent = {
  /** Resolves once the request is with the operating system, or has failed; never rejects. */
  readonly handedOver: Promise<void>;
  /** The answer's head; its body is still to be read. Rejects where there is none, StrangerError where it is not the gate. */
  readonly answer: Promise<IncomingMessage>;
};

export type Outgoing = {
  readonly method: "POST" | "GET" | "DELETE";
  /** On the gate, with its slash. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly signal: AbortSignal;
};

/**
 * As send, on a kept connection where there is one, which is kept again.
 * @param locate finds the gate where a connection must be opened; undefined where none runs
 */
export function sendKept(
  connections: ProvenConnections,
  locate: () => RunningGate | undefined,
  outgoing: Outgoing,
): Sent {
  const kept = connections.take();
  if (kept !== undefined) return sendThrough(kept.agent, kept.gate, outgoing, connections);
  const gate = locate();
  if (gate === undefined) return { handedOver: Promise.resolve(), answer: Promise.reject(new Error("no gate runs")) };
  return send(gate, outgoing, connections);
}

/** Nothing of `outgoing` is sent before the gate has proven itself. */
export function send(gate: RunningGate, outgoing: Outgoing, connections?: ProvenConnections): Sent {
  const onItsWay = connectToGate(gate, outgoing.signal).then((agent) =>
    sendThrough(agent, gate, outgoing, connections),
  );
  return {
    handedOver: onItsWay.then(
      ({ handedOver }) => handedOver,
      () => {},
    ),
    answer: onItsWay.then(({ answer }) => answer),
  };
}

function sendThrough(
  agent: Agent,
  gate: RunningGate,
  { method, path, headers, body, signal }: Outgoing,
  connections: ProvenConnections | undefined,
): Sent {
  const ending = connections === undefined ? { connection: "close" } : {};
  const outgoing = request({ ...addressOf(gate), path, method, headers: { ...headers, ...ending }, agent });
  // not as an option of the request: node then watches the streams for their ends as well, at the cost of another request
  const abort = (): void => void outgoing.destroy(new Error("it was given up"));
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort);
  outgoing.once("close", () => signal.removeEventListener("abort", abort));
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once("response", (incoming) => {
      // node lets go of the connection in the turn in which the answer ends
      if (connections !== undefined) incoming.once("end", () => setImmediate(() => connections.keep(agent, gate)));
      resolve(incoming);
    });
    outgoing.on("error", reject);
  });
  const handedOver = new Promise<void>((resolve) => {
    outgoing.once("finish", resolve);
    outgoing.once("close", resolve);
  });
  outgoing.end(body);
  return { handedOver, answer };
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

type Address = { readonly protocol: string; readonly hostname: string; readonly port: string };

/** By gate: most requests go to the same one. */
const addresses = new WeakMap<RunningGate, Address>();

function addressOf(gate: RunningGate): Address {
  const known = addresses.get(gate);
  if (known !== undefined) return known;
  const { protocol, hostname, port } = new URL(reachableUrl(gate));
  // a name of a socket has no brackets
  const address = { protocol, hostname: hostname.replace(/^\[(.*)\]$/, "$1"), port };
  addresses.set(gate, address);
  return address;
}

/** The media type, lower-case, without parameters. */
export function mediaTypeOf(answer: IncomingMessage): string {
  return (answer.headers["content-type"] ?? "").split(";", 1).join("").trim().toLowerCase();
}
