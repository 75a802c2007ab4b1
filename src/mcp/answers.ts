// The seam between the screen, which sees what servers say, and whoever judges it by the policy's rules for answers. Types
// only. Where no such rule can speak, the screen asks nothing, and an answer passes as it came.
import type { Call, ToolFacts } from "../gate/types.ts";
import type { JsonNode } from "./json-scan.ts";

/** What a server said is about: the call that it answers, or in whose exchange it came. */
export type About = Pick<Call, "server" | "session" | "principal" | "method" | "observed"> &
  Pick<Call, "tool" | "args" | "params"> & {
    /** UUID of the decision on that call; undefined where there was none. */
    readonly decisionId: string | undefined;
    readonly facts: ToolFacts | undefined;
  };

/** One message of a server's, as received; `node` is the result, the error or the params in it. */
export type Said = {
  readonly kind: "result" | "error" | "notification";
  readonly text: string;
  readonly root: JsonNode;
  readonly node: JsonNode;
};

/** The decision as data, for `_meta` and for the error. */
export type AnswerData = {
  readonly action: "redact_answer" | "refuse_answer";
  readonly reasons: readonly string[];
  readonly rules: readonly string[];
  /** JSON pointers into what was said: of what was masked. */
  readonly redacted: readonly string[] | undefined;
  readonly decision_id: string | undefined;
  readonly bundle_revision: string | undefined;
};

export type JudgedAnswer =
  | { readonly kind: "pass" }
  /** This text in its place; all that is not masked stands in it as it came. */
  | { readonly kind: "redacted"; readonly text: string }
  | { readonly kind: "refused"; readonly data: AnswerData };

export interface AnswerJudge {
  /** Whether any rule may speak to anything that this server says. */
  speaksAt(server: string): boolean;
  /** Whether any rule may speak to what this server says of this tool, or of what names none. */
  speaksTo(server: string, tool: string | undefined): boolean;
  /** Whether any rule speaks to answers of some tools of the server: what can't be told to a tool must not pass then. */
  speaksByTool(server: string): boolean;
  /** Never rejects: what can't be judged is refused. What is not passed is on record when it resolves. */
  judge(about: About, said: Said): Promise<JudgedAnswer>;
  /** Refuses what can't be judged, and records it. */
  refuse(about: About, problem: string): Promise<JudgedAnswer>;
}
