// Finds the rules that speak to calls, and those that speak to answers, among all the rules of a policy, by package and head, and names them as the library
// does: `<package>/<id>`. What looks like such a rule and is not looked up, or can't be indexed, is a fault: no rule may be
// silent, and no decision may name a rule that nobody can find.
import { nearestWord } from "../../config/suggest.ts";
import { CATEGORIES } from "../../gate/types.ts";
import type { Fault } from "./faults.ts";
import type { Module, ModuleRule, Term } from "./module.ts";
import { canBeInPath, formatPath, type LayerKind, layerOf } from "./packages.ts";
import type { Placed } from "./program.ts";

export type SpeakingRule = {
  readonly file: string;
  readonly row: number;
  readonly text: string;
  /** As rules of it are named, e.g. `policy.servers["a.b"]`. */
  readonly package: string;
  readonly layer: LayerKind;
  /** What it is asked about: a call before it goes out, or what the server answered. */
  readonly speaksTo: "calls" | "answers";
  readonly server?: string;
  /** What its head names; none of them in a guardrail. */
  readonly tool?: string;
  readonly category?: string;
  readonly method?: string;
  readonly title?: string;
  readonly description?: string;
  readonly conditional: boolean;
  readonly member: Term;
  /** Rows of its negated calls over input. */
  readonly negatedCalls: readonly number[];
  /** Of its head, e.g. `["rules", "pay"]`. */
  readonly head: readonly string[];
  readonly placed: Placed;
};

const CALL_KINDS = ["rules", "methods"];
const KINDS = [...CALL_KINDS, "results"];

/** `rules` speak to calls, `answers` to what servers say. */
export function findSpeakingRules(modules: readonly Module[]): {
  rules: SpeakingRule[];
  answers: SpeakingRule[];
  faults: Fault[];
} {
  const rules: SpeakingRule[] = [];
  const answers: SpeakingRule[] = [];
  const faults: Fault[] = [];
  for (const module of modules) {
    const { file, package: parts, rules: heads } = module;
    const layer = layerOf(parts);
    if (layer === undefined) continue;
    const server = layer === "server" ? parts[2] : undefined;
    for (const head of heads) {
      if (isHelper(head)) continue;
      const { row, text, title, description, conditional, member, negatedCalls } = head;
      const what = findUnnameable([...parts, ...head.path]) ?? findFault(head, layer);
      if (what !== undefined) faults.push({ file, row, what });
      else if (member !== undefined) {
        const named = {
          ...(server !== undefined && { server }),
          ...readTarget(head, layer),
          ...(title !== undefined && { title }),
          ...(description !== undefined && { description }),
        };
        const where = { file, row, text, package: formatPath(parts) };
        const path = head.path.map((part) => part ?? "");
        const placed = { module, definition: head.definition };
        const rule = { ...where, layer, ...named, conditional, member, negatedCalls, head: path, placed };
        if (path[0] === "results") answers.push({ ...rule, speaksTo: "answers" });
        else rules.push({ ...rule, speaksTo: "calls" });
      }
    }
  }
  return { rules, answers, faults };
}

function readTarget({ path: [kind, target] }: ModuleRule, layer: LayerKind): Partial<SpeakingRule> {
  if (target === undefined) return {};
  if (kind === "methods") return { method: target };
  return layer === "defaults" ? { category: target } : { tool: target };
}

/** What no one would take for a rule that speaks: a name with `_`, or no set and none of our words. */
function isHelper({ path: [name = ""], member }: ModuleRule): boolean {
  if (name.startsWith("_")) return true;
  return member === undefined && name !== "results" && nearestWord(name, CALL_KINDS) === undefined;
}

/** One such name would silence every rule of the policy. */
function findUnnameable(names: readonly (string | undefined)[]): string | undefined {
  if (names.every((name) => name === undefined || canBeInPath(name))) return undefined;
  return 'a control character in the name of a package or of a head; write `rules["*"] contains {...} if input.tool == "..."`';
}

/** @returns why the decision would miss the rule, or could not name it */
function findFault({ path, member }: ModuleRule, layer: LayerKind): string | undefined {
  const [kind = "", target] = path;
  if (!KINDS.includes(kind)) {
    const meant = nearestWord(kind, KINDS);
    const suggestion = meant === undefined ? "" : ` (did you mean \`${suggestHead(meant, path, layer)}\`?)`;
    const remedy = `write ${describeForm(meant ?? "rules", layer)}; the name of a helper begins with _`;
    return `no decision looks at \`${formatPath(path)}\`${suggestion}; ${remedy}`;
  }
  const form = describeForm(kind, layer);
  if (kind === "results" && layer === "defaults")
    return "defaults have no results; write them in a server's package, or in policy.guardrails";
  if (layer === "guardrails") {
    if (kind !== "methods" && path.length === 1 && member !== undefined) return undefined;
    const fault = kind === "methods" ? "guardrails have no methods" : "not a set of rules";
    return `${fault}; write ${form}, and compare input.${kind === "methods" ? "method" : "tool"} in the body`;
  }
  if (path.includes(undefined)) return `the head is not constant; write ${form}, and compare input in the body`;
  if (member === undefined || path.length > 2) return `not a set of rules; write ${form}`;
  if (target === undefined) return `\`${kind}\` says not of what; write ${form}`;
  return findTargetFault(kind, target, layer);
}

function findTargetFault(kind: string, target: string, layer: LayerKind): string | undefined {
  if (layer === "defaults" && kind === "rules") {
    if (CATEGORIES.some((category) => category === target)) return undefined;
    const near = nearestWord(target, CATEGORIES);
    const suggestion = near === undefined ? "" : ` (did you mean "${near}"?)`;
    return `"${target}" is no category${suggestion}; defaults are of ${CATEGORIES.join(", ")}`;
  }
  if (kind === "methods" && target === "tools/call") return "methods are all but tools/call; write `rules.NAME`";
  if (target === "*" || !target.includes("*")) return undefined;
  const head = `${kind}["*"] contains {...}`;
  return `"${target}" is a name and no pattern; write \`${head} if ${describePattern(kind, target)}\``;
}

function describePattern(kind: string, target: string): string {
  const subject = kind === "methods" ? "input.method" : "input.tool";
  const [before = "", after = "", ...others] = target.split("*");
  if (others.length === 0 && after === "") return `startswith(${subject}, "${before}")`;
  if (others.length === 0 && before === "") return `endswith(${subject}, "${after}")`;
  return `glob.match("${target}", [], ${subject})`;
}

function suggestHead(kind: string, path: ModuleRule["path"], layer: LayerKind): string {
  if (layer === "guardrails") return kind === "results" ? kind : "rules";
  return formatPath([kind, ...path.slice(1)]);
}

function describeForm(kind: string, layer: LayerKind): string {
  if (layer === "guardrails") return kind === "results" ? "`results contains {...}`" : "`rules contains {...}`";
  if (kind === "methods") return '`methods.NAME contains {...}`, or `methods["*"]` for every method';
  if (layer === "defaults") return "`rules.CATEGORY contains {...}`";
  const word = kind === "results" ? kind : "rules";
  return `\`${word}.NAME contains {...}\`, or \`${word}["*"]\` for every tool`;
}
