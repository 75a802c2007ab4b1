// What a relay meets: the gate's own routes and checks, in the test's process, before an endpoint that judges nothing. It
// passes everything on to a real server, and writes down what came.
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from "node:http";
import { join } from "node:path";
import { Hono } from "hono";
import type { Approvals } from "../../src/approvals/approval.ts";
import { writeRunningGate } from "../../src/config/running-gate.ts";
import type { ApiKey } from "../../src/config/schema.ts";
import { createFreezes, type Freezes } from "../../src/freeze/freeze.ts";
import { type AppParts, createApp, type ReloadedAll } from "../../src/http/app.ts";
import { createAuthenticator } from "../../src/http/auth.ts";
import type { ConnectionDesk } from "../../src/http/connections-api.ts";
import { createLateApp } from "../../src/http/late-app.ts";
import { listen } from "../../src/http/listen.ts";
import { openOperatorKey } from "../../src/http/operator.ts";
import { createOperatorCheck } from "../../src/http/operator-check.ts";
import { createOriginCheck } from "../../src/http/origin.ts";
import { makeProofSecret, prove } from "../../src/http/prove.ts";
import type { Incoming, Outgoing, RequestHead } from "../../src/mcp/outgoing.ts";
import type { Status } from "../../src/status/status-schema.ts";
import { NO_APPROVALS } from "../approvals/support.ts";
import { NO_CONNECTIONS } from "../credentials/sign-in-support.ts";
import { makeTempDir, whenDone } from "../e2e/harness-process.ts";

export const OPERATOR_KEY = "operator-key-of-the-command-tests";

export type Came = { readonly method: string; readonly headers: IncomingHttpHeaders; readonly body: string };
/** What a test answers with: node's own response or the gate's, both of which give themselves back. */
export type Written = Omit<Outgoing, "writeHead"> & {
  writeHead(status: number, headers?: OutgoingHttpHeaders): Written;
};
export type Answer = (came: Came, outgoing: Written, incoming: RequestHead) => void | Promise<void>;

export type FrontOptions = {
  /** The MCP endpoint that everything is passed on to, or what is answered in its place. */
  readonly target: URL | Answer;
  readonly keys?: readonly ApiKey[];
  readonly freezes?: Freezes;
  readonly reload?: () => Promise<ReloadedAll>;
  readonly status?: () => Status;
  readonly approvals?: Approvals;
  readonly connections?: ConnectionDesk;
  readonly notReady?: () => string | undefined;
  readonly judge?: AppParts["judge"];
  /** What it listens on; 127.0.0.1 where none is given. */
  readonly host?: string;
};

export type Front = {
  /** The one server is called `it`. */
  readonly url: string;
  /** A folder with a regate.yaml whose state folder names this gate as running. */
  readonly dir: string;
  readonly state: string;
  /** The nonces over which it was asked for a proof. */
  readonly proved: readonly string[];
  readonly came: readonly Came[];
  /** From now on it wants further requests on other connections. */
  readonly letGo: () => void;
  /** Ends at once, every connection with it. */
  readonly die: () => Promise<void>;
};

const notExpected = (): never => {
  throw new Error("not expected");
};

export async function startFront(options: FrontOptions): Promise<Front> {
  const { target, keys = [], freezes, reload, status, approvals, connections, notReady, judge, host } = options;
  const came: Came[] = [];
  const proved: string[] = [];
  const open = new Set<Outgoing>();
  const instance = randomUUID();
  const secret = makeProofSecret();
  let ownUrl = "";
  const address = { host: host ?? "127.0.0.1", port: 0 };
  const parts: AppParts = {
    instance,
    all: () => Promise.reject(new Error("nobody asks for all servers here")),
    endpoints: new Map([
      [
        "it",
        async (incoming, outgoing) => {
          open.add(outgoing);
          outgoing.on("close", () => open.delete(outgoing));
          const body = await readAll(incoming);
          const { method = "", headers } = incoming;
          came.push({ method, headers, body: body.toString("utf8") });
          if (typeof target === "function")
            await target({ method, headers, body: body.toString("utf8") }, outgoing as unknown as Written, incoming);
          else await passOn(target, incoming, body, outgoing);
        },
      ],
    ]),
    originCheck: createOriginCheck({ listen: address, allowedHosts: [], allowedOrigins: [] }),
    authenticator: createAuthenticator(keys),
    operator: createOperatorCheck(openOperatorKey({ configured: OPERATOR_KEY, store: new Map(), canShow: false }).key),
    freezes: freezes ?? createFreezes({ store: new Map(), servers: new Map(), unixMs: Date.now, log: () => {} }),
    reload: reload ?? notExpected,
    status: status ?? notExpected,
    metrics: new Hono(),
    approvals: approvals ?? NO_APPROVALS,
    connections: connections ?? NO_CONNECTIONS,
    documents: notExpected,
    provenance: notExpected,
    judge: judge ?? notExpected,
    maxBodyBytes: 1_024,
    maxDepth: 32,
    notReady: notReady ?? (() => undefined),
    console: new Hono(),
    prove(nonce) {
      proved.push(nonce);
      return prove(secret, { nonce, url: ownUrl });
    },
    log: () => {},
  };
  const app = createLateApp({ ...parts, maxBodyBytes: 67_108_864 }, async () => createApp(parts));
  const listening = await listen(app, address);
  ownUrl = listening.url;
  const dir = makeTempDir();
  const state = join(dir, ".regate");
  writeFileSync(join(dir, "regate.yaml"), "servers: {}\n");
  writeRunningGate(state, { pid: process.pid, url: ownUrl, instance, secret, startedUnixMs: 0 });
  const die = async (): Promise<void> => {
    const closed = listening.close(0);
    for (const outgoing of open) outgoing.destroy();
    await closed;
  };
  whenDone(die);
  return { url: listening.url, dir, state, came, proved, letGo: listening.letGo, die };
}

async function readAll(incoming: Incoming): Promise<Buffer> {
  if ("framed" in incoming) return Buffer.from(incoming.body ?? []);
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

function passOn(target: URL, { method, headers }: RequestHead, body: Buffer, outgoing: Outgoing): Promise<void> {
  return new Promise((resolve) => {
    const { host: _, ...others } = headers;
    const upstream = request(target, {
      method,
      headers: { ...others, "content-length": String(body.length) },
      agent: false,
    });
    upstream.on("response", (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      // a stream's head must not wait for its first event
      outgoing.flushHeaders();
      answer.on("data", (chunk: Buffer) => {
        if (outgoing.write(chunk)) return;
        answer.pause();
        outgoing.once("drain", () => answer.resume());
      });
      answer.once("end", () => outgoing.end());
      answer.once("error", () => outgoing.destroy());
    });
    upstream.on("error", () => outgoing.destroy());
    outgoing.on("close", () => {
      upstream.destroy();
      resolve();
    });
    upstream.end(body);
  });
}
