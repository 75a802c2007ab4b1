// The policy that judges, set on where its bundle comes from: a file or a service, verified where a key is pinned, told of
// where somebody is to know. Made once, by the composition root.
import { type GatePolicy, openGatePolicy } from "./bundles/gate-policy.ts";
import { createReport } from "./bundles/report.ts";
import { readPinnedKey } from "./bundles/signature.ts";
import type { BundleSource } from "./config/bundle-schema.ts";
import type { Config } from "./config/schema.ts";
import type { State } from "./state/state.ts";

export type BundleParts = {
  readonly config: Config;
  /** Where it comes from, and how the person knows that. */
  readonly bundle: { readonly source: BundleSource; readonly shown: string };
  readonly labels: Readonly<Record<string, string>>;
  readonly state: State;
  /** Whether the decision log can't be written now. */
  readonly logIsFailing: () => boolean;
  readonly log: (line: string, level?: "info") => void;
};

export type RunningBundle = {
  readonly policy: GatePolicy;
  /** Since when the active policy judges, Unix time in milliseconds. */
  readonly since: () => number;
  /**
   * From now on a service is asked.
   * @param swapped told that another bundle judges
   */
  start(swapped: () => void): void;
  close(): Promise<void>;
};

/** @throws Problem where the key can't be read, or there is no bundle that can be taken and none to wait for */
export async function composeBundle(parts: BundleParts): Promise<RunningBundle> {
  const { config, bundle, labels, state, log } = parts;
  const { verify, allowRollback } = config.bundle;
  let policy: GatePolicy | undefined;
  let since = Date.now();
  let onSwapped: (() => void) | undefined;
  const report =
    config.status &&
    createReport({
      ...config.status,
      update: () => ({
        labels,
        bundles: policy === undefined ? {} : { regate: policy.status() },
        plugins: {
          bundle: { state: policy?.notReady() === undefined ? "OK" : "NOT_READY" },
          decision_logs: { state: parts.logIsFailing() ? "ERROR" : "OK" },
        },
      }),
      log,
    });
  policy = await openGatePolicy({
    ...bundle,
    pinned: verify && readPinnedKey(verify),
    allowRollback,
    dir: state.dir,
    seen: state.meta,
    unixMs: Date.now,
    swapped: (from, to) => {
      since = Date.now();
      const [before, after] = [from, to].map(({ engine }) => engine.revision.revision);
      if (onSwapped !== undefined) log(`policy: revision ${after} is active, in the place of ${before}`, "info");
      onSwapped?.();
    },
    tried: () => report?.changed(),
    log,
  });
  report?.changed();
  const opened = policy;
  return {
    policy: opened,
    since: () => since,
    start(swapped) {
      onSwapped = swapped;
      opened.start();
    },
    async close() {
      await opened.close();
      await report?.close();
    },
  };
}
