// The console, set on the gate's parts: which part answers each of its ports. Made once, by the composition root.
import type { Live } from "./compose-live.ts";
import type { Config } from "./config/schema.ts";
import { createLateConsole } from "./console/late-console.ts";
import type { BucketNow, BundleView, ConsolePorts, PolicyView } from "./console/ports.ts";
import type { ToolFacts } from "./gate/types.ts";
import { readBucketKey } from "./limits/bucket-key.ts";
import { createLimiter, type Limiter } from "./limits/limiter.ts";
import type { ActivePolicy, LoadedPolicy } from "./policy/active-policy.ts";
import { bareCall } from "./policy/bare-call.ts";
import { formatPath } from "./policy/build/packages.ts";
import { readPackageNote } from "./policy/bundle-packages.ts";
import { type Catalogue, describeTool } from "./policy/catalogue.ts";
import { fuelBudget } from "./policy/engine.ts";
import { FUEL_EXPORT } from "./policy/fuel-meter.ts";
import { composeInput, NO_HISTORY } from "./policy/input.ts";
import { INPUT_KEYS } from "./policy/input-schema.ts";
import type { ToolName } from "./policy/live-tools.ts";
import { findFacts } from "./policy/tool-facts.ts";
import { writeToolRules } from "./policy/tool-rules.ts";

export type ConsoleOptions = Pick<
  ConsolePorts,
  "version" | "status" | "freezes" | "approvals" | "activity" | "lines" | "ask" | "servers"
> & {
  readonly config: Pick<Config, "timezone">;
  readonly policy: ActivePolicy;
  readonly live: Live;
  readonly limiter: Pick<Limiter, "buckets">;
  readonly acceptsKey: ConsolePorts["acceptsKey"];
  readonly log: (line: string) => void;
};

const MAX_BUCKETS = 10_000;
/** Of one address: ten at once, then one each six seconds. */
const TOLD = { rule: "gate/console", max: 10, window: 60, per: "everyone", over: "all", cost: 1 } as const;
/** Addresses that failed lately; beyond them nobody new is told of until some are forgotten. */
const MAX_ADDRESSES = 1_000;

export function composeConsole(options: ConsoleOptions): ReturnType<typeof createLateConsole> {
  const { config, policy, live, limiter, acceptsKey, version, status, freezes, approvals, activity, lines, ask } =
    options;
  const { servers, log } = options;
  const ports: ConsolePorts = {
    policy: () => viewPolicy(policy.current, live, config.timezone),
    live: live.view,
    version,
    status,
    freezes,
    approvals,
    activity,
    lines,
    ask,
    meter: { exportName: FUEL_EXPORT, baseUnits: fuelBudget(0), unitsPerByte: fuelBudget(1) - fuelBudget(0) },
    inputKeys: INPUT_KEYS,
    buckets: () => listBuckets(limiter),
    unixMs: Date.now,
    servers,
    acceptsKey,
    wrongKey: tellOfWrongKeys(log),
    monotonicMs: () => performance.now(),
    log,
  };
  return createLateConsole(async () => (await import("./console/console.tsx")).createConsole(ports));
}

/** The active policy as the console reads it. */
export function viewPolicy(policy: LoadedPolicy, live: Live, timezone: string): PolicyView {
  const { engine, bundle, rules, catalogue, servers } = policy;
  const inputOf = ({ server, tool }: ToolName, facts: ToolFacts): string =>
    composeInput(bareCall(server, tool, "console"), facts, { unixMs: Date.now() }, NO_HISTORY, timezone);
  return {
    revision: engine.revision.revision,
    catalogue,
    rules,
    judge({ server, tool }) {
      const facts = describeLive(catalogue, live, { server, tool });
      return { facts, evaluation: engine.evaluate(inputOf({ server, tool }, facts)) };
    },
    inputOf: (name) => inputOf(name, describeLive(catalogue, live, name)),
    describe: () => describeBundle(policy),
    program: { wasm: engine.wasm, dataJson: bundle.dataJson },
    writeRego({ server, tool }, limitAction) {
      const packageText = formatPath(["policy", "servers", server]);
      return writeToolRules({
        server,
        tool,
        tools: Object.keys(catalogue[server]?.tools ?? {}),
        isTaken: (id) => rules.has(`${packageText}/${id}`),
        withPackage: !servers.has(server),
        limitAction,
      });
    },
  };
}

/** As the gate describes it in a call, by what the server listed last; what it never listed is taken for the reviewed one. */
function describeLive(catalogue: Catalogue, { tools, classify }: Live, { server, tool }: ToolName): ToolFacts {
  const status = tools.statusOf(server, tool);
  if (status.kind === "unseen") return describeTool(catalogue, server, tool);
  return findFacts(catalogue, classify, {
    server,
    tool,
    definition: status.kind === "gone" ? undefined : status.definition,
  });
}

function describeBundle({ engine, bundle: { manifest, packages, dataJson } }: LoadedPolicy): BundleView {
  return {
    digest: engine.revision.digest,
    roots: manifest.roots,
    regoVersion: manifest.rego_version,
    wasmBytes: engine.wasm.length,
    dataBytes: dataJson.length,
    entrypoints: manifest.wasm.map(({ entrypoint, annotations: [note = {}] }) => ({ name: entrypoint, ...note })),
    packages: packages.map(({ path, file, metadata }) => ({ path, file, ...readPackageNote(metadata) })),
  };
}

/** The console shows so many; looking at each of a million would block the calls. */
function listBuckets(limiter: Pick<Limiter, "buckets">): {
  readonly list: readonly BucketNow[];
  readonly isCut: boolean;
} {
  const list: BucketNow[] = [];
  let seen = 0;
  for (const { key, used, max, windowMs } of limiter.buckets()) {
    seen += 1;
    if (seen > MAX_BUCKETS) return { list, isCut: true };
    const name = readBucketKey(key);
    if (name !== undefined)
      list.push({ ...name, max, left: max * (1 - used), fullInSeconds: (used * windowMs) / 1_000 });
  }
  return { list, isCut: false };
}

/** By catalogue name, the keys. */
/** Wrong keys are told of, but nobody fills the gate's log with them. */
function tellOfWrongKeys(log: (line: string) => void): (client: string) => void {
  const limiter = createLimiter({
    monotonicMs: () => performance.now(),
    journal: { append() {} },
    maxBucketsPerPrincipal: MAX_ADDRESSES,
  });
  return (client) => {
    const { kind } = limiter.take([{ key: client, limit: TOLD }], "console");
    if (kind === "taken") log(`console: a wrong operator key from ${client}`);
  };
}
