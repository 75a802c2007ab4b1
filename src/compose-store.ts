// What many gates share, set on the store: token buckets, ended sessions and requests for approval. Loaded only where a store is configured; opened
// and closed by the composition root. A store that can't be reached is no reason not to start: calls are judged by `failure`.
import type { SharedApprovalStore } from "./approvals/shared-ledger.ts";
import type { Config } from "./config/schema.ts";
import type { StoreConfig } from "./config/store-schema.ts";
import type { Takes } from "./limits/limiter.ts";
import type { State } from "./state/state.ts";
import type { StoreStatus } from "./status/status-schema.ts";
import { createDegradingLimiter } from "./store/degrading-limiter.ts";
import { createLink } from "./store/link.ts";
import { watchPersistence } from "./store/persistence.ts";
import { createSharedApprovals } from "./store/shared-approvals.ts";
import { createSharedEnds, type OwnEnds } from "./store/shared-ends.ts";
import { createSharedLimiter } from "./store/shared-limiter.ts";

export type StoreParts = {
  readonly config: Config;
  readonly store: StoreConfig;
  readonly state: State;
  /** Counts here while the store is out of reach, where that is wanted. */
  readonly local: Takes;
  /** Told of each session that another gate has ended. */
  readonly onSessionEnd: (name: string) => void;
  readonly log: (line: string, level?: "info") => void;
};

export type RunningStore = {
  readonly limiter: Takes;
  readonly ended: OwnEnds;
  readonly approvals: SharedApprovalStore;
  /** Why it can't be said which sessions have ended. */
  endsUnknown(): string | undefined;
  /** Why no limited call can go out; undefined where it can, if only within this gate's share. */
  notReady(): string | undefined;
  status(): StoreStatus;
  /** Connects, and reads what other gates have written; resolves within the time that an answer may take. */
  open(): Promise<void>;
  close(): void;
};

export function composeStore(parts: StoreParts): RunningStore {
  const { config, store, state, local, onSessionEnd, log } = parts;
  const { url, username, password, failure, localShare, prefix, timeoutMs } = store;
  const link = createLink({ url, username, password, prefix, timeoutMs, log });
  const shared = createSharedLimiter({ link, prefix, maxBucketsPerPrincipal: config.limits.bucketsPerPrincipal });
  const isLocal = failure === "local";
  const limiter = createDegradingLimiter({
    link,
    shared,
    local: isLocal ? { limiter: local, share: localShare } : undefined,
    log,
  });
  const ended = createSharedEnds({ link, prefix, own: state.endedSessions, onEnd: onSessionEnd, log });
  watchPersistence(link, log);
  if (config.sessionKeyFile === undefined)
    log(
      "store: without sessionKeyFile each gate has a key of its own, and a session goes on only at the gate that opened it",
    );
  const outOfReach = (): string | undefined => {
    const problem = link.problem();
    return problem === undefined ? undefined : `the store ${url} is out of reach: ${problem}`;
  };
  return {
    limiter,
    ended,
    approvals: createSharedApprovals(link, prefix),
    endsUnknown: () => (isLocal || ended.isComplete() ? undefined : outOfReach()),
    notReady: () => (isLocal ? undefined : outOfReach()),
    status: () => ({
      url,
      failure,
      local_share: isLocal ? localShare : undefined,
      problem: link.problem(),
    }),
    open: () => link.open(),
    close: () => link.close(),
  };
}
