// Why a tool is treated as it is now: which rules spoke, which others there are for it, and what one more rule would change.
// It asks the policy once, for a call without arguments, and words nothing.
import type { Decision, RuleLocation } from "../gate/types.ts";
import type { Judgement, LimitAction, PolicyView, ToolName, ToolRego } from "./ports.ts";
import { type Treatment, treatmentOf } from "./words.ts";

export type ExplainedRule = {
  /** `<package>/<id>` */
  readonly id: string;
  /** Absent where the bundle's index does not have it. */
  readonly note: RuleLocation | undefined;
};

/** Which rules spoke to a call without arguments, and what that says of other calls. */
export type Standing = {
  readonly judgement: Judgement;
  readonly treatment: Treatment;
  /** Whether a call that holds something else may be treated more strictly. */
  readonly mayBeStricter: boolean;
  /** Those that matched. */
  readonly spoke: readonly ExplainedRule[];
  /** Those that are there for the tool and did not match. */
  readonly others: readonly ExplainedRule[];
  /** Whether the defaults of the category are silent, because the server's package speaks for the tool. */
  readonly defaultsSilent: boolean;
};

export type Explanation = Standing & {
  /** Those that spoke and say what was decided. */
  readonly deciding: readonly ExplainedRule[];
  /** Those that spoke and were outdone, or only add a limit. */
  readonly outdone: readonly ExplainedRule[];
  /** The file of the server's package; undefined where there is none. */
  readonly policyFile: string | undefined;
  readonly limitAction: LimitAction;
  readonly rego: ToolRego;
  /** What a rule of the server's own package for this tool would meet. */
  readonly meets: {
    /** Rules that spoke, of other layers than the defaults, which outdo a mere allow. */
    readonly stricter: readonly ExplainedRule[];
    /** Defaults that spoke, which fall silent once the package names the tool. */
    readonly silenced: readonly ExplainedRule[];
  };
};

const DEFAULTS = "policy.defaults/";
const SHIPPED = "regate.guardrails/";

export function explainTool(policy: PolicyView, name: ToolName): Explanation {
  const standing = standTool(policy, name);
  const { evaluation } = standing.judgement;
  const action = evaluation.kind === "decided" ? evaluation.decision.action : undefined;
  const decides = (rule: ExplainedRule): boolean => rule.note?.action === action;
  const limitAction = chooseLimitAction(standing, name);
  return {
    ...standing,
    deciding: standing.spoke.filter(decides),
    outdone: standing.spoke.filter((rule) => !decides(rule)),
    policyFile: findPolicyFile(policy, name.server),
    limitAction,
    rego: policy.writeRego(name, limitAction),
    meets: {
      stricter: standing.spoke.filter((rule) => !isDefault(rule) && isStrict(rule)),
      silenced: standing.spoke.filter(isDefault),
    },
  };
}

export function standTool(policy: PolicyView, name: ToolName): Standing {
  const judgement = policy.judge(name);
  const { evaluation, facts } = judgement;
  const matched = new Set(evaluation.kind === "decided" ? evaluation.decision.rules : []);
  const spoke = [...matched].map((id): ExplainedRule => ({ id, note: policy.rules.get(id) }));
  const candidates = [...policy.rules]
    .filter(([id, note]) => !matched.has(id) && speaksFor(note, name, facts.category))
    .map(([id, note]): ExplainedRule => ({ id, note }));
  const named = [...spoke, ...candidates].some(({ note }) => note?.server === name.server);
  const defaultsSilent = named && !spoke.some(isDefault);
  const others = defaultsSilent ? candidates.filter((rule) => !isDefault(rule)) : candidates;
  const depends = evaluation.kind === "decided" && mayPass(evaluation.decision, spoke, others);
  const treatment = depends ? "depends" : treatmentOf(evaluation);
  const mayBeStricter = treatment !== "deny" && !depends && others.some((rule) => !isShipped(rule) && isStrict(rule));
  return { judgement, treatment, mayBeStricter, spoke, others, defaultsSilent };
}

/** Whether a call that holds something else may pass, although one without arguments is denied. */
function mayPass(
  { action, malformed }: Decision,
  spoke: readonly ExplainedRule[],
  others: readonly ExplainedRule[],
): boolean {
  if (action !== "deny" || malformed.length > 0) return false;
  const denying = spoke.filter(({ note }) => note?.action === "deny");
  return (
    denying.every((rule) => rule.note?.conditional === true && !isShipped(rule)) && [...spoke, ...others].some(permits)
  );
}

/** A limit that loosens nothing, where something permits the tool already. */
function chooseLimitAction({ treatment, spoke }: Standing, { server }: ToolName): LimitAction {
  switch (treatment) {
    case "deny":
    case "refused":
      return "allow";
    case "depends":
      return "limit";
    default:
      return spoke.some((rule) => rule.note?.server === server && permits(rule)) ? "limit" : "inherit";
  }
}

export function findPolicyFile(policy: PolicyView, server: string): string | undefined {
  return [...policy.rules.values()].find((note) => note.server === server)?.file;
}

/** The part of a rule's name that its author wrote. */
export function ownId(id: string): string {
  return id.slice(id.lastIndexOf("/") + 1);
}

function isStrict({ note }: ExplainedRule): boolean {
  return note?.action === "deny" || note?.action === "require_approval";
}

/** An action that is computed may be any. */
function permits({ note }: ExplainedRule): boolean {
  return note !== undefined && note.action !== "deny" && note.action !== "limit";
}

function isDefault({ id }: ExplainedRule): boolean {
  return id.startsWith(DEFAULTS);
}

/** The library's own guardrails look at the tool, not at what a call holds. */
function isShipped({ id }: ExplainedRule): boolean {
  return id.startsWith(SHIPPED);
}

/** Whether a rule of the index may speak to a call of this tool. */
function speaksFor(note: RuleLocation, { server, tool }: ToolName, category: string): boolean {
  if (note.server !== undefined) return note.server === server && (note.tool === tool || note.tool === "*");
  if (note.category !== undefined) return note.category === category;
  return note.method === undefined; // a guardrail
}
