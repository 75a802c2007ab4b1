// What a name means in a module: a place in the input, or a path below `data`. Variables of a body come before these.
import type { Path } from "../conditions.ts";
import type { Module } from "./module.ts";
import type { Program } from "./program.ts";

/** `input`, or an import of something below it. */
export function placeOf(name: string, module: Module): Path | undefined {
  if (name === "input") return [];
  const imported = module.imports.find((one) => one.name === name)?.path;
  return imported?.[0] === "input" ? imported.slice(1) : undefined;
}

/** `data`, an import of something below it, or a rule of the module's package. */
export function globalOf(name: string, module: Module, program: Program): readonly string[] | undefined {
  if (name === "data") return [];
  const imported = module.imports.find((one) => one.name === name)?.path;
  if (imported?.[0] === "data") return imported.slice(1);
  const own = [...module.package, name];
  return program.has(own) ? own : undefined;
}
