// The composition root: from a configuration to a gate that serves. Every part is made here and nowhere else, in the order
// in which it is needed, and closed in the reverse order. Nothing is judged here.
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { GatePolicy, ReloadOptions } from "./bundles/gate-policy.ts";
import type { ComposedApp } from "./compose-app.ts";
import { composeConnections } from "./compose-connections.ts";
import { Closers, composeCore } from "./compose-core.ts";
import { composeIdentity } from "./compose-identity.ts";
import { composeJudge } from "./compose-judge.ts";
import { composeAsk, composeDocuments, composeStatus } from "./compose-operator.ts";
import { runServers, type ServerSet } from "./compose-server-set.ts";
import { composeServers, type RunningServer } from "./compose-servers.ts";
import type { RunningTraces } from "./compose-traces.ts";
import type { BundleSource } from "./config/bundle-schema.ts";
import { reachableUrl, removeRunningGate, writeRunningGate } from "./config/running-gate.ts";
import type { Config } from "./config/schema.ts";
import type { ServerConfig } from "./config/server-schema.ts";
import type { TracesConfig } from "./config/traces-env.ts";
import type { Reloaded, ReloadedAll, ReloadedServers } from "./http/app.ts";
import { createAuthenticator } from "./http/auth.ts";
import { createLateApp } from "./http/late-app.ts";
import { listen } from "./http/listen.ts";
import { type OpenedOperatorKey, openOperatorKey } from "./http/operator.ts";
import { createOperatorCheck } from "./http/operator-check.ts";
import { createOriginCheck } from "./http/origin.ts";
import { makeProofSecret, prove } from "./http/prove.ts";
import { type AllEndpoint, createAllEndpoint } from "./mcp/all/all-endpoint.ts";
import type { SharedServer } from "./mcp/all/link.ts";
import type { SessionNames } from "./mcp/session-names.ts";
import { createMetrics, type Metrics } from "./metrics/metrics.ts";
import type { Reload } from "./policy/active-policy.ts";
import { Problem } from "./problem.ts";
import { toDiskProblem } from "./state/disk-problem.ts";

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
  /** Where spans go; undefined: nowhere. */
  readonly traces?: TracesConfig | undefined;
  /** The gate's own log, a line at a time; what has no level is something to look at. */
  readonly log: (line: string, level?: "info" | "error") => void;
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

/** A list of all servers' tools waits for a server no longer. */
const LIST_WAIT_MS = 5_000;

