// The part of a gate that judges, set on its parts: state, buckets, history, record, policy, approvals. What serves calls
// (compose.ts), and what judges in the process of a caller (library.ts), are both made of it; neither is known here.
import { join } from "node:path";
import { composeApprovals, type RunningApprovals } from "./compose-approvals.ts";
import { composeBundle, type RunningBundle } from "./compose-bundle.ts";
import { composeGate } from "./compose-gate.ts";
import { composeLive, type Live } from "./compose-live.ts";
import { nameServers, type ServerNames } from "./compose-server-set.ts";
import { composeShadow, type RunningShadow } from "./compose-shadow.ts";
import type { RunningStore } from "./compose-store.ts";
import type { BundleSource } from "./config/bundle-schema.ts";
import { RESERVED_KEY_NAME } from "./config/key-name.ts";
import type { Config } from "./config/schema.ts";
import { createFreezes, type Freezes } from "./freeze/freeze.ts";
import type { Gate, Judged } from "./gate/gate.ts";
import { openHistory } from "./history/history-journal.ts";
import { openJournal } from "./limits/journal.ts";
import { createLimiter, type Limiter, type Takes } from "./limits/limiter.ts";
import { type DecisionLog, openDecisionLog, type UncleanEnd } from "./log/decision-log.ts";
import { createRecentLines, type RecentLines, recallLines } from "./log/recent-lines.ts";
import type { LineContext } from "./log/write-line.ts";
import type { ActivePolicy } from "./policy/active-policy.ts";
import { messageOf } from "./problem.ts";
import { readSecret } from "./state/private-files.ts";
import { openState, SECRET_KEY_BYTES, type State } from "./state/state.ts";
import { type Activity, createActivity } from "./status/activity.ts";

export type CoreOptions = {
  readonly config: Config;
  /** Where the bundle comes from, and how the person knows that. */
  readonly bundle: { readonly source: BundleSource; readonly shown: string };
  /** A second bundle, which judges beside it and refuses nothing. */
  readonly shadow?: { readonly file: string; readonly shown: string } | undefined;
  readonly version: string;
  /** UUID of this run. */
  readonly instance: string;
  /** Whether there is somebody who can approve. */
  readonly hasApprover: () => boolean;
  /** Base URL at which this machine reaches the gate, without a slash at the end; undefined while it is not known. */
  readonly url: () => string | undefined;
  /** Sees each call that was judged. */
  readonly judged?: (judged: Judged) => void;
  readonly log: (line: string) => void;
};

export type Core = {
  readonly state: State;
  readonly names: ServerNames;
  readonly freezes: Freezes;
  /** This gate's own buckets, and those that count: the store's, where there is one. */
  readonly limiter: Limiter;
  readonly takes: Takes;
  readonly store: RunningStore | undefined;
  readonly lines: RecentLines;
  readonly decisions: DecisionLog;
  readonly bundle: RunningBundle;
  readonly live: Live;
  readonly shadow: RunningShadow | undefined;
  readonly activity: Activity;
  readonly approvals: RunningApprovals;
  readonly gate: Gate;
};

/** What is closed in the reverse order in which it was opened. */
export class Closers {
  readonly #closers: (() => unknown)[] = [];
  readonly #log: (line: string) => void;

  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  push(closer: () => unknown): void {
    this.#closers.push(closer);
  }

  /** Never rejects; a second time does nothing. */
  async close(): Promise<void> {
    for (const closer of this.#closers.splice(0).reverse()) {
      try {
        await closer();
      } catch (error) {
        this.#log(`at the end: ${messageOf(error)}`);
      }
    }
  }
}

const HOUR_MS = 3_600_000;

/**
 * @param closers gets what must be closed, whether or not this succeeds
 * @throws Problem for what a person mends: the bundle, the state folder
 */
export async function composeCore(options: CoreOptions, closers: Closers): Promise<Core> {
  const { config, log, version, instance } = options;
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
      config.keys.length + config.auth.issuers.length === 0 ? [RESERVED_KEY_NAME] : config.keys.map(({ name }) => name),
    issuers: config.auth.issuers.map(({ name }) => name),
    unixMs: Date.now,
    log,
  });
  const limiter = createLimiter({
    monotonicMs: () => performance.now(),
    journal,
    maxBucketsPerPrincipal: config.limits.bucketsPerPrincipal,
    restore: journal.restored(),
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
  const live = composeLive(policy, log);
  const shadow = await composeShadowOf(options, policy, live, state);
  if (shadow !== undefined) closers.push(() => shadow.close());
  const activity = createActivity(Date.now);
  const approvals = composeApprovals({
    config,
    state,
    shared: store?.approvals,
    policy,
    hasApprover: options.hasApprover,
    url: options.url,
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
        options.judged?.(judged);
      },
    },
    shadow,
  });
  await store?.open();
  return {
    state,
    names,
    freezes,
    limiter,
    takes,
    store,
    lines,
    decisions,
    bundle,
    live,
    shadow,
    activity,
    approvals,
    gate,
  };
}

type LogParts = {
  readonly labels: LineContext["labels"];
  readonly state: State;
  readonly onLines: (lines: readonly string[]) => void;
};

/** Under this name the state has the file of the log that it has begun: one that is gone whole is missed then. */
const CHAINED_LOG = "chained_log";

async function composeLog({ config, log }: CoreOptions, parts: LogParts): Promise<DecisionLog> {
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
  { config, log }: CoreOptions,
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
  { config, shadow, log }: CoreOptions,
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

function describeUnclean({ fromUnixMs, toUnixMs, tornBytes }: UncleanEnd): string {
  const [from, to] = [fromUnixMs, toUnixMs].map((unixMs) => new Date(unixMs).toISOString());
  const torn = tornBytes > 0 ? `; a torn line of ${tornBytes} bytes was set apart` : "";
  return `the gate did not end cleanly: the decision log may lack calls between ${from} and ${to}${torn}`;
}
