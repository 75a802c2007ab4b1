// Builds the index of conditions that goes into a bundle as data.conditions: what each rule that speaks reads of the input and
// compares it with, its helpers included. It judges nothing, and is no part of a decision.
import { createHash } from "node:crypto";
import { DECISION_ENTRYPOINT } from "../bundle.ts";
import { type Conditions, MASK_ID, type Making, type Path, type RuleConditions, type Test } from "../conditions.ts";
import type { Effects } from "./effects.ts";
import type { Module } from "./module.ts";
import { Needs } from "./needs.ts";
import { keyOf, type Placed, Program } from "./program.ts";
import { readLiteral } from "./rule-form.ts";
import type { SpeakingRule } from "./speaking-rules.ts";
import { Tracer } from "./trace.ts";

const SOURCE_DIGITS = 32;
const DECISION = keyOf(DECISION_ENTRYPOINT.split("/"));

/**
 * @param rules those of the modules that speak; without a literal id they are left out, as checkForms reports them
 * @param masks definitions of policy.log's mask: they are looked at for every call, as guardrails are
 */
export function indexConditions(
  modules: readonly Module[],
  rules: readonly SpeakingRule[],
  masks: readonly Placed[] = [],
): Conditions {
  const program = new Program(modules);
  const tracer = new Tracer(program);
  const needs = new Needs(program);
  const index = (placed: Placed): Omit<RuleConditions, "head" | "action"> => {
    const effects = tracer.trace(placed);
    const source = nameSource(program, placed, effects);
    return { ...(source !== undefined && { source }), needs: needs.of(placed), ...gather(effects) };
  };
  const indexed = rules.flatMap((rule): [string, RuleConditions][] => {
    const id = readLiteral(rule.member, "id");
    if (id === undefined) return [];
    const action = readLiteral(rule.member, "action");
    return [
      [`${rule.package}/${id}`, { head: rule.head, ...(action !== undefined && { action }), ...index(rule.placed) }],
    ];
  });
  const masked = masks.map((placed, number): [string, RuleConditions] => [
    `${MASK_ID}${number === 0 ? "" : `-${number + 1}`}`,
    { head: ["mask"], ...index(placed) },
  ]);
  const library = modules.filter(({ package: [root] }) => root === "regate");
  return {
    always: readByLibrary(library),
    library: hash(
      library.map(({ package: parts, imports, rules: all }) => [parts, imports, all.map((one) => one.definition)]),
    ),
    rules: new Map([...indexed, ...masked].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

/** The rule and what it uses, without a place in a file, a comment or an order in it. */
function nameSource(program: Program, placed: Placed, { uses, foreign }: Effects): string | undefined {
  if (foreign.size > 0) return undefined;
  const used = [...uses].sort().map((key) => [key, program.definitionsOf(key).map(write).sort()]);
  return hash([write(placed), used]);
}

/** A definition with the names that it goes by; which module of the package they are imported in does not matter. */
function write({ module: { package: parts, imports }, definition }: Placed): string {
  const named = imports.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return JSON.stringify([parts, named, definition]);
}

function hash(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, SOURCE_DIGITS);
}

/** What the library looks at for every decision, besides the rules; its classifier looks at definitions, and at no call. */
function readByLibrary(library: readonly Module[]): readonly Path[] {
  // a program of the library alone: the rules that it hands on are not its own
  const program = new Program(library);
  const tracer = new Tracer(program);
  const paths = program.definitionsOf(DECISION).flatMap((placed) => {
    const { reads, touches } = tracer.trace(placed);
    return [...reads.values(), ...touches.values()];
  });
  return outermost(sortPaths(paths));
}

function gather({ reads, touches, tests, makings }: Effects): Omit<RuleConditions, "head" | "action" | "needs"> {
  const read = outermost(sortPaths([...reads.values()]));
  const touched = sortPaths([...touches.values()]).filter((path) => !read.some((one) => isAbove(one, path)));
  const made = [...makings.values()].map(({ path, literals }) => ({ path, literals: [...literals].sort() }));
  return { reads: read, touches: touched, tests: [...tests.values()].sort(byText), makings: made.sort(byText) };
}

/**
 * What is read with all that lies below needs no mention of what lies below.
 * @param paths each once
 */
function outermost(paths: readonly Path[]): readonly Path[] {
  return paths.filter((path) => !paths.some((other) => other !== path && isAbove(other, path)));
}

function isAbove(path: Path, below: Path): boolean {
  return path.length <= below.length && path.every((part, position) => part === null || part === below[position]);
}

function sortPaths(paths: readonly Path[]): readonly Path[] {
  return [...new Map(paths.map((path) => [JSON.stringify(path), path])).values()].sort(byText);
}

function byText(a: Path | Test | Making, b: Path | Test | Making): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}
