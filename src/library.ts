// `import { createGate } from "regate"`: a gate in the caller's own process, for agent frameworks and servers that carry out tool
// calls by themselves. It judges as the gate that serves does, by the same parts, and listens nowhere.
import { randomUUID } from "node:crypto";
import { resolve } from "node:path";
import { z } from "zod";
import type { ApprovalRequest, Approvals } from "./approvals/approval.ts";
import { bundleOf } from "./bundles/default-bundle.ts";
import { Closers, composeCore } from "./compose-core.ts";
import { composeJudge } from "./compose-judge.ts";
import { loadConfig } from "./config/config.ts";
import { type Config, configSchema } from "./config/schema.ts";
import type { Principal } from "./gate/types.ts";
import { readCallToJudge } from "./http/judge-request.ts";
import { describeVerdict, type VerdictData } from "./mcp/verdict-data.ts";
import { toDiskProblem } from "./state/disk-problem.ts";
import { readVersion } from "./version.ts";

export type { ApprovalRequest, Approvals, VerdictData };

export type GateOptions = {
  /** A regate.yaml; relative to `cwd`. Left out, all settings are the defaults. */
  readonly config?: string;
  /** A bundle file in place of the configuration's; without either it is `bundles/regate.tar.gz` beside it, else the shipped one. */
  readonly bundle?: string;
  /** The folder with buckets, approvals, history and the decision log; `.regate` where it is left out. With `config`, that says it. One gate has it at a time. */
  readonly state?: string;
  /** The process' own where it is left out. */
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** The gate's own log, a line at a time; nothing where it is left out. */
  readonly log?: (line: string) => void;
};

/** Who calls; the caller has authenticated them. */
export type CallPrincipal = {
  readonly id: string;
  readonly groups?: readonly string[];
  readonly claims?: Readonly<Record<string, unknown>>;
};

/** A call that is about to be carried out. */
export type ToolCall = {
  /** The name that rules and catalogue have for it, or the key of a server of the configuration. */
  readonly server: string;
  readonly tool: string;
  /** Judged as JSON.stringify writes them. */
  readonly arguments?: Readonly<Record<string, unknown>>;
  /** 1 to 128 visible ASCII characters; left out, all calls of the principal are one session. */
  readonly session?: string;
  /** `local` where it is left out. */
  readonly principal?: CallPrincipal;
  /** The tool as tools/list has it: it is classified, and its arguments are checked, by that. */
  readonly definition?: Readonly<Record<string, unknown>>;
};

/** What became of it. Members besides `allowed` and `refund` are those of `POST /v1/judge`. */
export type JudgedCall = Omit<VerdictData, "decision_id"> & {
  /** Whether it may be carried out. */
  readonly allowed: boolean;
  /** Absent where it could not be judged at all: an unknown server, too many sessions. */
  readonly decision_id: string | undefined;
  /** Gives tokens and approval back, where the call was allowed and nothing of it was carried out. A second time does nothing. */
  refund(): void;
};

export type ToolGate = {
  /** @throws TypeError for what is no call: a key that means nothing, arguments that are no JSON */
  judge(call: ToolCall): Promise<JudgedCall>;
  /** What waits for a person, and the person's answer: for the caller's own operators, never for the agent. */
  readonly approvals: Approvals;
  /** Takes a changed bundle. @returns the revision in force, and why the new bundle was not taken */
  reload(): Promise<{ readonly revision: string; readonly problem: string | undefined }>;
  /** Flushes journal and log; judges nothing from then on. */
  close(): Promise<void>;
};

const principalSchema = z.strictObject({
  id: z.string().min(1).max(400),
  groups: z.array(z.string()).default([]),
  claims: z.record(z.string(), z.unknown()).default({}),
});
const LOCAL: CallPrincipal = { id: "local" };
const CALL_KEYS = ["server", "tool", "arguments", "session", "principal", "definition"];
const NO_FILE = "regate.yaml";

