// Judges what servers say by the rules for answers of the policy that is active: looks through its texts, asks
// `regate/result`, and masks or refuses. Whatever can't be judged is refused, in words that say why; what is not passed is on
// record first. An answer to which no rule can speak is not looked at.
import type { ResultDecision } from "../gate/types.ts";
import type { ResultEvent } from "../log/result-line.ts";
import type { About, AnswerData, AnswerJudge, JudgedAnswer, Said } from "../mcp/answers.ts";
import type { ActivePolicy, LoadedPolicy } from "../policy/active-policy.ts";
import { mayLookAt, speakAt, speakingTo } from "../policy/answer-rules.ts";
import { composeInput } from "../policy/input.ts";
import { maskPlaces, writeMasked } from "./mask-answer.ts";
import { type Scanned, scanAnswer } from "./scan-answer.ts";

export type AnswerJudgeOptions = {
  readonly policy: ActivePolicy;
  /** The longest result, error or params that is judged. */
  readonly maxBytes: number;
  readonly timezone: string;
  readonly unixMs: () => number;
  /** Resolves when it is on record; rejects where it can't be, and must be. */
  readonly record: (event: ResultEvent) => Promise<void> | undefined;
};

type Outcome = {
  readonly judged: JudgedAnswer;
  readonly line: Omit<ResultEvent, "about" | "observed" | "unixMs"> | undefined;
};

const NOT_JUDGED = "It could not be judged; the operator finds the cause in the log";
const PASS: Outcome = { judged: { kind: "pass" }, line: undefined };

export function createAnswerJudge(options: AnswerJudgeOptions): AnswerJudge {
  const { policy } = options;
  const finish = async (about: About, { judged, line }: Outcome): Promise<JudgedAnswer> => {
    if (line === undefined) return judged;
    const observed = about.observed === true;
    try {
      await options.record({ ...line, about, observed, unixMs: options.unixMs() });
      // what is only observed goes on as it came; the record says what would have become of it
      return observed ? PASS.judged : judged;
    } catch {
      return refused(about, policy.current, "What became of it can't be recorded").judged;
    }
  };
  return {
    speaksAt: (server) => speakAt(policy.current.answerRules, server),
    speaksTo: (server, tool) => speakingTo(policy.current.answerRules, server, tool).length > 0,
    speaksByTool: (server) => [...policy.current.answerRules.values()].some((rule) => rule.server === server),
    async judge(about, said) {
      // one policy for all of it, though a reload may come between
      const current = policy.current;
      try {
        return await finish(about, await decide(options, current, about, said));
      } catch (error) {
        return await finish(about, refused(about, current, NOT_JUDGED, describe(error)));
      }
    },
    refuse: (about, problem) => finish(about, refused(about, policy.current, problem)),
  };
}

async function decide(options: AnswerJudgeOptions, current: LoadedPolicy, about: About, said: Said): Promise<Outcome> {
  const rules = speakingTo(current.answerRules, about.server, about.tool);
  if (rules.length === 0) return PASS;
  const { text, node } = said;
  const bytes = Buffer.byteLength(text.slice(node.start, node.end));
  if (bytes > options.maxBytes) {
    return refused(about, current, `It is too long to be judged (${bytes} bytes, at most ${options.maxBytes})`);
  }
  const scanned = await scanAnswer(text, node);
  const resultText = mayLookAt(rules, "result") ? text.slice(node.start, node.end) : undefined;
  const input = composeAnswerInput(options, about, said, scanned, resultText);
  const evaluation = current.engine.judgeAnswer(input);
  if (evaluation.kind === "failed") return refused(about, current, NOT_JUDGED, evaluation.problem);
  return carryOut(current, about, said, scanned, evaluation.decision);
}

function carryOut(
  current: LoadedPolicy,
  about: About,
  said: Said,
  scanned: Scanned,
  decision: ResultDecision,
): Outcome {
  switch (decision.action) {
    case "pass":
      return PASS;
    case "refuse": {
      const data = dataOf("refuse_answer", about, current, decision, undefined);
      return { judged: { kind: "refused", data }, line: lineOf("refused", said.kind, data, current, decision) };
    }
    case "redact": {
      if (decision.redact.includes(""))
        return refused(about, current, NOT_JUDGED, 'a rule redacts "", which is all of it');
      const places = maskPlaces(said, scanned, decision.redact, decision.secrets);
      if (places.edits.length === 0) return PASS;
      const data = dataOf("redact_answer", about, current, decision, places.pointers);
      const text = writeMasked(said, places, data);
      return { judged: { kind: "redacted", text }, line: lineOf("redacted", said.kind, data, current, decision) };
    }
  }
}

/** The input of the call, with what was said in the place of what went before. */
function composeAnswerInput(
  { timezone, unixMs }: AnswerJudgeOptions,
  about: About,
  said: Said,
  scanned: Scanned,
  resultText: string | undefined,
): string {
  const call = {
    ...about,
    direction: said.kind === "notification" ? ("from_server" as const) : ("to_server" as const),
  };
  const input = composeInput(call, about.facts, { unixMs: unixMs() }, undefined, timezone);
  const { secrets, signals } = scanned;
  const found = JSON.stringify({ answer: said.kind, secrets, signals }).slice(1, -1);
  return `${input.slice(0, -1)},${found}${resultText === undefined ? "" : `,"result":${resultText}`}}`;
}

/** Without a rule: what can't be judged does not pass. @param problem for the log, where the agent is told less */
function refused(about: About, current: LoadedPolicy, told: string, problem = told): Outcome {
  const nothing: ResultDecision = {
    action: "refuse",
    reasons: [told],
    rules: [],
    malformed: [],
    redact: [],
    secrets: [],
  };
  const data = dataOf("refuse_answer", about, current, nothing, undefined);
  return {
    judged: { kind: "refused", data },
    line: { ...lineOf("refused", undefined, data, current, nothing), problem },
  };
}

function lineOf(
  kind: ResultEvent["kind"],
  said: Said["kind"] | undefined,
  { redacted }: AnswerData,
  { engine, answerRules }: LoadedPolicy,
  { rules, reasons, malformed }: ResultDecision,
): NonNullable<Outcome["line"]> {
  const sites = rules.map((id) => {
    const site = answerRules.get(id);
    return site === undefined ? { id } : { id, file: site.file, row: site.row };
  });
  return { kind, said, bundle: engine.revision, rules: sites, reasons, malformed, redacted, problem: undefined };
}

function dataOf(
  action: AnswerData["action"],
  { decisionId }: About,
  { engine }: LoadedPolicy,
  { reasons, rules }: ResultDecision,
  redacted: readonly string[] | undefined,
): AnswerData {
  return { action, reasons, rules, redacted, decision_id: decisionId, bundle_revision: engine.revision.revision };
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
