// The one connection between a relay and the running gate: opened with CONNECT where the gate has proven itself, and carrying every
// request in frames, side by side. Where it ends, what was under way has failed, and the next request opens another one.
import { type Agent, request } from "node:http";
import type { Duplex } from "node:stream";
import { z } from "zod";
import { type RunningGate, reachableUrl } from "../../config/running-gate.ts";
import { RELAY_TARGET, SERVER_HEADER } from "../../http/relay-route.ts";
import { FRAME, type Frame, FrameReader, FrameWriter, headReader } from "../../mcp/frames.ts";
import { messageOf } from "../../problem.ts";
import { connectToGate } from "../gate-connection.ts";
import { GateAnswer } from "./gate-answer.ts";

/** Longer is nothing that a gate sends. */
const MAX_BODY_BYTES = 67_108_864;
const MAX_EXCHANGES = 0xffff_ffff;
const MAX_REFUSAL_BYTES = 65_536;
const GIVEN_UP = "it was given up";
const CLOSED = "it closed the connection";

export type GateLineOptions = {
  /** The gate that runs now; undefined where none does. */
  readonly locate: () => RunningGate | undefined;
  /** The server's key in the configuration; undefined: all of them. */
  readonly server: string | undefined;
  readonly authorization: string | undefined;
};

export type Outgoing = {
  readonly method: "POST" | "GET" | "DELETE";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Aborted, it gives the request up. */
  readonly signal?: AbortSignal;
};

export type Sent = {
  /** Resolves once the request is on its way, or has failed; never rejects. Undefined where it is on its way already. */
  readonly handedOver: Promise<void> | undefined;
  /** Rejects where there is no answer, StrangerError where it is not the gate. */
  readonly answer: Promise<GateAnswer>;
  /** Nobody waits for the answer any more. */
  readonly giveUp: () => void;
};

type Exchange = {
  readonly resolve: (answer: GateAnswer) => void;
  readonly reject: (error: Error) => void;
  /** Nobody can give it up any more. */
  readonly over: (() => void) | undefined;
  answer: GateAnswer | undefined;
};
type Opened =
  | { readonly kind: "open"; readonly line: Line }
  | { readonly kind: "refused"; readonly answer: GateAnswer };

const headSchema = z.object({ status: z.number(), type: z.string().optional(), session: z.string().optional() });

export class GateLine {
  readonly #options: GateLineOptions;
  readonly #closed = new AbortController();
  /** The one that takes requests, and those on which answers are still to come. */
  #line: Line | undefined;
  readonly #lines = new Set<Line>();
  #opening: Promise<Opened> | undefined;

  constructor(options: GateLineOptions) {
    this.#options = options;
  }

