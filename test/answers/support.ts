// A judge of answers over a real policy: bundles built by the real OPA, answers as text.
import { createAnswerJudge } from "../../src/answers/answer-judge.ts";
import type { ResultEvent } from "../../src/log/result-line.ts";
import type { About, AnswerJudge, Said } from "../../src/mcp/answers.ts";
import { memberOf, scanJson } from "../../src/mcp/json-scan.ts";
import { type ActivePolicy, startPolicy } from "../../src/policy/active-policy.ts";
import { buildFolder, type Files, makeFolder } from "../policy/support.ts";

export const ABOUT: About = {
  server: "files",
  method: "tools/call",
  tool: "read_file",
  args: { text: '{"path":"/a"}', value: { path: "/a" } },
  session: "s1",
  principal: { id: "ann", groups: [], claims: {} },
  decisionId: "decision-1",
  facts: undefined,
};

export const MAX_BYTES = 100_000;

export async function policyOf(files: Files): Promise<ActivePolicy> {
  const { bundle } = await buildFolder(await makeFolder(files));
  const current = await startPolicy(bundle);
  const unasked = (): never => {
    throw new Error("nobody asks for it here");
  };
  return { current, classify: unasked, reload: unasked };
}

export type Bench = {
  readonly judge: AnswerJudge;
  readonly events: ResultEvent[];
  /** What became of a `tools/call` result, given as JSON text: the message that goes on, or the reasons why it does not. */
  answer(resultText: string, about?: Partial<About>): Promise<string | readonly string[]>;
};

export function benchOf(policy: ActivePolicy, record?: () => Promise<void>): Bench {
  const events: ResultEvent[] = [];
  const judge = createAnswerJudge({
    policy,
    maxBytes: MAX_BYTES,
    timezone: "UTC",
    unixMs: () => 0,
    record(event) {
      events.push(event);
      return record?.();
    },
  });
  return {
    judge,
    events,
    async answer(resultText, about) {
      const said = readSaid(resultText);
      const judged = await judge.judge({ ...ABOUT, ...about }, said);
      if (judged.kind === "refused") return judged.data.reasons;
      return judged.kind === "redacted" ? judged.text : said.text;
    },
  };
}

function readSaid(resultText: string): Said {
  const text = messageOf(resultText);
  const scan = scanJson(text, { maxDepth: 100, tolerant: true });
  if (scan.kind !== "scanned" || scan.root.kind !== "object") throw new Error("not JSON");
  const node = memberOf(scan.root, "result");
  if (node === undefined) throw new Error("no result");
  return { kind: "result", text, root: scan.root, node };
}

export function messageOf(resultText: string): string {
  return `{"jsonrpc":"2.0","id":1,"result":${resultText}}`;
}
