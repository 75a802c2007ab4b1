// The composition root: from a configuration to a gate that serves. Every part is made here and nowhere else, in the order
// in which it is needed, and closed in the reverse order. Nothing is judged here.
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { composeConsole } from "./compose-console.ts";
import { composeGate } from "./compose-gate.ts";
import { composeLive, type Live } from "./compose-live.ts";
import { removeRunningGate, writeRunningGate } from "./config/running-gate.ts";
import type { Config } from "./config/schema.ts";
import type { ServerConfig } from "./config/server-schema.ts";
import type { Gate } from "./gate/gate.ts";
import { createApp, type Reloaded } from "./http/app.ts";
import { createAuthenticator } from "./http/auth.ts";
import { listen } from "./http/listen.ts";
import { type OpenedOperatorKey, openOperatorKey } from "./http/operator.ts";
import { createOriginCheck } from "./http/origin.ts";
import { makeProofSecret, prove } from "./http/prove.ts";
import { openJournal } from "./limits/journal.ts";
import { createLimiter, type Limiter } from "./limits/limiter.ts";
import { createSessionCap } from "./limits/session-cap.ts";
import { openDecisionLog, type UncleanEnd } from "./log/decision-log.ts";
import { createContinuations } from "./mcp/continuations.ts";
import { createDefinitions } from "./mcp/definitions.ts";
import { createEndpoint, type Endpoint } from "./mcp/endpoint.ts";
import { createSessions } from "./mcp/session.ts";
import { createSessionNames } from "./mcp/session-names.ts";
import type { Upstream } from "./mcp/upstream.ts";
import { createHttpUpstream } from "./mcp/upstream-http.ts";
import { createStdioUpstream } from "./mcp/upstream-stdio.ts";
import { type ActivePolicy, loadActivePolicy } from "./policy/active-policy.ts";
import { openState, type State } from "./state/state.ts";

export type GateOptions = {
  readonly config: Config;
  /** The bundle's file, absolute, and as the person named it. */
  readonly bundle: { readonly file: string; readonly shown: string };
  readonly version: string;
  /** REGATE_OPERATOR_KEY. */
  readonly operatorKey: string | undefined;
  /** Whether an operator key that is made now can be shown to a person. */
  readonly canShowKey: boolean;
  /** The gate's own log, a line at a time. */
  readonly log: (line: string) => void;
};

/** A gate that serves. */
export type RunningGate = {
  /** Base URL, without a slash at the end. */
  readonly url: string;
  readonly policy: ActivePolicy;
  /** The operator key that was made at this start: to be shown once. */
  readonly madeOperatorKey: string | undefined;
  reload(): Promise<Reloaded>;
  /** Ends streams and sessions, flushes journal and log. */
  close(): Promise<void>;
};

const SESSION_LIFETIME_SECONDS = 86_400;
const PRUNE_MS = 3_600_000;
const LISTING_TIMEOUT_MS = 30_000;
const ANSWER_TIMEOUT_MS = 600_000;
const MAX_ANSWER_BYTES = 16_777_216;