  send(outgoing: Outgoing): Sent {
    if (this.#line?.isOpen === true) return this.#line.send(outgoing);
    const opening = this.#open();
    let sent: Sent | undefined;
    let isGivenUp = false;
    const answer = opening.then((opened) => {
      if (isGivenUp) throw new Error(GIVEN_UP);
      if (opened.kind === "refused") return opened.answer;
      sent = opened.line.send(outgoing);
      return sent.answer;
    });
    const handedOver = opening.then(
      () => undefined,
      () => undefined,
    );
    const giveUp = (): void => {
      isGivenUp = true;
      sent?.giveUp();
    };
    return { handedOver, answer, giveUp };
  }

  /** Holds the gate up until what it sent has been passed on. */
  pause(): void {
    for (const line of this.#lines) line.pause();
  }

  resume(): void {
    for (const line of this.#lines) line.resume();
  }

  close(): void {
    this.#closed.abort();
    for (const line of this.#lines) line.close();
  }

  /** Whoever sends meanwhile waits for the same one. */
  #open(): Promise<Opened> {
    this.#opening ??= this.#connect().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #connect(): Promise<Opened> {
    const { locate, server, authorization } = this.#options;
    const gate = locate();
    if (gate === undefined) throw new Error("no gate runs");
    const agent = await connectToGate(gate, this.#closed.signal);
    const headers = {
      ...(server !== undefined && { [SERVER_HEADER]: server }),
      ...(authorization !== undefined && { authorization }),
    };
    const { status, socket } = await connect(gate, agent, headers);
    if (status !== 200) return { kind: "refused", answer: await readRefusal(status, socket) };
    const line = new Line(socket);
    this.#line = line;
    this.#lines.add(line);
    socket.once("close", () => this.#lines.delete(line));
    return { kind: "open", line };
  }
}

class Line {
  /** False where it has ended, or takes no more requests. */
  isOpen = true;
  readonly #socket: Duplex;
  readonly #writer: FrameWriter;
  readonly #exchanges = new Map<number, Exchange>();
  readonly #readHead = headReader((head) => headSchema.parse(head));
  #next = 1;
  #lastHead: { readonly of: Outgoing["headers"] | undefined; readonly method: string; readonly text: string } = {
    of: undefined,
    method: "",
    text: "",
  };

  constructor(socket: Duplex) {
    this.#socket = socket;
    this.#writer = new FrameWriter(socket);
    const reader = new FrameReader(MAX_BODY_BYTES);
    let problem = CLOSED;
    socket.on("data", (chunk: Buffer) => {
      try {
        for (const frame of reader.push(chunk)) this.#take(frame);
      } catch (error) {
        socket.destroy(error instanceof Error ? error : undefined);
      }
    });
    socket.on("error", (error) => {
      problem = messageOf(error);
    });
    socket.on("end", () => socket.end());
    socket.once("close", () => {
      this.isOpen = false;
      for (const exchange of [...this.#exchanges.keys()]) this.#fail(exchange, new Error(problem));
    });
  }

  send({ method, headers, body, signal }: Outgoing): Sent {
    const exchange = this.#next++;
    if (exchange >= MAX_EXCHANGES) this.isOpen = false;
    const giveUp = (): void => this.#giveUp(exchange);
    const answer = new Promise<GateAnswer>((resolve, reject) => {
      signal?.addEventListener("abort", giveUp);
      const over = signal && ((): void => signal.removeEventListener("abort", giveUp));
      this.#exchanges.set(exchange, { resolve, reject, over, answer: undefined });
    });
    let hasRoom = true;
    if (signal?.aborted === true) this.#fail(exchange, new Error(GIVEN_UP));
    else if (this.#socket.destroyed) this.#fail(exchange, new Error(CLOSED));
    else hasRoom = this.#writer.write(FRAME.request, exchange, this.#headOf(method, headers), body);
    return { handedOver: hasRoom ? undefined : this.#drained(), answer, giveUp };
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#socket.end();
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#socket.off("drain", done);
        this.#socket.off("close", done);
        resolve();
      };
      this.#socket.on("drain", done);
      this.#socket.on("close", done);
    });
  }

  /** Most requests have the headers of the one before. */
  #headOf(method: Outgoing["method"], headers: Outgoing["headers"]): string {
    const { of, method: before } = this.#lastHead;
    if (of !== headers || before !== method)
      this.#lastHead = { of: headers, method, text: JSON.stringify({ method, headers }) };
    return this.#lastHead.text;
  }

  #giveUp(exchange: number): void {
    if (!this.#exchanges.has(exchange)) return;
    this.#writer.write(FRAME.givenUp, exchange, "");
    this.#fail(exchange, new Error(GIVEN_UP));
  }

  #take({ kind, exchange: number, head, body }: Frame): void {
    if (kind === FRAME.last) {
      this.isOpen = false;
      this.#endWhenDone();
      return;
    }
    const exchange = this.#exchanges.get(number);
    // it was given up, and the gate did not know yet
    if (exchange === undefined) return;
    if (body === undefined) {
      this.#fail(number, new Error(`the answer is longer than ${MAX_BODY_BYTES} bytes`));
      return;
    }
    if (kind === FRAME.broken) {
      this.#fail(number, new Error("it broke off its answer"));
      return;
    }
    if (kind === FRAME.answer || kind === FRAME.begins) exchange.answer = new GateAnswer(this.#readHead(head));
    const { answer } = exchange;
    if (answer === undefined) throw new Error("it sent the middle of an answer");
    answer.push(body);
    if (kind === FRAME.answer || kind === FRAME.ends) {
      answer.end();
      this.#over(number, exchange);
    }
    if (kind === FRAME.answer || kind === FRAME.begins) exchange.resolve(answer);
  }

  #fail(number: number, error: Error): void {
    const exchange = this.#exchanges.get(number);
    if (exchange === undefined) return;
    this.#over(number, exchange);
    if (exchange.answer === undefined) exchange.reject(error);
    else exchange.answer.fail(error);
  }

  #over(number: number, { over }: Exchange): void {
    over?.();
    this.#exchanges.delete(number);
    this.#endWhenDone();
  }

  #endWhenDone(): void {
    if (!this.isOpen && this.#exchanges.size === 0) this.#socket.end();
  }
}

type Connected = { readonly status: number; readonly socket: Duplex };

/** On the connection of `agent`, on which the gate has proven itself. */
function connect(gate: RunningGate, agent: Agent, headers: Readonly<Record<string, string>>): Promise<Connected> {
  return new Promise((resolve, reject) => {
    const { host } = new URL(reachableUrl(gate));
    const outgoing = request(reachableUrl(gate), {
      method: "CONNECT",
      path: RELAY_TARGET,
      headers: { host, ...headers },
      agent,
    });
    outgoing.once("connect", ({ statusCode = 0 }, socket, sent) => {
      if (sent.length > 0) socket.unshift(sent);
      resolve({ status: statusCode, socket });
    });
    outgoing.once("response", (answer) => {
      answer.resume();
      reject(new Error(`it answered with status ${answer.statusCode}`));
    });
    // it has proven to be the gate, and knows no such connection
    outgoing.on("error", (error) =>
      reject(
        new Error(`it does not take regate stdio in (${messageOf(error)}): if it is of another version, restart it`),
      ),
    );
    outgoing.end();
  });
}

/** Why the gate does not take the connection: what it sends before it closes that. */
async function readRefusal(status: number, socket: Duplex): Promise<GateAnswer> {
  const answer = new GateAnswer({ status, type: "application/json" });
  let length = 0;
  try {
    for await (const chunk of socket) {
      length += chunk.length;
      if (length > MAX_REFUSAL_BYTES) break;
      answer.push(chunk);
    }
  } catch {
    // what came says enough, or the status does
  }
  answer.end();
  return answer;
}
