// Finds tools and methods that a server's package names and none of its rules could ever permit: whoever names one only to add a
// denial or a limit has taken it away from the defaults. A rule that denies always says that this is meant.
import { isUnconditional } from "../../policy/build/definition-reads.ts";
import type { Program } from "../../policy/build/program.ts";
import { readLiteral } from "../../policy/build/rule-form.ts";
import type { SpeakingRule } from "../../policy/build/speaking-rules.ts";
import type { Finding } from "../finding.ts";
import { narrow } from "./units.ts";

/** What lets a call through, or hands it to rules that may. */
const PERMITS = ["allow", "require_approval", "inherit"];

/** @returns findings whose files are inside the policy folder */
export function lintPermits(rules: readonly SpeakingRule[], program: Program): readonly Finding[] {
  const named = new Map<string, SpeakingRule[]>();
  for (const rule of rules) {
    if (rule.layer !== "server" || rule.head[1] === "*") continue;
    const key = JSON.stringify([rule.package, ...rule.head]);
    named.set(key, [...(named.get(key) ?? []), rule]);
  }
  return [...named.values()].flatMap((own): readonly Finding[] => {
    const [first] = own;
    if (first === undefined) return [];
    const [kind = "", name = ""] = first.head;
    const starred = rules.filter(
      (rule) => rule.package === first.package && rule.head[0] === kind && rule.head[1] === "*",
    );
    const speaking = [...own, ...starred.filter((rule) => kind === "methods" || speaksTo(rule, name, program))];
    if (speaking.some(mayPermit) || own.some(deniesAlways)) return [];
    const remedy = `allow it, or leave it to the defaults as well with {"id": "...", "action": "inherit"}`;
    const what = `"${name}" can never be allowed: its rules only deny or limit it, and what is named here has no default; ${remedy}`;
    return [{ level: "warning", rule: "regate/never-allowed", what, file: first.file, row: first.row }];
  });
}

function mayPermit({ member }: SpeakingRule): boolean {
  const action = readLiteral(member, "action");
  return action === undefined || PERMITS.includes(action);
}

function deniesAlways({ member, placed }: SpeakingRule): boolean {
  return readLiteral(member, "action") === "deny" && isUnconditional(placed.definition);
}

function speaksTo({ placed }: SpeakingRule, tool: string, program: Program): boolean {
  return narrow(placed, [tool], program).length > 0;
}
