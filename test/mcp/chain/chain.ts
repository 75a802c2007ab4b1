// The HTTP chain of the gate as it is composed: a client's port, the endpoint, a gate with a real limiter, an HTTP upstream
// and a scripted server behind it. Only the policy is written in TypeScript, so that each test says its own.
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { createGate, type GatePorts, type Judged } from "../../../src/gate/gate.ts";
import type { Call, Charge, Decision, Principal } from "../../../src/gate/types.ts";
import { bucketKey } from "../../../src/limits/bucket-key.ts";
import { createLimiter } from "../../../src/limits/limiter.ts";
import { createSessionCap } from "../../../src/limits/session-cap.ts";
import { createContinuations } from "../../../src/mcp/continuations.ts";
import { createDefinitions } from "../../../src/mcp/definitions.ts";
import { createEndpoint, type EndpointOptions, type ServerEndpoint } from "../../../src/mcp/endpoint.ts";
import { createSessions } from "../../../src/mcp/session.ts";
import { createSessionNames } from "../../../src/mcp/session-names.ts";
import { createHttpUpstream, type HttpUpstreamOptions } from "../../../src/mcp/upstream-http.ts";
import { type McpScript, mcpScript } from "./mcp-script.ts";
import { type Script, type ScriptedServer, startScriptedServer } from "./scripted-server.ts";

/** What the policy says of a call; what is left out is as in an allow without limits. */
export type Policy = (call: Call) => Partial<Decision>;

export type ChainOptions = {
  readonly server?: Script | McpScript;
  readonly policy?: Policy;
  readonly ports?: Partial<GatePorts>;
  readonly upstream?: Partial<HttpUpstreamOptions>;
  readonly endpoint?: Partial<EndpointOptions>;
  /** New sessions that one principal may open at once. */
  readonly newSessions?: number;
  /** Gets each response of the gate's before it is begun. */
  readonly onExchange?: (outgoing: ServerResponse) => void;
};

export type Chain = {
  readonly endpoint: ServerEndpoint;
  readonly url: string;
  readonly port: number;
  readonly server: ScriptedServer;
  readonly judged: Judged[];
  readonly log: string[];
  /** Tokens that are taken now, over all buckets of the policy's limits. */
  taken(): number;
  /** The names of the sessions that calls were judged in. */
  sessions(): string[];
  /** Closes the gate's side towards the server, as at the end of the gate. */
  closeUpstream(): Promise<void>;
};

const ALLOW: Decision = {
  action: "allow",
  reasons: [],
  rules: ["policy.test/allow"],
  malformed: [],
  rate_limits: [],
  approval: { timeout: 300, hold: 25 },
  labels: [],
  redact: [],
  hidden: false,
};

export const ONE_LIMIT = {
  rule: "policy.test/few",
  max: 2,
  window: 60,
  per: "session",
  over: "tool",
  cost: 1,
} as const;

/** `denied` is denied and hidden, `limited` has two calls a minute and session, `asked` needs approval; all else is allowed. */
export const usualPolicy: Policy = ({ tool }) => {
  if (tool === "denied")
    return { action: "deny", reasons: ["It is forbidden"], rules: ["policy.test/no"], hidden: true };
  if (tool === "limited") return { rate_limits: [ONE_LIMIT] };
  if (tool === "asked") return { action: "require_approval", reasons: ["A person decides"], rate_limits: [ONE_LIMIT] };
  return {};
};

export async function startChain(options: ChainOptions = {}): Promise<Chain> {
  const { policy = usualPolicy, server: script = {} } = options;
  const server = await startScriptedServer(typeof script === "function" ? script : mcpScript(script));
  const judged: Judged[] = [];
  const log: string[] = [];
  // time stands still: nothing flows back while a test runs
  const limiter = createLimiter({ monotonicMs: () => 0, journal: { append() {} }, maxBucketsPerPrincipal: 1_000 });
  const bundle = { revision: "r1", digest: "d1" };
  let decisions = 0;
  const gate = createGate({
    frozen: () => undefined,
    describe: () => undefined,
    checkArguments: () => undefined,
    recall: () => undefined,
    remember: () => {},
    evaluate: (call) => ({ kind: "decided", decision: { ...ALLOW, ...policy(call) }, fuel: 1, bundle }),
    take: (call, _facts, decision) => limiter.take(chargesOf(call, decision), call.principal.id),
    refund: (receipt) => limiter.refund(receipt),
    approve: () => ({ kind: "refused", problem: "no approver is configured" }),
    release: () => {},
    record(one) {
      judged.push(one);
      return undefined;
    },
    newDecisionId: () => `decision-${++decisions}`,
    unixMs: () => 0,
    monotonicNs: () => 0,
    ...options.ports,
  });

  const upstream = createHttpUpstream({
    server: "scripted",
    url: server.url,
    credentials: { headers: () => ({ Authorization: "Bearer of-the-gate" }) },
    answerTimeoutMs: 60_000,
    maxAnswerBytes: 100_000,
    log: (line) => log.push(line),
    ...options.upstream,
  });
  const ended = new Set<string>();
  const sessions = createSessions({
    key: randomBytes(32),
    unixMs: () => 0,
    lifetimeSeconds: 3_600,
    ended: { has: (name) => ended.has(name), add: (name) => ended.add(name) },
  });
  // a cap of n in a window lets (n + 1) / 2 pass at once
  const max = 2 * (options.newSessions ?? 1_000) - 1;
  const endpoint = createEndpoint({
    server: "test.server",
    place: { key: "scripted", id: "test.place" },
    upstream,
    gate,
    sessionNames: createSessionNames({
      serverKey: "key",
      sessions,
      cap: createSessionCap({ limiter, max, windowSeconds: 600 }),
      log: (line) => log.push(line),
    }),
    definitions: createDefinitions(60_000),
    continuations: createContinuations(),
    arguments: "checked",
    mode: "enforce",
    maxBodyBytes: 50_000,
    maxDepth: 64,
    inFlight: { perSession: 100, perServer: 100 },
    ...options.endpoint,
  });

  // as behind an authenticator that trusts: headers say who calls, and until when that holds (Unix time in milliseconds)
  const front = createServer((incoming, outgoing) => {
    options.onExchange?.(outgoing);
    const principal: Principal = { id: String(incoming.headers["x-test-principal"] ?? "ann"), groups: [], claims: {} };
    const expires = incoming.headers["x-test-expires"];
    endpoint(incoming, outgoing, principal, expires === undefined ? undefined : Number(expires)).catch(
      (error: unknown) => {
        log.push(`rejected: ${String(error)}`);
        outgoing.destroy();
      },
    );
  });
  front.listen(0, "127.0.0.1");
  await once(front, "listening");
  onTestFinished(async () => {
    front.closeAllConnections();
    await new Promise((resolve) => front.close(resolve));
    await upstream.close();
  });
  const { port } = front.address() as AddressInfo;
  return {
    endpoint,
    url: `http://127.0.0.1:${port}/`,
    port,
    server,
    judged,
    log,
    taken: () =>
      [...limiter.buckets()]
        .filter(({ key }) => key.includes("policy.test"))
        .reduce((sum, { used, max }) => sum + Math.round(used * max), 0),
    sessions: () => judged.map(({ call }) => call.session),
    closeUpstream: () => upstream.close(),
  };
}

function chargesOf(call: Call, decision: Decision): Charge[] {
  const { server, tool, method, session, principal } = call;
  const countable = { server, tool, method, session, principal: principal.id, category: "Unknown" } as const;
  return decision.rate_limits.map((limit) => ({ key: bucketKey(limit, countable), limit }));
}