/** @throws Problem for what a person mends: the bundle, the state folder, the address */
export async function startGate(options: GateOptions): Promise<RunningGate> {
  const { config, log, version } = options;
  const instance = randomUUID();
  const closers: (() => unknown)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) {
      try {
        await closer();
      } catch (error) {
        log(`at the end: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  };
  try {
    const policy = await loadActivePolicy(options.bundle.file, options.bundle.shown);
    const state = openState(config.state);
    closers.push(() => state.close());
    state.endedSessions.prune(Date.now());
    const pruning = setInterval(() => state.endedSessions.prune(Date.now()), PRUNE_MS).unref();
    closers.push(() => clearInterval(pruning));
    const journal = openJournal({
      path: join(state.dir, "takes.journal"),
      store: state.buckets,
      unixMs: Date.now,
      onFoldFailed: log,
    });
    closers.push(() => journal.close());
    const limiter = createLimiter({
      monotonicMs: () => performance.now(),
      journal,
      maxBucketsPerPrincipal: config.limits.bucketsPerPrincipal,
      restore: journal.restored,
    });
    const decisions = await openDecisionLog({
      ...config.log,
      labels: { id: instance, version },
      unixMs: Date.now,
      onProblem: log,
    });
    closers.push(() => decisions.close());
    if (decisions.unclean !== undefined) log(describeUnclean(decisions.unclean));

    const live = composeLive(policy, log);
    const gate = composeGate(config, { policy, limiter, decisions, live });
    const endpoints = composeEndpoints(options, { gate, limiter, state, live }, closers);
    let operator: OpenedOperatorKey | undefined;
    const secret = makeProofSecret();
    let url: string | undefined;
    const reload = () => reloadPolicy(policy, log);
    const operatorKey = { accepts: (given: string | undefined) => operator?.key.accepts(given) ?? false };
    const app = createApp({
      instance,
      endpoints,
      originCheck: createOriginCheck(config),
      authenticator: createAuthenticator(config.keys),
      operatorKey,
      reload,
      notReady: () => undefined,
      prove: (nonce) => (url === undefined ? undefined : prove(secret, { nonce, url })),
      console: composeConsole({ config, policy, live, acceptsKey: operatorKey.accepts, log }),
      log,
    });
    const server = await listen(app, config.listen);
    closers.push(() => server.close());
    // only now: a key that was made by a start that failed would never be shown
    operator = openOperatorKey({
      configured: options.operatorKey,
      store: state.meta,
      canShow: options.canShowKey,
    });
    url = server.url;
    writeRunningGate(config.state, { pid: process.pid, url, instance, secret, startedUnixMs: Date.now() });
    closers.push(() => removeRunningGate(config.state, instance));
    return {
      url: server.url,
      policy,
      madeOperatorKey: operator.kind === "made" ? operator.text : undefined,
      reload,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

type EndpointParts = {
  readonly gate: Gate;
  readonly limiter: Limiter;
  readonly state: State;
  readonly live: Live;
};

function composeEndpoints(
  { config, log }: GateOptions,
  { gate, limiter, state, live }: EndpointParts,
  closers: (() => unknown)[],
): ReadonlyMap<string, Endpoint> {
  const sessions = createSessions({
    key: state.secretKey("session"),
    unixMs: Date.now,
    lifetimeSeconds: SESSION_LIFETIME_SECONDS,
    ended: state.endedSessions,
  });
  const { max, window } = config.limits.newSessions;
  const cap = createSessionCap({ limiter, max, windowSeconds: window });
  const continuations = createContinuations();
  const endpoints = new Map<string, Endpoint>();
  for (const [serverKey, server] of config.servers) {
    const upstream = createUpstream(config, server, log);
    closers.push(() => upstream.close());
    const endpoint = createEndpoint({
      server: server.catalogue,
      upstream,
      gate,
      sessionNames: createSessionNames({ serverKey, sessions, cap }),
      definitions: createDefinitions(LISTING_TIMEOUT_MS, live.observe(server)),
      continuations,
      arguments: server.arguments,
      maxBodyBytes: config.limits.maxBodyBytes,
      maxDepth: config.limits.maxDepth,
    });
    endpoints.set(serverKey, endpoint);
  }
  return endpoints;
}

function createUpstream(config: Config, server: ServerConfig, log: (line: string) => void): Upstream {
  if (server.kind === "http") {
    const { key, url, headers } = server;
    const limits = { answerTimeoutMs: ANSWER_TIMEOUT_MS, maxAnswerBytes: MAX_ANSWER_BYTES };
    return createHttpUpstream({ server: key, url: new URL(url), headers, ...limits, log });
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
    answerTimeoutMs: ANSWER_TIMEOUT_MS,
    log,
  });
}

async function reloadPolicy(policy: ActivePolicy, log: (line: string) => void): Promise<Reloaded> {
  const result = await policy.reload();
  switch (result.kind) {
    case "swapped":
      log(`policy: revision ${result.to.revision} is active, in the place of ${result.from.revision}`);
      return { kind: "swapped", from: result.from.revision, to: result.to.revision };
    case "unchanged":
      return { kind: "unchanged", revision: result.revision.revision };
    case "kept":
      log(
        `policy: revision ${result.revision.revision} stays active, for the bundle can't be taken: ${result.problem}`,
      );
      return { kind: "kept", revision: result.revision.revision, problem: result.problem };
  }
}

function describeUnclean({ fromUnixMs, toUnixMs, tornBytes }: UncleanEnd): string {
  const [from, to] = [fromUnixMs, toUnixMs].map((unixMs) => new Date(unixMs).toISOString());
  const torn = tornBytes > 0 ? `; a torn line of ${tornBytes} bytes was set apart` : "";
  return `the gate did not end cleanly: the decision log may lack calls between ${from} and ${to}${torn}`;
}
