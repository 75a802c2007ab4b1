// Why a tool is treated as it is now: which rules spoke, which others there are for it, and what one more rule would change.
// It asks the policy once, for a call without arguments, and words nothing.
import type { Evaluation, RuleLocation } from "../gate/types.ts";
import type { Judgement, LimitAction, PolicyView, ToolName, ToolRego } from "./ports.ts";
import { type Treatment, treatmentOf } from "./words.ts";

export type ExplainedRule = {
  /** `<package>/<id>` */
  readonly id: string;
  /** Absent where the bundle's index does not have it. */
  readonly note: RuleLocation | undefined;
};

export type Explanation = {
  readonly judgement: Judgement;
  readonly treatment: Treatment;
  /** Those that matched and say what was decided. */
  readonly deciding: readonly ExplainedRule[];
  /** Those that matched and were outdone, or only add a limit. */
  readonly matched: readonly ExplainedRule[];
  /** Those that are there for the tool and did not match. */
  readonly others: readonly ExplainedRule[];
  /** Whether the defaults of the category are silent, because the server's package speaks for the tool. */
  readonly defaultsSilent: boolean;
  /** The file of the server's package; undefined where there is none. */
  readonly policyFile: string | undefined;
  readonly limitAction: LimitAction;
  readonly rego: ToolRego;
  /** What a rule of the server's own package for this tool would meet. */
  readonly meets: {
    /** Matched rules of other layers than the defaults, which outdo a mere allow. */
    readonly stricter: readonly ExplainedRule[];
    /** Matched defaults, which fall silent once the package names the tool. */
    readonly silenced: readonly ExplainedRule[];
  };
};

const DEFAULTS = "policy.defaults/";

export function explainTool(policy: PolicyView, name: ToolName): Explanation {
  const judgement = policy.judge(name);
  const { evaluation, facts } = judgement;
  const decision = evaluation.kind === "decided" ? evaluation.decision : undefined;
  const spoke = new Set(decision?.rules ?? []);
  const explained = [...spoke].map((id): ExplainedRule => ({ id, note: policy.rules.get(id) }));
  const decides = (rule: ExplainedRule): boolean => rule.note?.action === decision?.action;
  const permits = (rule: ExplainedRule): boolean => rule.note?.server === name.server && rule.note.action !== "limit";
  const defaultsSilent = !explained.some(({ id }) => id.startsWith(DEFAULTS)) && namesTool(policy, name);
  const candidates = [...policy.rules].filter(([id, note]) => !spoke.has(id) && speaksFor(note, name, facts.category));
  const others = candidates
    .filter(([id]) => !(defaultsSilent && id.startsWith(DEFAULTS)))
    .map(([id, note]): ExplainedRule => ({ id, note }));
  const limitAction =
    decision === undefined || decision.action === "deny" ? "allow" : explained.some(permits) ? "limit" : "inherit";
  return {
    judgement,
    treatment: treatmentOf(evaluation),
    deciding: explained.filter(decides),
    matched: explained.filter((rule) => !decides(rule)),
    others,
    defaultsSilent,
    policyFile: findPolicyFile(policy, name.server),
    limitAction,
    rego: policy.writeRego(name, limitAction),
    meets: {
      stricter: explained.filter(({ id, note }) => !id.startsWith(DEFAULTS) && isStrict(note)),
      silenced: explained.filter(({ id }) => id.startsWith(DEFAULTS)),
    },
  };
}

/** What is shown of many tools at once. */
export function treatmentOfTool(policy: PolicyView, name: ToolName): Treatment {
  return treatmentOf(policy.judge(name).evaluation);
}

export function findPolicyFile(policy: PolicyView, server: string): string | undefined {
  return [...policy.rules.values()].find((note) => note.server === server)?.file;
}

/** The part of a rule's name that its author wrote. */
export function ownId(id: string): string {
  return id.slice(id.lastIndexOf("/") + 1);
}

export function problemOf(evaluation: Evaluation): string | undefined {
  return evaluation.kind === "failed" ? evaluation.problem : undefined;
}

function isStrict(note: RuleLocation | undefined): boolean {
  return note?.action === "deny" || note?.action === "require_approval";
}

function namesTool(policy: PolicyView, { server, tool }: ToolName): boolean {
  return [...policy.rules.values()].some((note) => note.server === server && (note.tool === tool || note.tool === "*"));
}

/** Whether a rule of the index may speak to a call of this tool. */
function speaksFor(note: RuleLocation, { server, tool }: ToolName, category: string): boolean {
  if (note.server !== undefined) return note.server === server && (note.tool === tool || note.tool === "*");
  if (note.category !== undefined) return note.category === category;
  return note.method === undefined; // a guardrail
}
