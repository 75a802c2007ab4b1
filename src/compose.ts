// The composition root: from a configuration to a gate that serves. Every part is made here and nowhere else, in the order
// in which it is needed, and closed in the reverse order. Nothing is judged here.
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { GatePolicy, ReloadOptions } from "./bundles/gate-policy.ts";
import { composeApprovals } from "./compose-approvals.ts";
import { composeBundle } from "./compose-bundle.ts";
import { composeConnections } from "./compose-connections.ts";
import { composeConsole } from "./compose-console.ts";
import { composeGate } from "./compose-gate.ts";
import { composeIdentity } from "./compose-identity.ts";
import { composeLive, type Live } from "./compose-live.ts";
import { composeAsk, composeStatus } from "./compose-operator.ts";
import { nameServers, runServers, type ServerSet } from "./compose-server-set.ts";
import { composeServers } from "./compose-servers.ts";
import { composeShadow, type RunningShadow } from "./compose-shadow.ts";
import type { RunningStore } from "./compose-store.ts";
import type { BundleSource } from "./config/bundle-schema.ts";
import { reachableUrl, removeRunningGate, writeRunningGate } from "./config/running-gate.ts";
import { type Config, RESERVED_KEY_NAME } from "./config/schema.ts";
import type { ServerConfig } from "./config/server-schema.ts";
import { createFreezes } from "./freeze/freeze.ts";
import { openHistory } from "./history/history-journal.ts";
import { createApp, type Reloaded, type ReloadedAll, type ReloadedServers } from "./http/app.ts";
import { createAuthenticator } from "./http/auth.ts";
import { listen } from "./http/listen.ts";
import { createMetricsApi } from "./http/metrics-api.ts";
import { type OpenedOperatorKey, openOperatorKey } from "./http/operator.ts";
import { createOperatorCheck } from "./http/operator-check.ts";
import { createOriginCheck } from "./http/origin.ts";
import { makeProofSecret, prove } from "./http/prove.ts";
import { openJournal } from "./limits/journal.ts";
import { createLimiter, type Limiter } from "./limits/limiter.ts";
import { type DecisionLog, openDecisionLog, type UncleanEnd } from "./log/decision-log.ts";
import { createRecentLines, recallLines } from "./log/recent-lines.ts";
import type { LineContext } from "./log/write-line.ts";
import { createMetrics } from "./metrics/metrics.ts";
import type { ActivePolicy, Reload } from "./policy/active-policy.ts";
import { Problem } from "./problem.ts";
import { toDiskProblem } from "./state/disk-problem.ts";
import { readSecret } from "./state/private-files.ts";
import { openState, SECRET_KEY_BYTES, type State } from "./state/state.ts";
import { createActivity } from "./status/activity.ts";

export type GateOptions = {
  readonly config: Config;
  /** Where the bundle comes from, and how the person knows that. */
  readonly bundle: { readonly source: BundleSource; readonly shown: string };
  /** A second bundle, which judges beside it and refuses nothing. */
  readonly shadow?: { readonly file: string; readonly shown: string } | undefined;
  readonly version: string;
  /** REGATE_OPERATOR_KEY. */
  readonly operatorKey: string | undefined;
  /** Whether an operator key that is made now can be shown to a person. */
  readonly canShowKey: boolean;
  /** The servers as the configuration names them now; undefined where they can't change. @throws Problem where it is not in order */
  readonly readServers?: (() => ReadonlyMap<string, ServerConfig>) | undefined;
  /** The gate's own log, a line at a time. */
  readonly log: (line: string) => void;
};

/** A gate that serves. */
export type RunningGate = {
  /** Base URL, without a slash at the end. */
  readonly url: string;
  readonly policy: GatePolicy;
  /** The operator key that was made at this start: to be shown once. */
  readonly madeOperatorKey: string | undefined;
  /** Takes changed bundles. */
  reload(options?: ReloadOptions): Promise<ReloadedAll>;
  /** Takes changed servers of the configuration as well. */
  reloadAll(options?: ReloadOptions): Promise<ReloadedAll>;
  /** Ends streams and sessions, flushes journal and log. */
  close(): Promise<void>;
  /** The same, for a gate behind a balancer: it is not ready first, and goes on for `drain.grace`. */
  retire(): Promise<void>;
};

const HOUR_MS = 3_600_000;

