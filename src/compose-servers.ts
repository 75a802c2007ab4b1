// What runs a configured server: its upstream, its endpoint and its counts. Made once, by the composition root.
import { createHash } from "node:crypto";
import { createAnswerJudge } from "./answers/answer-judge.ts";
import type { RunningApprovals } from "./compose-approvals.ts";
import type { Live } from "./compose-live.ts";
import type { RunningStore } from "./compose-store.ts";
import type { RunningTraces } from "./compose-traces.ts";
import type { Config } from "./config/schema.ts";
import type { HttpServer, ServerConfig } from "./config/server-schema.ts";
import type { Connections } from "./credentials/connections.ts";
import { createCredentials } from "./credentials/credentials.ts";
import type { Gate } from "./gate/gate.ts";
import type { Place } from "./gate/types.ts";
import type { Takes } from "./limits/limiter.ts";
import { createSessionCap } from "./limits/session-cap.ts";
import type { DecisionLog } from "./log/decision-log.ts";
import { createContinuations } from "./mcp/continuations.ts";
import { createDefinitions } from "./mcp/definitions.ts";
import { createEndpoint, type ServerEndpoint } from "./mcp/endpoint.ts";
import { createSessions } from "./mcp/session.ts";
import { createSessionNames, type SessionNames } from "./mcp/session-names.ts";
import type { Credentials, Upstream } from "./mcp/upstream.ts";
import { createHttpUpstream } from "./mcp/upstream-http.ts";
import { createStdioUpstream } from "./mcp/upstream-stdio.ts";
import { type Metrics, timeExchanges } from "./metrics/metrics.ts";
import type { ActivePolicy } from "./policy/active-policy.ts";
import { messageOf } from "./problem.ts";
import { readSecret } from "./state/private-files.ts";
import { SECRET_KEY_BYTES, type State } from "./state/state.ts";
import { countVerdicts, createTally, type Tally } from "./status/tally.ts";

export type ServerParts = {
  readonly config: Config;
  readonly gate: Gate;
  readonly limiter: Takes;
  readonly approvals: Pick<RunningApprovals, "sessionEnded">;
  readonly state: State;
  /** What is shared with other gates. */
  readonly store: Pick<RunningStore, "ended" | "endsUnknown"> | undefined;
  readonly live: Live;
  /** Who has signed in to which server. */
  readonly connections: Pick<Connections, "tokensOf">;
  readonly policy: ActivePolicy;
  readonly decisions: Pick<DecisionLog, "record">;
  readonly countExchange: Metrics["countExchange"];
  readonly traces: Pick<RunningTraces, "traceServer"> | undefined;
  readonly log: (line: string) => void;
};

/** One configured server, as it runs. */
export type RunningServer = {
  readonly server: ServerConfig;
  readonly endpoint: ServerEndpoint;
  readonly upstream: Upstream;
  readonly tally: Tally;
};

/** No server has this key. */
const ALL_SERVERS = "";
const SESSION_LIFETIME_SECONDS = 86_400;
const LISTING_TIMEOUT_MS = 30_000;
const MAX_ANSWER_BYTES = 16_777_216;

export type Servers = {
  /** Starts a configured server; whoever calls it closes the upstream. Sessions and caps are shared by all that it starts. */
  readonly start: (server: ServerConfig) => RunningServer;
  /** Of sessions with all of them. */
  readonly sharedNames: SessionNames;
};

