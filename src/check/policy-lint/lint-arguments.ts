// Holds what rules and helpers read of a call's arguments against the schemas of the tools that they speak to: names that no
// such tool has, values that an argument never has, and schemas that METADATA does not bind, so that OPA can't look deeper.
import { type InputRead, type InputTest, readDefinitionReads } from "../../policy/build/definition-reads.ts";
import { suggestAmong } from "../../policy/build/faults.ts";
import type { Term } from "../../policy/build/module.ts";
import { formatPath } from "../../policy/build/packages.ts";
import type { Program } from "../../policy/build/program.ts";
import type { SpeakingRule } from "../../policy/build/speaking-rules.ts";
import type { Definition } from "../../policy/build/syntax.ts";
import type { Path } from "../../policy/conditions.ts";
import { type Shape, shapeAt } from "../../policy/probe/shape.ts";
import type { Finding } from "../finding.ts";
import type { KnownArguments } from "../known-tools.ts";
import type { Unit } from "./units.ts";

/** By `<server>/<tool>`. */
type Known = ReadonlyMap<string, KnownArguments>;

const ARGS = ["input", "args"];

/** @returns findings whose files are inside the policy folder */
export function lintArguments(units: readonly Unit[], program: Program, known: Known): readonly Finding[] {
  return units.flatMap((unit) => {
    const { file } = unit.module;
    const { reads, tests } = readArguments(unit, program);
    if (reads.length === 0) return [];
    const shapes = shapesOf(unit.tools, known);
    return [
      ...reads.flatMap(({ path, place }) =>
        describeMisnamed(path, shapes).map((found) => ({ ...found, file, ...place })),
      ),
      ...tests.flatMap((test) => describeImpossible(test, shapes).map((found) => ({ ...found, file, ...test.place }))),
      ...describeUnbound(unit, units, known).map((found) => ({ ...found, file, row: unit.rule.row })),
    ];
  });
}

/** The pointers of rules that say what the log masks: one that leads nowhere masks nothing. */
export function lintRedactions(rules: readonly SpeakingRule[], known: Known): readonly Finding[] {
  return rules.flatMap(({ file, server, head: [kind, tool], member }) => {
    if (server === undefined || kind !== "rules" || tool === "*") return [];
    const shapes = shapesOf([`${server}/${tool}`], known);
    return pointersOf(member).flatMap(({ pointer, row }) => {
      const path = pointer
        .split("/")
        .slice(1)
        .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
      return describeMisnamed(path, shapes).map((found) => ({ ...found, file, row }));
    });
  });
}

type ArgumentUse = { readonly reads: readonly InputRead[]; readonly tests: readonly InputTest[] };

/** What a definition and those behind its `else` read below input.args, by paths that begin there. */
function readArguments({ module, rule }: Unit, program: Program): ArgumentUse {
  const uses: ArgumentUse[] = [];
  for (
    let definition: Definition | undefined = rule.definition;
    definition !== undefined;
    definition = definition.else
  ) {
    uses.push(readDefinitionReads(definition, module, program));
  }
  return {
    reads: uses.flatMap(({ reads }) => reads).flatMap(belowArguments),
    tests: uses.flatMap(({ tests }) => tests).flatMap(belowArguments),
  };
}

function belowArguments<T extends InputRead>(read: T): readonly T[] {
  const [field, ...path] = read.path;
  return field === "args" && path.length > 0 ? [{ ...read, path }] : [];
}

/** @returns none where any of the tools is not known: it may have whatever is read */
function shapesOf(tools: readonly string[], known: Known): readonly Shape[] {
  const shapes = tools.flatMap((tool) => known.get(tool)?.shape ?? []);
  return shapes.length === tools.length ? shapes : [];
}

