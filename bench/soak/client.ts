// One client of a soak: an agent with a key of its own that calls one server of one gate, one call at a time, and now and then does
// what clients do: goes away in mid-call, never reads, leaves a stream open, opens another session. It keeps account of every call.
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Agent, request } from "undici";
import { callBody, type Message, messagesOf, modernRequest } from "../../test/e2e/harness-wire.ts";
import type { SoakGate } from "./gate.ts";
import type { Attempt, Outcome } from "./ledger.ts";
import { bucketsOf } from "./policy.ts";
import type { Random } from "./random.ts";

export type ClientSetup = {
  /** Of the client and of its principal. */
  readonly name: string;
  readonly apiKey: string;
  readonly gate: SoakGate;
  readonly server: "wire" | "pipe";
  readonly era: "legacy" | "modern";
  readonly random: Random;
  readonly record: (attempt: Attempt) => void;
};

type Headers = Readonly<Record<string, string>>;
type Call = { readonly key: string; readonly tool: string; readonly args: Readonly<Record<string, unknown>> };
type Seen = { readonly outcome: Outcome; readonly how: string; readonly isSessionGone?: boolean };

const LEGACY_VERSION = "2025-11-25";
const DOWN_MS = 150;
const PATIENCE_MS = 2_500;
const LONG_ANSWER_BYTES = 8_000_000;
const MAX_TRIES_AT_APPROVAL = 12;
const TOOLS = [
  "echo",
  "echo",
  "echo",
  "limited",
  "limited",
  "shared",
  "shared",
  "in_session",
  "flips",
  "denied",
  "asks",
];
/** How a call may go wrong at its server; more often than not it does not. */
const FAULTS = [
  "before",
  "after",
  "middle",
  "hang",
  "status",
  "garbage",
  "wrong-id",
  "events",
  "slow",
  "slow",
  "big",
  "big",
];
/** These end a stdio server, and who ends too often has to wait. */
const DEADLY = new Set(["before", "after", "middle"]);

export class SoakClient {
  readonly #setup: ClientSetup;
  readonly #agent = new Agent({ connections: 4 });
  /** Of the open legacy session; undefined where none is open. */
  #session: string | undefined;
  /** Of its calls so far. */
  #count = 0;
  /** Calls that wait for a person. */
  readonly #asked: { call: Call; tries: number }[] = [];
  readonly #streams = new Set<AbortController>();

  constructor(setup: ClientSetup) {
    this.#setup = setup;
  }

