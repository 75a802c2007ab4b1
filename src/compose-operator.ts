// What the operator's routes answer, set on the gate's parts: a question to the policy, and the status of the whole gate.
import { randomUUID } from "node:crypto";
import type { BundleStatus } from "./bundles/status.ts";
import { sitesOf } from "./compose-gate.ts";
import type { Live } from "./compose-live.ts";
import type { RunningServer } from "./compose-servers.ts";
import type { RunningShadow } from "./compose-shadow.ts";
import type { RunningStore } from "./compose-store.ts";
import type { Config } from "./config/schema.ts";
import type { Freezes } from "./freeze/freeze.ts";
import type { Answered, Asked, DocumentPort, Spent } from "./http/data-api.ts";
import type { DecisionLog } from "./log/decision-log.ts";
import type { ActivePolicy } from "./policy/active-policy.ts";
import { CLASSIFY_ENTRYPOINT, DECISION_ENTRYPOINT, RESULT_ENTRYPOINT } from "./policy/bundle.ts";
import { MASK_ENTRYPOINT } from "./policy/log-masks.ts";
import { readInput } from "./policy/read-input.ts";
import { describeFrozen } from "./status/describe-frozen.ts";
import type { ServerStatus, Status } from "./status/status-schema.ts";

export type OperatorParts = {
  readonly config: Config;
  readonly version: string;
  readonly instance: string;
  /** As the person named the bundle. */
  readonly bundle: string;
  readonly policy: ActivePolicy;
  /** Since when the active policy judges, Unix time in milliseconds. */
  readonly policySince: () => number;
  /** What became of its bundle lately. */
  readonly bundleStatus: () => BundleStatus;
  readonly freezes: Freezes;
  readonly shadow: RunningShadow | undefined;
  readonly decisions: DecisionLog;
  readonly live: Live;
  readonly servers: () => readonly RunningServer[];
  readonly store: RunningStore | undefined;
};

type Decided = Extract<Asked, { kind: "decided" }> & { readonly spent: Spent };

/** Answers a question with the active policy, and records that. */
export function composeAsk({ policy, decisions }: Pick<OperatorParts, "policy" | "decisions">) {
  return async (inputText: string): Promise<Decided | Exclude<Asked, { kind: "decided" }>> => {
    const read = readInput(JSON.parse(inputText));
    if (read.kind === "refused") return read;
    const startedUnixMs = Date.now();
    const startedNs = performance.now() * 1e6;
    const { engine } = policy.current;
    const evaluation = engine.evaluate(inputText);
    const judgedNs = performance.now() * 1e6 - startedNs;
    const id = randomUUID();
    const rules = evaluation.kind === "decided" ? sitesOf(evaluation.decision, policy.current.rules) : [];
    const characters = inputText.length;
    try {
      const mask = engine.hasMasks ? () => engine.mask(inputText) : undefined;
      await decisions.record({ id, asked: read.input, characters, evaluation, rules, startedUnixMs, judgedNs, mask });
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      return { kind: "failed", problem: `the decision can't be recorded: ${problem}` };
    }
    if (evaluation.kind === "failed") return { kind: "failed", problem: evaluation.problem };
    const spent = { evaluatedNs: judgedNs, fuel: evaluation.fuel };
    return { kind: "decided", id, decision: evaluation.decision, spent };
  };
}

/** The documents that the active bundle is asked for; a decision is recorded. */
export function composeDocuments(
  policy: ActivePolicy,
  ask: ReturnType<typeof composeAsk>,
): () => ReadonlyMap<string, DocumentPort> {
  const decision: DocumentPort = async (inputText) => {
    const asked = await ask(inputText);
    if (asked.kind !== "decided") return asked;
    return { kind: "answered", id: asked.id, document: asked.decision, spent: asked.spent };
  };
  const classification: DocumentPort = async (inputText) => {
    const [made, spent] = spend(() => policy.current.engine.classify(inputText));
    return made.kind === "failed" ? made : unrecorded(made.classification, spent);
  };
  const result: DocumentPort = async (inputText) => {
    const [made, spent] = spend(() => policy.current.engine.judgeAnswer(inputText));
    return made.kind === "failed" ? made : unrecorded(made.decision, spent);
  };
  const masks: DocumentPort = async (inputText) => {
    const [made, spent] = spend(() => policy.current.engine.mask(inputText));
    return made.kind === "failed" ? made : unrecorded(made.pointers, spent);
  };
  return () => {
    const { hasMasks, judgesAnswers } = policy.current.engine;
    return new Map([
      [DECISION_ENTRYPOINT, decision],
      [CLASSIFY_ENTRYPOINT, classification],
      ...(judgesAnswers ? [[RESULT_ENTRYPOINT, result] as const] : []),
      ...(hasMasks ? [[MASK_ENTRYPOINT, masks] as const] : []),
    ]);
  };
}

function spend<Made extends object>(evaluate: () => Made): readonly [Made, Spent] {
  const startedMs = performance.now();
  const made = evaluate();
  const evaluatedNs = (performance.now() - startedMs) * 1e6;
  return [made, { evaluatedNs, fuel: "fuel" in made && typeof made.fuel === "number" ? made.fuel : undefined }];
}

function unrecorded(document: unknown, spent: Spent): Answered {
  return { kind: "answered", id: undefined, document, spent };
}

export function composeStatus(parts: OperatorParts): () => Status {
  const { config, version, instance, policy, shadow, decisions } = parts;
  const started = toText(Date.now());
  return () => ({
    version,
    instance,
    started,
    now: toText(Date.now()),
    policy: { ...policy.current.engine.revision, file: parts.bundle, since: toText(parts.policySince()) },
    bundle: parts.bundleStatus(),
    shadow: shadow?.status(),
    frozen: describeFrozen(parts.freezes.list()),
    servers: parts.servers().map((running) => describeServer(running, parts)),
    store: parts.store?.status(),
    log: {
      file: config.log.file,
      durable: config.log.durable,
      on_failure: config.log.onFailure,
      lost: decisions.lost(),
      failing: decisions.isFailing(),
    },
  });
}

function describeServer({ server, upstream, tally }: RunningServer, { policy, live }: OperatorParts): ServerStatus {
  const { key, catalogue, mode } = server;
  const { verdicts, letThrough, sessions, lastUnixMs } = tally.read();
  return {
    key,
    catalogue,
    mode,
    arguments: server.arguments,
    has_rules: policy.current.servers.has(catalogue),
    upstream: upstream.state(),
    changed_tools: Object.keys(policy.current.catalogue[catalogue]?.tools ?? {}).filter(
      (tool) => live.tools.statusOf(catalogue, tool).kind === "changed",
    ),
    verdicts,
    let_through: letThrough,
    sessions,
    last_call: lastUnixMs === undefined ? undefined : toText(lastUnixMs),
  };
}

function toText(unixMs: number): string {
  return new Date(unixMs).toISOString();
}
