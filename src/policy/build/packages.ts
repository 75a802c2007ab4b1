// Says which packages a policy is made of and which of them speak to calls (rego/regate/layers). A package that nothing looks
// at is a fault: its rules would be built, and never judge.
import { nearestWord } from "../../config/suggest.ts";
import type { Fault } from "./faults.ts";
import { isLogPackage } from "./log-policy.ts";
import type { Module } from "./module.ts";

/** Kinds of layers: each permits other actions. */
export type LayerKind = "server" | "defaults" | "guardrails";

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** What stands below `policy`. */
const AREAS = ["servers", "defaults", "guardrails", "log", "lib"];
const ALLOWED =
  "a policy is of packages policy.servers.NAME (one part: quote a name with dots), policy.defaults, policy.guardrails," +
  " policy.log for what the log masks, and policy.lib (and below) for helpers";

/** The layer that the rules of a package speak in; undefined where they don't, as in a helper package. */
export function layerOf([root, area, ...rest]: readonly string[]): LayerKind | undefined {
  if (area === "guardrails" && rest.length === 0 && (root === "policy" || root === "regate")) return "guardrails";
  if (root !== "policy") return undefined;
  if (area === "defaults" && rest.length === 0) return "defaults";
  return area === "servers" && rest.length === 1 ? "server" : undefined;
}

/**
 * Takes what belongs to the policy out of everything that lies in its folder. Tests and what lies in a folder such as
 * `.regal` are left out; they are of no concern to a decision.
 *
 * @returns a fault for each other module that would be left out or would never speak
 */
export function selectPolicy(modules: readonly Module[]): { policy: readonly Module[]; faults: readonly Fault[] } {
  const concerned = modules.filter((module) => !isBeside(module));
  const faults = concerned.flatMap(({ file, row, package: parts }) => {
    const what = describeStray(parts);
    return what === undefined ? [] : [{ file, row, what }];
  });
  return { policy: concerned, faults };
}

/** The text of a package, or of a rule's head, as rules are named after it (rego/regate/layers): nothing is escaped. */
export function formatPath(parts: readonly (string | undefined)[]): string {
  return parts
    .map((part, index) => {
      if (part === undefined) return "[...]";
      if (!IDENTIFIER.test(part)) return `["${part}"]`;
      return index === 0 ? part : `.${part}`;
    })
    .join("");
}

/**
 * Whether a name can stand in a package or in a head. OPA writes the paths of a WASM policy as Go quotes them, and reads
 * them as JSON: one name with a control character, or with an unprintable one beyond 16 bits, and no rule is found any more.
 */
export function canBeInPath(name: string): boolean {
  return !/(?![\b\f\n\r\t])\p{Cc}|(?![\p{L}\p{M}\p{N}\p{P}\p{S}])[\u{10000}-\u{10ffff}]/u.test(name);
}

function isBeside({ file, package: parts }: Module): boolean {
  if (parts[0] === "policy" || file.startsWith("policy/")) return false;
  return parts.at(-1)?.endsWith("_test") === true || file.split("/").some((name) => name.startsWith("."));
}

function describeStray(parts: readonly string[]): string | undefined {
  if (parts[0] === "policy" && (parts[1] === "lib" || layerOf(parts) !== undefined)) return undefined;
  if (isLogPackage(parts)) return undefined;
  const meant = suggestPackage(parts);
  const suggestion = meant === undefined ? "" : ` (did you mean ${meant}?)`;
  return `is of package ${formatPath(parts)}, which no decision looks at${suggestion}; ${ALLOWED}`;
}

function suggestPackage([root = "", area = "", ...rest]: readonly string[]): string | undefined {
  if (nearestWord(root, ["policy"]) === undefined) return undefined;
  const meant = nearestWord(area, AREAS);
  switch (meant) {
    case undefined:
      return undefined;
    case "servers":
      return formatPath(["policy", meant, rest.length === 0 ? "NAME" : rest.join(".")]);
    case "lib":
      return formatPath(["policy", meant, ...rest]);
    default:
      return formatPath(["policy", meant]);
  }
}