export function composeServers(parts: ServerParts): Servers {
  const { config, gate, limiter, approvals, state, store, live, countExchange, traces, log } = parts;
  const { sessionKeyFile } = config;
  const ended = store?.ended ?? state.endedSessions;
  const sessions = createSessions({
    key: sessionKeyFile === undefined ? state.secretKey("session") : readSessionKey(sessionKeyFile),
    unixMs: Date.now,
    lifetimeSeconds: SESSION_LIFETIME_SECONDS,
    ended: {
      has: (name) => ended.has(name),
      add(name, expiresUnixMs) {
        approvals.sessionEnded(name);
        try {
          ended.add(name, expiresUnixMs);
        } catch (error) {
          log(`a session ended, and that can't be written yet: a restart now would open it again: ${messageOf(error)}`);
        }
      },
    },
  });
  const { max, window } = config.limits.newSessions;
  const cap = createSessionCap({ limiter, max, windowSeconds: window });
  const continuations = createContinuations();
  const answers = createAnswerJudge({
    policy: parts.policy,
    maxBytes: config.limits.judgedAnswerBytes,
    timezone: config.timezone,
    unixMs: Date.now,
    record: (event) => parts.decisions.record(event),
  });
  const namesOf = (serverKey: string): SessionNames =>
    createSessionNames({ serverKey, sessions, cap, log, ...(store && { endsUnknown: store.endsUnknown }) });
  const start = (server: ServerConfig): RunningServer => {
    const credentials = server.kind === "http" ? credentialsOf(server, parts) : undefined;
    const upstream = createUpstream(config, server, credentials, log);
    const tally = createTally(Date.now);
    const endpoint = createEndpoint({
      server: server.catalogue,
      place: placeOf(server),
      upstream: timeExchanges(upstream, (ns) => countExchange(server.catalogue, ns)),
      gate: countVerdicts(gate, tally),
      sessionNames: namesOf(server.key),
      definitions: createDefinitions(LISTING_TIMEOUT_MS, live.observe(server)),
      continuations,
      ...(credentials?.missing && { signedOut: credentials.missing }),
      answers,
      arguments: server.arguments,
      mode: server.mode,
      maxBodyBytes: config.limits.maxBodyBytes,
      maxDepth: config.limits.maxDepth,
      inFlight: { perSession: config.limits.inFlightPerSession, perServer: config.limits.inFlightPerServer },
      tracing: traces?.traceServer(server),
    });
    return { server, endpoint, upstream, tally };
  };
  return { start, sharedNames: namesOf(ALL_SERVERS) };
}

/** Another one for each configured server, and for one that a reload has moved; hashed, for arguments may be secret. */
function placeOf(server: ServerConfig): Place {
  const reached = server.kind === "http" ? [server.url] : [server.command, ...server.args];
  const id = createHash("sha256")
    .update(JSON.stringify([server.key, ...reached]))
    .digest("hex");
  return { key: server.key, id };
}

/** Of what the file holds, text or bytes: other gates that hold the same have the same key. */
function readSessionKey(file: string): Buffer {
  return createHash("sha256").update(readSecret(file, SECRET_KEY_BYTES)).digest();
}

function credentialsOf(server: HttpServer, { connections, log }: ServerParts): Credentials {
  const { key, url, signIn } = server;
  return createCredentials(server, {
    monotonicMs: () => performance.now(),
    log,
    ...(signIn && { tokensOf: (principal: string) => connections.tokensOf({ key, url, signIn }, principal) }),
  });
}

function createUpstream(
  config: Config,
  server: ServerConfig,
  credentials: Credentials | undefined,
  log: (line: string) => void,
): Upstream {
  if (server.kind === "http") {
    if (credentials === undefined) throw new Error("a server over HTTP has credentials, if no others than none");
    const { key, url } = server;
    const limits = { ...patienceOf(config), maxAnswerBytes: MAX_ANSWER_BYTES };
    return createHttpUpstream({ server: key, url: new URL(url), credentials, ...limits, log });
  }
  const { key, command, args, env, cwd } = server;
  const { childrenPerPrincipal } = config.limits;
  const limits = { maxChildrenPerPrincipal: childrenPerPrincipal, maxMessageBytes: MAX_ANSWER_BYTES };
  return createStdioUpstream({
    server: key,
    command,
    args,
    env,
    cwd,
    ...limits,
    ...patienceOf(config),
    log,
  });
}

function patienceOf({ limits }: Config): { readonly answerTimeoutMs: number; readonly totalTimeoutMs: number } {
  return { answerTimeoutMs: limits.answerSeconds * 1_000, totalTimeoutMs: limits.answerTotalSeconds * 1_000 };
}
