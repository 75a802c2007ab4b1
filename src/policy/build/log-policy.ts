// The package policy.log: `mask contains "/input/args/..."` says what of a call the log masks. Held against its form before
// anything is compiled: what would mask nothing is a fault.
import { isMaskPointer, MASKABLE } from "../log-masks.ts";
import type { Fault } from "./faults.ts";
import type { Module, ModuleRule } from "./module.ts";
import type { Placed } from "./program.ts";

export type LogPolicy = {
  /** Each definition of `mask`. */
  readonly masks: readonly Placed[];
  readonly faults: readonly Fault[];
};

const MASK = "mask";
const FORM = `write \`mask contains "/input/args/..."\`; the name of a helper begins with _`;

export function isLogPackage(parts: readonly string[]): boolean {
  return parts.length === 2 && parts[0] === "policy" && parts[1] === "log";
}

export function readLogPolicy(modules: readonly Module[]): LogPolicy {
  const own = modules.filter(({ package: parts }) => isLogPackage(parts));
  const masks: Placed[] = [];
  const faults: Fault[] = [];
  for (const module of own) {
    for (const rule of module.rules) {
      const what = findFault(rule);
      if (what !== undefined) faults.push({ file: module.file, row: rule.row, what });
      else if (rule.path[0] === MASK) masks.push({ module, definition: rule.definition });
    }
  }
  const [first] = own;
  if (first !== undefined && masks.length + faults.length === 0) {
    faults.push({ file: first.file, row: first.row, what: `policy.log masks nothing; ${FORM}` });
  }
  return { masks, faults };
}

function findFault({ path, member }: ModuleRule): string | undefined {
  const [name = ""] = path;
  if (name.startsWith("_")) return undefined;
  if (name !== MASK || path.length > 1) return `the log does not look at \`${path.join(".")}\`; ${FORM}`;
  if (member === undefined) return `mask is not a set; ${FORM}`;
  const isFaulty = member.kind === "scalar" ? !isMaskPointer(member.value) : member.kind !== "computed";
  if (!isFaulty) return undefined;
  return `mask must be of JSON pointers into ${MASKABLE.join(", ")}, as in "/input/args/password"`;
}