  /** Does the next thing that it does. */
  async act(): Promise<void> {
    const { random, era } = this.#setup;
    await sleep(random.between(2, 60));
    if (era === "legacy" && this.#session === undefined && !(await this.#open())) return;
    const what = random.between(1, 100);
    if (what === 1) await this.#neverRead();
    else if (what === 2 && era === "legacy") this.#leaveStreamOpen();
    else if (what === 3 && era === "legacy") await this.#close();
    else await this.#callNext();
  }

  /** Ends its session and its connections. */
  async leave(): Promise<void> {
    for (const stream of this.#streams) stream.abort();
    await this.#close();
    await this.#agent.destroy();
  }

  async #callNext(): Promise<void> {
    const { random } = this.#setup;
    const waiting = this.#asked[0];
    if (waiting !== undefined && random.chance(0.2)) {
      this.#asked.shift();
      const seen = await this.#call(waiting.call);
      if (seen.how === "approval_needed" && waiting.tries < MAX_TRIES_AT_APPROVAL)
        this.#asked.push({ ...waiting, tries: waiting.tries + 1 });
      return;
    }
    const call = this.#chooseCall();
    const leaveAfterMs = random.chance(0.03) ? random.between(0, 30) : undefined;
    const seen = await this.#call(call, leaveAfterMs);
    if (call.tool === "asks" && seen.how === "approval_needed") this.#asked.push({ call, tries: 1 });
  }

  #chooseCall(): Call {
    const { random, server } = this.#setup;
    const fault = random.chance(0.1) ? random.pick(FAULTS) : "none";
    const isSpared = server === "pipe" && DEADLY.has(fault) && !random.chance(0.1);
    return this.#newCall(random.pick(TOOLS), {
      fault: isSpared ? "none" : fault,
      ms: random.between(0, 300),
      bytes: fault === "big" ? random.between(10_000, 2_000_000) : 0,
    });
  }

  #newCall(tool: string, how: Readonly<Record<string, unknown>>): Call {
    const key = `${this.#setup.gate.name}-${this.#setup.name}-${++this.#count}`;
    return { key, tool, args: { key, ...how } };
  }

  async #call(call: Call, leaveAfterMs?: number): Promise<Seen> {
    const sentMs = Date.now();
    const buckets = this.#bucketsOf(call);
    const seen = await this.#send(call, leaveAfterMs);
    this.#setup.record({ ...call, buckets, sentMs, endedMs: Date.now(), outcome: seen.outcome, how: seen.how });
    if (seen.outcome !== "failed") this.#setup.gate.served += 1;
    if (seen.isSessionGone) this.#session = undefined;
    return seen;
  }

  #bucketsOf({ tool }: Call): string[] {
    const { gate, name } = this.#setup;
    return bucketsOf(gate.name, tool, name, this.#session ?? "none");
  }

  async #send(call: Call, leaveAfterMs: number | undefined): Promise<Seen> {
    const { body, headers } = this.#requestOf(call);
    const signal = AbortSignal.timeout(leaveAfterMs ?? PATIENCE_MS);
    try {
      const answer = await this.#post(body, headers, signal);
      return understand(
        answer.status,
        (await messagesOf(answer)).find(({ id }) => id === call.key),
        call,
      );
    } catch (error) {
      if (signal.aborted) return { outcome: "failed", how: leaveAfterMs === undefined ? "no answer" : "client left" };
      // nobody listens: who tries again at once only fills the ledger
      if (codeOf(error) === "ECONNREFUSED") await sleep(DOWN_MS);
      return { outcome: "failed", how: `connection (${codeOf(error)})` };
    }
  }

  #requestOf({ key, tool, args }: Call): { readonly body: string; readonly headers: Headers } {
    const { era, apiKey } = this.#setup;
    const authorization = `Bearer ${apiKey}`;
    if (era === "legacy")
      return { body: callBody(key, tool, args), headers: { ...this.#legacyHeaders(), authorization } };
    const { body, headers } = modernRequest(key, "tools/call", { name: tool, arguments: args });
    return { body, headers: { ...headers, authorization } };
  }

  #legacyHeaders(): Headers {
    return {
      authorization: `Bearer ${this.#setup.apiKey}`,
      "mcp-protocol-version": LEGACY_VERSION,
      ...(this.#session !== undefined && { "mcp-session-id": this.#session }),
    };
  }

  async #post(body: string, headers: Headers, signal: AbortSignal) {
    const answer = await request(this.#url(), {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json, text/event-stream", ...headers },
      body,
      signal,
      dispatcher: this.#agent,
    });
    return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() };
  }

  async #open(): Promise<boolean> {
    const params = { protocolVersion: LEGACY_VERSION, capabilities: {}, clientInfo: { name: "soak", version: "1" } };
    const headers = { authorization: `Bearer ${this.#setup.apiKey}` };
    try {
      const body = JSON.stringify({ jsonrpc: "2.0", id: "open", method: "initialize", params });
      const opened = await this.#post(body, headers, AbortSignal.timeout(PATIENCE_MS));
      const id = opened.headers["mcp-session-id"];
      if (opened.status !== 200 || typeof id !== "string") return false;
      this.#session = id;
      const told = JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" });
      await this.#post(told, this.#legacyHeaders(), AbortSignal.timeout(PATIENCE_MS));
      return true;
    } catch {
      return false;
    }
  }

  async #close(): Promise<void> {
    if (this.#session === undefined) return;
    const headers = this.#legacyHeaders();
    this.#session = undefined;
    const signal = AbortSignal.timeout(PATIENCE_MS);
    await request(this.#url(), { method: "DELETE", headers, signal, dispatcher: this.#agent })
      .then((answer) => answer.body.dump())
      .catch(() => undefined);
  }

  /** Asks for a long answer, reads nothing of it, and goes away after a while. */
  async #neverRead(): Promise<void> {
    const { random } = this.#setup;
    const call = this.#newCall("echo", { fault: "big", bytes: LONG_ANSWER_BYTES });
    const { body, headers } = this.#requestOf(call);
    const url = new URL(this.#url());
    const all: Headers = {
      host: url.host,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "content-length": String(Buffer.byteLength(body)),
      ...headers,
    };
    const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    const sentMs = Date.now();
    const socket = connect(Number(url.port), url.hostname).on("error", () => undefined);
    socket.pause().write(`POST ${url.pathname} HTTP/1.1\r\n${head.join("")}\r\n${body}`);
    await sleep(random.between(200, 1_500));
    socket.destroy();
    this.#setup.record({
      ...call,
      buckets: [],
      sentMs,
      endedMs: Date.now(),
      outcome: "failed",
      how: "client never read",
    });
  }

  #leaveStreamOpen(): void {
    const left = new AbortController();
    this.#streams.add(left);
    const signal = AbortSignal.any([left.signal, AbortSignal.timeout(this.#setup.random.between(100, 5_000))]);
    const headers = { ...this.#legacyHeaders(), accept: "text/event-stream" };
    request(this.#url(), { method: "GET", headers, signal, dispatcher: this.#agent })
      .then((answer) => answer.body.dump({ limit: 1_000_000 }))
      .catch(() => undefined)
      .finally(() => this.#streams.delete(left));
  }

  #url(): string {
    return `${this.#setup.gate.url}/mcp/${this.#setup.server}`;
  }
}

const GATE_FAILED = new Map([
  [1001, "cancelled"],
  [1002, "upstream failed"],
]);

/** What an answer says became of the call. */
function understand(status: number, message: Message | undefined, { key }: Call): Seen {
  if (message === undefined) {
    // no session of this gate, or none of the server's: told before the call was judged, or after
    if (status === 404) return { outcome: "failed", how: "no such session", isSessionGone: true };
    return { outcome: "failed", how: `HTTP ${status}` };
  }
  if (message.error !== undefined) {
    const how = GATE_FAILED.get(message.error.code) ?? `error ${message.error.code}`;
    return { outcome: "failed", how };
  }
  const { _meta, content } = message.result ?? {};
  const decision = _meta instanceof Object && "regate/decision" in _meta ? _meta["regate/decision"] : undefined;
  if (decision instanceof Object) return { outcome: "refused", how: describeDecision(decision) };
  const [block]: unknown[] = Array.isArray(content) ? content : [];
  if (block instanceof Object && "text" in block && block.text === key) return { outcome: "allowed", how: "answered" };
  return { outcome: "failed", how: "another call's answer" };
}

function describeDecision(decision: object): string {
  if ("failed_step" in decision && decision.failed_step !== undefined) return `${decision.failed_step} failed`;
  if ("approval" in decision && decision.approval instanceof Object && "state" in decision.approval) {
    if (decision.approval.state === "pending") return "approval_needed";
    return `approval ${decision.approval.state}`;
  }
  return "action" in decision ? String(decision.action) : "refused";
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
