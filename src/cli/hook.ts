// `regate hook claude-code`: what Claude Code runs before it uses a tool. It has the running gate judge the call, and answers in the
// form of Claude Code's PreToolUse hooks. Whatever goes wrong denies the call: Claude Code goes on where a hook only fails.
import { readlinkSync, realpathSync } from "node:fs";
import { parseArgs } from "node:util";
import { z } from "zod";
import { parseJson } from "../check/parse-json.ts";
import { locateState } from "../config/config.ts";
import { type RunningGate, reachableUrl } from "../config/running-gate.ts";
import { showable } from "../mcp/showable.ts";
import { messageOf, Problem } from "../problem.ts";
import type { CommandIo } from "./command.ts";
import { findGate } from "./find-gate.ts";
import { readBody, send } from "./gate-link.ts";
import { readPreToolUse } from "./hook/pre-tool-use.ts";

/** Well below the minute that the documented settings give the hook: one that is killed denies nothing. */
const ANSWER_MS = 20_000;
const MAX_PROBLEM_CHARS = 1_000;
const FILES = { realpath: (path: string) => realpathSync.native(path), readlink: (path: string) => readlinkSync(path) };

/** How the gate answers a call that was judged (docs/other-tools.md). */
const judgedSchema = z.object({ action: z.string(), message: z.string().optional(), decision_id: z.string() });
const refusedSchema = z.object({ problem: z.string(), remedy: z.string() });

type Outcome =
  | { readonly kind: "allowed"; readonly decisionId: string }
  | { readonly kind: "denied"; readonly reason: string };

/** @returns 0 with the answer on stdout; wrong use is a Problem, whose exit code 2 Claude Code takes for a denial as well */
export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      config: { type: "string", short: "c", default: "regate.yaml" },
      through: { type: "string", multiple: true, default: [] },
      allow: { type: "boolean" },
    },
  });
  if (positionals.length !== 1 || positionals[0] !== "claude-code")
    throw new Problem(["regate hook: name the client whose hook it is: regate hook claude-code"]);
  const read = readPreToolUse(await io.stdin(), {
    project: io.env.CLAUDE_PROJECT_DIR,
    through: values.through,
    files: FILES,
  });
  switch (read.kind) {
    case "through":
      return 0;
    case "refused":
      return answer(io, "deny", `Regate can't judge this call: ${showable(read.problem, MAX_PROBLEM_CHARS)}`);
    case "call": {
      const outcome = await judge(read.bodyText, values.config, io);
      if (outcome.kind === "denied") return answer(io, "deny", outcome.reason);
      // without --allow the person's own permissions have their say
      return values.allow === true ? answer(io, "allow", `Allowed by Regate (decision ${outcome.decisionId})`) : 0;
    }
  }
}

function answer(io: CommandIo, permissionDecision: "allow" | "deny", permissionDecisionReason: string): number {
  const hookSpecificOutput = { hookEventName: "PreToolUse", permissionDecision, permissionDecisionReason };
  io.stdout(`${JSON.stringify({ hookSpecificOutput })}\n`);
  return 0;
}

async function judge(bodyText: string, config: string, io: CommandIo): Promise<Outcome> {
  const found = await findGate(locateState(config, io.cwd));
  switch (found.kind) {
    case "none":
      return denied(`no gate runs on ${config}; start it with regate serve`);
    case "stranger":
      return denied(found.problem);
    case "unready":
      return denied(`the gate can't judge now: ${found.problem}`);
    case "ready":
      return ask(found.gate, bodyText, io.env.REGATE_API_KEY);
  }
}

async function ask(gate: RunningGate, bodyText: string, apiKey: string | undefined): Promise<Outcome> {
  const body = Buffer.from(bodyText);
  const headers = {
    "content-type": "application/json",
    "content-length": String(body.length),
    ...(apiKey !== undefined && apiKey !== "" && { authorization: `Bearer ${apiKey}` }),
  };
  const signal = AbortSignal.timeout(ANSWER_MS);
  try {
    const answered = await send(gate, { method: "POST", path: "/v1/judge", headers, body, signal });
    return readAnswer(answered.statusCode, (await readBody(answered)).toString("utf8"));
  } catch (error) {
    return denied(`the gate at ${reachableUrl(gate)} gave no answer (${messageOf(error)})`);
  }
}

function readAnswer(status: number | undefined, text: string): Outcome {
  const judged = status === 200 ? judgedSchema.safeParse(parseJson(text)).data : undefined;
  if (judged?.action === "allow") return { kind: "allowed", decisionId: judged.decision_id };
  if (judged?.message !== undefined) return { kind: "denied", reason: judged.message };
  const refused = refusedSchema.safeParse(parseJson(text)).data;
  if (status === 401) return denied(`${refused?.problem ?? "it wants a key"}; the hook takes it from REGATE_API_KEY`);
  if (refused !== undefined) return denied(`${refused.problem}; ${refused.remedy}`);
  return denied(`the gate answered ${status} and no verdict; see its log`);
}

function denied(problem: string): Outcome {
  return { kind: "denied", reason: `Regate could not judge this call: ${showable(problem, MAX_PROBLEM_CHARS)}` };
}