/** @throws Problem for what a person mends: the bundle, the state folder, the address */
export async function startGate(options: GateOptions): Promise<RunningGate> {
  const { config, log, version } = options;
  const instance = randomUUID();
  const closers: (() => unknown)[] = [];
  let isRetiring = false;
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
    const state = openState(config.state);
    closers.push(() => state.close());
    state.endedSessions.prune(Date.now());
    const pruning = setInterval(() => state.endedSessions.prune(Date.now()), HOUR_MS).unref();
    closers.push(() => clearInterval(pruning));
    const journal = openJournal({
      path: join(state.dir, "takes.journal"),
      store: state.buckets,
      unixMs: Date.now,
      onFoldFailed: log,
    });
    closers.push(() => journal.close());
    const names = nameServers(config.servers.values());
    const freezes = createFreezes({
      store: state.meta,
      servers: names.byKey,
      principals:
        config.keys.length + config.auth.issuers.length === 0
          ? [RESERVED_KEY_NAME]
          : config.keys.map(({ name }) => name),
      issuers: config.auth.issuers.map(({ name }) => name),
      unixMs: Date.now,
      log,
    });
    const limiter = createLimiter({
      monotonicMs: () => performance.now(),
      journal,
      maxBucketsPerPrincipal: config.limits.bucketsPerPrincipal,
      restore: journal.restored,
    });
    let sessionEnded = (_session: string): void => {};
    const store = await composeStoreOf(options, state, limiter, (session) => sessionEnded(session));
    if (store !== undefined) closers.push(() => store.close());
    const takes = store?.limiter ?? limiter;
    const history = openHistory({
      path: join(state.dir, "history.journal"),
      store: state.history,
      unixMs: Date.now,
      onProblem: log,
    });
    closers.push(() => history.close());
    const lines = createRecentLines();
    await recallLines(config.log.file, lines);
    const labels = { id: instance, version };
    const decisions = await composeLog(options, { labels, state, onLines: lines.push });
    closers.push(() => decisions.close());
    const bundle = await composeBundle({
      config,
      bundle: options.bundle,
      labels,
      state,
      logIsFailing: () => decisions.isFailing(),
      log,
    });
    closers.push(() => bundle.close());
    const { policy } = bundle;

    let url: string | undefined;
    const issued = await composeIdentity(
      config.auth,
      () => config.auth.url ?? (url && reachableUrl({ url })) ?? "",
      log,
    );
    closers.push(() => issued?.tokens.close());
    const live = composeLive(policy, log);
    const shadow = await composeShadowOf(options, policy, live, state);
    if (shadow !== undefined) closers.push(() => shadow.close());
    const activity = createActivity(Date.now);
    const metrics = createMetrics({
      status: () => status(),
      buckets: limiter.bucketCount,
      pendingApprovals: () => approvals.desk.list({ state: "pending" }).length,
    });
    let operator: OpenedOperatorKey | undefined;
    const approvals = composeApprovals({
      config,
      state,
      shared: store?.approvals,
      policy,
      hasApprover: () =>
        (operator !== undefined && operator.kind !== "none") ||
        config.auth.issuers.some(({ operators }) => operators.length > 0),
      url: () => url && reachableUrl({ url }),
      log,
    });
    sessionEnded = approvals.sessionEnded;
    const gate = composeGate(config, {
      policy,
      limiter: takes,
      approvals,
      decisions,
      history,
      live,
      freezes,
      activity: {
        count(judged) {
          activity.count(judged);
          metrics.count(judged);
        },
      },
      shadow,
    });
    const { countExchange } = metrics;
    await store?.open();
    let running = (): readonly ServerConfig[] => [];
    const { connections, desk } = composeConnections({ state, servers: () => running(), log });
    const start = composeServers({
      config,
      gate,
      limiter: takes,
      approvals,
      state,
      store,
      live,
      connections,
      policy,
      decisions,
      countExchange,
      log,
    });
    const servers = runServers(config.servers, names, start);
    running = () => servers.running().map(({ server }) => server);
    closers.push(() => servers.close());
    const secret = makeProofSecret();
    const reload = async (asked?: ReloadOptions): Promise<ReloadedAll> => {
      const reloaded = describeReload(await policy.reload(asked), log);
      return shadow === undefined ? reloaded : { ...reloaded, shadow: await shadow.reload() };
    };
    const reloadAll = async (asked?: ReloadOptions): Promise<ReloadedAll> => {
      const taken = await takeServers(options, servers);
      return { ...(await reload(asked)), ...(taken && { servers: taken }) };
    };
    const operatorKey = { accepts: (given: string | undefined) => operator?.key.accepts(given) ?? false };
    const status = composeStatus({
      config,
      version,
      instance,
      bundle: options.bundle.shown,
      policy,
      policySince: bundle.since,
      bundleStatus: () => policy.status(),
      freezes,
      shadow,
      decisions,
      live,
      servers: servers.running,
      store,
    });
    const ask = composeAsk({ policy, decisions });
    const app = createApp({
      instance,
      endpoints: servers.endpoints,
      originCheck: createOriginCheck(config),
      authenticator: createAuthenticator(config.keys, issued),
      operator: createOperatorCheck(operatorKey, issued),
      resource: issued?.resource,
      reload: reloadAll,
      ask,
      freezes,
      approvals: approvals.desk,
      connections: desk,
      status,
      metrics: createMetricsApi({ metrics, operatorKey, token: config.metrics.token }),
      maxBodyBytes: config.limits.maxBodyBytes,
      maxDepth: config.limits.maxDepth,
      notReady: () => (isRetiring ? "the gate is stopping" : (policy.notReady() ?? store?.notReady())),
      degraded: () => store?.status().problem,
      prove: (nonce) => (url === undefined ? undefined : prove(secret, { nonce, url })),
      console: composeConsole({
        config,
        policy,
        live,
        limiter,
        ask,
        version,
        status,
        freezes,
        approvals: approvals.desk,
        activity,
        lines,
        servers: names.byCatalogue,
        acceptsKey: operatorKey.accepts,
        log,
      }),
      log,
    });
    const server = await listen(app, config.listen);
    closers.push(() => server.close(config.drain.calls * 1_000));
    closers.push(() => approvals.close());
    // only now: a key that was made by a start that failed would never be shown
    operator = openOperatorKey({
      configured: options.operatorKey,
      store: state.meta,
      canShow: options.canShowKey,
    });
    url = server.url;
    bundle.start(approvals.policyChanged);
    writeRunningGate(config.state, { pid: process.pid, url, instance, secret, startedUnixMs: Date.now() });
    closers.push(() => removeRunningGate(config.state, instance));
    return {
      url: server.url,
      policy,
      madeOperatorKey: operator.kind === "made" ? operator.text : undefined,
      reload,
      reloadAll,
      close,
      async retire() {
        isRetiring = true;
        server.letGo();
        await sleep(config.drain.grace * 1_000);
        await close();
      },
    };
  } catch (error) {
    await close();
    throw toDiskProblem(error, config.state);
  }
}