function describeMisnamed(path: Path, shapes: readonly Shape[]): readonly Finding[] {
  const unknown = shapes.map((shape) => findUnknown(shape, path));
  const [first] = unknown;
  if (first === undefined || unknown.includes(undefined)) return [];
  const names = [...new Set(unknown.flatMap((one) => one?.names ?? []))].sort();
  const above = formatPath([...ARGS, ...first.above.map((step) => step ?? undefined)]);
  const whose = shapes.length === 1 ? above : `${above} of every tool that this speaks to`;
  const what = `${whose} has no "${first.name}"${suggestAmong(first.name, names)}`;
  return [{ level: "error", rule: "regate/unknown-argument", what }];
}

type Unknown = { readonly above: Path; readonly name: string; readonly names: readonly string[] };

/** The first step of a path that a schema does not have; undefined where it has all, or does not say. */
function findUnknown(shape: Shape, path: Path): Unknown | undefined {
  for (const [position, name] of path.entries()) {
    const above = path.slice(0, position);
    const { fields } = shapeAt(shape, above);
    if (name === null || fields.size === 0) continue;
    if (!fields.has(name)) return { above, name, names: [...fields.keys()] };
  }
  return undefined;
}

function describeImpossible(
  { path, literals }: Pick<InputTest, "path" | "literals">,
  shapes: readonly Shape[],
): readonly Finding[] {
  if (shapes.length === 0) return [];
  const choices = shapes.map((shape) => shapeAt(shape, path).choices.map((choice) => JSON.stringify(choice)));
  if (choices.some((of) => of.length === 0)) return [];
  const possible = [...new Set(choices.flat())];
  return literals
    .filter((literal) => !possible.includes(literal))
    .map((literal) => {
      const [name, names] = [unquote(literal), possible.map(unquote)];
      const at = formatPath([...ARGS, ...path.map((step) => step ?? undefined)]);
      const what = `${at} is never ${literal}${suggestAmong(name, names)}`;
      return { level: "error", rule: "regate/unknown-value", what };
    });
}

/** One tool has one schema, which METADATA can name; what speaks to several is held against theirs here only. */
function describeUnbound(unit: Unit, units: readonly Unit[], known: Known): readonly Finding[] {
  const [tool = "", ...others] = unit.tools;
  const wanted = known.get(tool)?.schemaPath;
  if (others.length > 0 || wanted === undefined) return [];
  const bound = units
    .filter(({ module, rule }) => rule === unit.rule || isSameRule({ module, rule }, unit))
    .flatMap(({ rule }) => rule.schemas.filter(({ scope }) => rule === unit.rule || scope === "document"))
    .filter(({ path }) => isSame(path, ARGS));
  if (bound.some(({ schema }) => schema.length === 0 || isSame(schema, wanted))) return [];
  const binding = `input.args: ${formatPath(wanted)}`;
  const [other] = bound;
  const what =
    other === undefined
      ? `reads the arguments of one tool: name their schema in its METADATA, "# scope: rule", "# schemas:", "#   - ${binding}"`
      : `its METADATA names the schema ${formatPath(other.schema)}, and it speaks to ${tool} only: write "${binding}"`;
  return [{ level: "warning", rule: "regate/argument-schema", what }];
}

function isSameRule(one: Pick<Unit, "module" | "rule">, other: Pick<Unit, "module" | "rule">): boolean {
  return isSame(one.module.package, other.module.package) && isSame(one.rule.path, other.rule.path);
}

function isSame(one: readonly unknown[], other: readonly unknown[]): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function unquote(json: string): string {
  return String(JSON.parse(json));
}

function pointersOf(member: Term): readonly { readonly pointer: string; readonly row: number }[] {
  if (member.kind !== "object") return [];
  const [, redact] = member.fields.find(([key]) => key.kind === "scalar" && key.value === "redact") ?? [];
  if (redact?.kind !== "array") return [];
  return redact.items.flatMap((item) => {
    return item.kind === "scalar" && typeof item.value === "string" ? [{ pointer: item.value, row: item.row }] : [];
  });
}