/** @throws Problem for what a person mends: the bundle, the state folder, the address */
export async function startGate(options: GateOptions): Promise<RunningGate> {
  const { config, log, version } = options;
  const instance = randomUUID();
  const closers = new Closers(log);
  const close = (): Promise<void> => closers.close();
  let isRetiring = false;
  let url: string | undefined;
  let operator: OpenedOperatorKey | undefined;
  let metrics: Metrics | undefined;
  try {
    const traces = await composeTracesOf(options, instance);
    closers.push(() => traces?.close());
    const core = await composeCore(
      {
        config,
        bundle: options.bundle,
        shadow: options.shadow,
        version,
        instance,
        hasApprover: () =>
          (operator !== undefined && operator.kind !== "none") ||
          config.auth.issuers.some(({ operators }) => operators.length > 0),
        url: () => url && reachableUrl({ url }),
        judged: (judged) => metrics?.count(judged),
        log,
      },
      closers,
    );
    const { state, names, freezes, limiter, takes, store, lines, decisions, bundle } = core;
    const { live, shadow, activity, approvals, gate } = core;
    const { policy } = bundle;
    const issued = await composeIdentity(
      config.auth,
      () => config.auth.url ?? (url && reachableUrl({ url })) ?? "",
      log,
    );
    closers.push(() => issued?.tokens.close());
    const served = createMetrics({
      status: () => status(),
      buckets: limiter.bucketCount,
      pendingApprovals: () => approvals.desk.list({ state: "pending" }).length,
      lostSpans: traces?.lost,
    });
    metrics = served;
    const { countExchange } = served;
    let running = (): readonly ServerConfig[] => [];
    const { connections, desk } = composeConnections({ state, servers: () => running(), log });
    const { start, sharedNames } = composeServers({
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
      traces,
      log,
    });
    const servers = runServers(config.servers, names, start);
    running = () => servers.running().map(({ server }) => server);
    closers.push(() => servers.close());
    const all = composeAll(options, servers, sharedNames);
    closers.push(() => all.close());
    const secret = makeProofSecret();
    const reload = async (asked?: ReloadOptions): Promise<ReloadedAll> => {
      const reloaded = describeReload(await policy.reload(asked), log);
      return shadow === undefined ? reloaded : { ...reloaded, shadow: await shadow.reload() };
    };
    const reloadAll = async (asked?: ReloadOptions): Promise<ReloadedAll> => {
      const taken = await takeServers(options, servers, all);
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
    const routes: ComposedApp = {
      instance,
      endpoints: servers.endpoints,
      all: all.endpoint,
      originCheck: createOriginCheck(config),
      authenticator: createAuthenticator(config.keys, issued),
      operator: createOperatorCheck(operatorKey, issued),
      resource: issued?.resource,
      reload: ({ by, allowRollback }) => {
        log(`reload: asked for by ${by}`, "info");
        return reloadAll({ allowRollback });
      },
      documents: composeDocuments(policy, ask),
      provenance: () => ({ version, revision: policy.current.engine.revision.revision }),
      judge: composeJudge({
        config,
        gate,
        limiter: takes,
        live,
        policy,
        servers: () => servers.running().map(({ server }) => server),
        log,
      }),
      freezes,
      approvals: approvals.desk,
      connections: desk,
      status,
      metrics: { metrics: served, operatorKey, token: config.metrics.token },
      maxBodyBytes: config.limits.maxBodyBytes,
      maxDepth: config.limits.maxDepth,
      notReady: () => (isRetiring ? "the gate is stopping" : (policy.notReady() ?? store?.notReady())),
      degraded: () => store?.status().problem,
      prove: (nonce) => (url === undefined ? undefined : prove(secret, { nonce, url })),
      console: {
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
      },
      log,
    };
    const app = createLateApp(routes, async () => (await import("./compose-app.ts")).composeApp(routes));
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

/** Every server that runs at one endpoint. */
function composeAll({ config, version, log }: GateOptions, servers: ServerSet, names: SessionNames): AllEndpoint {
  let running: readonly RunningServer[] = [];
  let shared: readonly SharedServer[] = [];
  return createAllEndpoint({
    servers() {
      if (running !== servers.running()) {
        running = servers.running();
        shared = running.map(({ server, endpoint }) => {
          const known = shared.find((one) => one.key === server.key && one.endpoint === endpoint);
          return known ?? { key: server.key, endpoint };
        });
      }
      return shared;
    },
    sessionNames: names,
    maxBodyBytes: config.limits.maxBodyBytes,
    maxDepth: config.limits.maxDepth,
    inFlightPerSession: config.limits.inFlightPerSession,
    waitMs: LIST_WAIT_MS,
    version,
    log,
  });
}

/** A configuration that is not in order changes nothing. */
async function takeServers(
  { readServers, log }: GateOptions,
  servers: ServerSet,
  all: Pick<AllEndpoint, "changed">,
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
  const taking = servers.take(wanted);
  all.changed();
  const taken = await taking;
  for (const what of ["added", "changed", "removed"] as const) {
    if (taken[what].length > 0) log(`servers: ${what}: ${taken[what].join(", ")}`, "info");
  }
  return taken;
}

/** What draws traces is loaded only where somebody collects them. */
async function composeTracesOf(
  { traces, version, log }: GateOptions,
  instance: string,
): Promise<RunningTraces | undefined> {
  if (traces === undefined) return undefined;
  const { composeTraces } = await import("./compose-traces.ts");
  return composeTraces({ traces, version, instance, log });
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