/** A configuration that is not in order changes nothing. */
async function takeServers(
  { readServers, log }: GateOptions,
  servers: ServerSet,
): Promise<ReloadedServers | undefined> {
  if (readServers === undefined) return undefined;
  let wanted: ReadonlyMap<string, ServerConfig>;
  try {
    wanted = readServers();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    log(`servers: they stay as they are, for the configuration can't be taken: ${error.message}`);
    return { kind: "kept", problem: error.message };
  }
  const taken = await servers.take(wanted);
  for (const what of ["added", "changed", "removed"] as const) {
    if (taken[what].length > 0) log(`servers: ${what}: ${taken[what].join(", ")}`);
  }
  return taken;
}

type LogParts = {
  readonly labels: LineContext["labels"];
  readonly state: State;
  readonly onLines: (lines: readonly string[]) => void;
};

/** Under this name the state has the file of the log that it has begun: one that is gone whole is missed then. */
const CHAINED_LOG = "chained_log";

async function composeLog({ config, log }: GateOptions, parts: LogParts): Promise<DecisionLog> {
  const { labels, state, onLines } = parts;
  const { keyFile, rotate, keep, ...rest } = config.log;
  const decisions = await openDecisionLog({
    ...rest,
    key: keyFile === undefined ? state.secretKey("log") : readSecret(keyFile, SECRET_KEY_BYTES),
    wasChained: state.meta.get(CHAINED_LOG) === config.log.file,
    rotation: { maxBytes: rotate.maxBytes, maxAgeMs: rotate.maxHours && rotate.maxHours * HOUR_MS },
    retention: { files: keep.files, maxAgeMs: keep.days && keep.days * 24 * HOUR_MS },
    labels,
    unixMs: Date.now,
    onLines,
    onProblem: log,
  });
  state.meta.set(CHAINED_LOG, config.log.file);
  if (decisions.unclean !== undefined) log(describeUnclean(decisions.unclean));
  if (decisions.missing !== undefined) {
    log(`the decision log lacks what was in it, or was changed (${decisions.missing}); regate log verify says more`);
  }
  return decisions;
}

/** The client of the store is loaded only where there is a store. */
async function composeStoreOf(
  { config, log }: GateOptions,
  state: State,
  local: Limiter,
  onSessionEnd: (session: string) => void,
): Promise<RunningStore | undefined> {
  const { store } = config;
  if (store === undefined) return undefined;
  const { composeStore } = await import("./compose-store.ts");
  return composeStore({ config, store, state, local, onSessionEnd, log });
}

async function composeShadowOf(
  { config, shadow, log }: GateOptions,
  active: ActivePolicy,
  live: Live,
  state: State,
): Promise<RunningShadow | undefined> {
  if (shadow === undefined) return undefined;
  const logFile = join(state.dir, "shadow.jsonl");
  const { timezone } = config;
  return await composeShadow({
    bundle: shadow,
    active,
    live,
    timezone,
    logFile,
    maskedKeys: config.log.maskedKeys,
    log,
  });
}

function describeReload(result: Reload, log: (line: string) => void): Reloaded {
  switch (result.kind) {
    case "swapped":
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
