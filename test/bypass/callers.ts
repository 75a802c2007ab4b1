// Who sends in each column of the corpus: over HTTP in either era, or as the client of a `regate stdio` process.
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Gate, OPERATOR_KEY } from "../e2e/harness-gate.ts";
import { ROOT, type Running, run, waitFor } from "../e2e/harness-process.ts";
import {
  type Answer,
  type Message,
  messagesOf,
  modernRequest,
  openSession,
  parseMessage,
  post,
  type Session,
} from "../e2e/harness-wire.ts";
import { modernHeaders } from "./bytes.ts";
import type { MessageWay } from "./corpus.ts";
import type { Effects } from "./effects.ts";

type Headers = Readonly<Record<string, string>>;

export type Caller = {
  readonly session: Session | undefined;
  /** Sends the bytes of an entry, and waits until they are dealt with. Answers all text that came back. */
  readonly send: (bytes: Buffer, way: Pick<MessageWay, "headers" | "query" | "method" | "name">) => Promise<string>;
  /** `more` are further members of params. */
  readonly call: (tool: string, args?: unknown, more?: Readonly<Record<string, unknown>>) => Promise<Message>;
  /** All that was ever answered to `send`. */
  readonly heard: () => string;
  /** Calls, and takes it back once the server has begun. */
  readonly callAndCancel: (tool: string, args: unknown, effects: Effects) => Promise<void>;
};

const PATIENCE_MS = 20_000;

let lastId = 0;

function nextId(): string {
  lastId += 1;
  return `call-${lastId}`;
}

export async function openLegacy(url: string, headers: Headers): Promise<Caller> {
  const session = await openSession(url, headers);
  return httpCaller(url, session, (id, method, params) => ({
    body: JSON.stringify({ jsonrpc: "2.0", id, method, params }),
    headers: session.headers,
  }));
}

export function openModern(url: string, headers: Headers): Caller {
  return httpCaller(url, undefined, (id, method, params) => {
    const request = modernRequest(id, method, params);
    const named = typeof params.name === "string" ? modernHeaders(method, params.name) : {};
    return { body: request.body, headers: { ...headers, ...request.headers, ...named } };
  });
}

type Written = { readonly body: string; readonly headers: Headers };

function httpCaller(
  url: string,
  session: Session | undefined,
  write: (id: string, method: string, params: Readonly<Record<string, unknown>>) => Written,
): Caller {
  const heard: string[] = [];
  return {
    session,
    heard: () => heard.join("\n"),
    async send(bytes, { headers, query, method, name }) {
      const own = write("0", "ping", {}).headers;
      // to a gate that goes by the headers, each of the two names
      const names = session === undefined && headers["mcp-name"] === undefined ? [name, "echo"] : [name];
      const texts: string[] = [];
      for (const said of names) {
        const era = session === undefined ? modernHeaders(method, said) : {};
        const answer = await post(query === "" ? url : `${url}?${query}`, bytes, { ...own, ...era, ...headers });
        texts.push(answer.text);
      }
      heard.push(...texts);
      return texts.join("\n");
    },
    async call(tool, args = {}, more = {}) {
      const id = nextId();
      const { body, headers } = write(id, "tools/call", { name: tool, arguments: args, ...more });
      return answerTo(id, await post(url, body, headers));
    },
    async callAndCancel(tool, args, effects) {
      const id = nextId();
      const { body, headers } = write(id, "tools/call", { name: tool, arguments: args });
      const abort = new AbortController();
      const asked = fetch(url, { method: "POST", body, headers: { ...JSON_TYPES, ...headers }, signal: abort.signal });
      await waitFor(`the server to begin ${tool}`, () => effects.all().some((effect) => effect.id === id));
      if (session !== undefined) await session.post(cancelled(id));
      abort.abort();
      await asked.then((answer) => answer.text()).catch(() => undefined);
    },
  };
}

const JSON_TYPES = { "content-type": "application/json", accept: "application/json, text/event-stream" };

async function answerTo(id: string, answer: Answer): Promise<Message> {
  const found = (await messagesOf(answer)).find((message) => message.id === id);
  if (found === undefined) throw new Error(`a call was answered ${answer.status}: ${answer.text}`);
  return found;
}

/** The client of a `regate stdio` process. */
export async function openRelay(gate: Gate, server: string, key: string): Promise<Caller> {
  const relay = run(process.execPath, [join(ROOT, "dist/main.js"), "stdio", server, "-c", gate.configFile], {
    env: { REGATE_API_KEY: key, REGATE_OPERATOR_KEY: OPERATOR_KEY },
  });
  const write = (message: unknown) => relay.stdin.write(`${JSON.stringify(message)}\n`);
  const ask = async (method: string, params: unknown): Promise<Message> => {
    const id = nextId();
    write({ jsonrpc: "2.0", id, method, params });
    return await answered(relay, id);
  };
  const clientInfo = { name: "corpus", version: "1" };
  await ask("initialize", { protocolVersion: "2025-11-25", capabilities: {}, clientInfo });
  write({ jsonrpc: "2.0", method: "notifications/initialized" });
  return {
    session: undefined,
    heard: relay.stdout,
    async send(bytes) {
      const before = relay.stdout().length;
      relay.stdin.write(Buffer.concat([bytes, Buffer.from("\n")]));
      await ask("ping", {});
      return relay.stdout().slice(before);
    },
    call: (tool, args = {}, more = {}) => ask("tools/call", { name: tool, arguments: args, ...more }),
    async callAndCancel(tool, args, effects) {
      const id = nextId();
      write({ jsonrpc: "2.0", id, method: "tools/call", params: { name: tool, arguments: args } });
      await waitFor(`the server to begin ${tool}`, () => effects.all().some((effect) => effect.id === id));
      relay.stdin.write(`${cancelled(id)}\n`);
    },
  };
}

function cancelled(requestId: string): string {
  return JSON.stringify({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId } });
}

async function answered(relay: Running, id: string): Promise<Message> {
  for (const start = Date.now(); Date.now() - start < PATIENCE_MS; await sleep(1)) {
    const lines = relay.stdout().split("\n").slice(0, -1);
    const found = lines.filter((line) => line.includes(`"${id}"`)).map(parseMessage);
    const answer = found.find((message) => message.id === id);
    if (answer !== undefined) return answer;
  }
  throw new Error(`waited in vain for an answer to ${id}: ${relay.stdout()}${relay.stderr()}`);
}