/** @throws Error (a `Problem`, with a line for each fault) for what a person mends: the configuration, the bundle, the state folder */
export async function createGate(options: GateOptions = {}): Promise<ToolGate> {
  const { cwd = process.cwd(), env = process.env, log = () => {} } = options;
  const config = readConfig(options, env, cwd);
  const source = bundleOf(config);
  const shown = source.kind === "file" ? source.file : source.url;
  const closers = new Closers(log);
  try {
    const { gate, takes, live, bundle, approvals } = await composeCore(
      {
        config,
        bundle: { source, shown },
        version: readVersion(),
        instance: randomUUID(),
        hasApprover: () => true,
        url: () => undefined,
        log,
      },
      closers,
    );
    closers.push(() => approvals.close());
    const { policy } = bundle;
    const servers = [...config.servers.values()];
    const judge = composeJudge({ config, gate, limiter: takes, live, policy, servers: () => servers, log });
    bundle.start(approvals.policyChanged);
    let isClosed = false;
    return {
      approvals: approvals.desk,
      async judge(call) {
        if (isClosed) throw new Error("the gate is closed: it judges nothing any more");
        const principal = readPrincipal(call.principal ?? LOCAL);
        const read = readCallToJudge(writeCall(call), config.limits.maxDepth);
        if (read.kind === "refused") throw new TypeError(read.problem);
        const judged = await judge(read.call, principal);
        if (judged.kind !== "judged") return unjudged(judged.kind, call.server);
        const { server, verdict } = judged;
        const { tool, definition } = read.call;
        const data = describeVerdict(verdict, { server, method: "tools/call", tool, definition });
        let left = verdict.kind === "forward" ? verdict : undefined;
        return {
          ...data,
          allowed: verdict.kind === "forward",
          refund() {
            if (left !== undefined && !isClosed) gate.refund(left);
            left = undefined;
          },
        };
      },
      async reload() {
        const reloaded = await policy.reload();
        const { revision } = policy.current.engine.revision;
        return { revision, problem: reloaded.kind === "kept" ? reloaded.problem : undefined };
      },
      async close() {
        isClosed = true;
        await closers.close();
      },
    };
  } catch (error) {
    await closers.close();
    throw toDiskProblem(error, config.state);
  }
}

function readConfig({ config: file, bundle, state }: GateOptions, env: NodeJS.ProcessEnv, cwd: string): Config {
  if (file !== undefined && state !== undefined)
    throw new TypeError("state: the configuration says it, as state: there");
  const config =
    file === undefined
      ? configSchema({ file: resolve(cwd, NO_FILE), folder: cwd, env }).parse(state === undefined ? {} : { state })
      : loadConfig(file, env, cwd);
  if (bundle === undefined) return config;
  return { ...config, bundle: { ...config.bundle, source: { kind: "file", file: resolve(cwd, bundle) } } };
}

function readPrincipal(given: CallPrincipal): Principal {
  const parsed = principalSchema.safeParse(given);
  if (parsed.success) return { ...parsed.data, groups: [...new Set(parsed.data.groups)].sort() };
  const [issue] = parsed.error.issues;
  throw new TypeError(`principal.${issue?.path.join(".")}: ${issue?.message}`);
}

/** The body that `POST /v1/judge` would get: it is read as strictly. */
function writeCall(call: ToolCall): Uint8Array {
  const unknown = Object.keys(call).find((key) => !CALL_KEYS.includes(key));
  if (unknown !== undefined) throw new TypeError(`${JSON.stringify(unknown)} means nothing in a call`);
  const { server, tool, arguments: given, session, definition } = call;
  return Buffer.from(JSON.stringify({ server, tool, arguments: given, session, definition }));
}

function unjudged(kind: "unknown_server" | "too_many_sessions" | "uncounted", server: string): JudgedCall {
  const problems = {
    unknown_server: `Nothing is known of a server ${JSON.stringify(server)}: no entry of the configuration, no rules, no catalogue.`,
    too_many_sessions: "Too many new sessions: try again later, or go on in one that was named before.",
    uncounted: "New sessions can't be counted now: try again later.",
  };
  const message = problems[kind];
  return {
    allowed: false,
    action: kind === "unknown_server" ? "deny" : "rate_limit",
    message,
    reasons: [message],
    rules: [],
    labels: [],
    retry_after: undefined,
    failed_step: undefined,
    approval: undefined,
    observed: undefined,
    decision_id: undefined,
    bundle_revision: undefined,
    refund() {},
  };
}
