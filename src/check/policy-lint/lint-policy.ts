// What lint finds beyond the text of one file: a policy's rules held against the schemas of its tools, and against each other.
import { join } from "node:path";
import { readCatalogue } from "../../policy/build/check-catalogue.ts";
import { Program } from "../../policy/build/program.ts";
import { parsePolicy } from "../../policy/build/read-policy.ts";
import { findSpeakingRules } from "../../policy/build/speaking-rules.ts";
import { Tracer } from "../../policy/build/trace.ts";
import type { Catalogue } from "../../policy/catalogue.ts";
import type { Opa } from "../../policy/opa.ts";
import { readShape } from "../../policy/probe/shape.ts";
import { readToolSchemas, type ToolSchemas } from "../../policy/tool-schemas.ts";
import { Problem } from "../../problem.ts";
import type { Finding } from "../finding.ts";
import { type PolicyRepository, showOwnFile } from "../policy-repository.ts";
import { type KnownTools, lintArguments, lintRedactions } from "./lint-arguments.ts";
import { lintPermits } from "./lint-permits.ts";
import { listUnits } from "./units.ts";

/** @returns none where the folder holds what is no policy: the build says so */
export async function lintPolicy(repository: PolicyRepository, opa: Opa): Promise<readonly Finding[]> {
  const policy = await parsePolicy(repository.folder, opa).catch((error: unknown) => {
    if (error instanceof Problem) return undefined;
    throw error;
  });
  if (policy === undefined) return [];
  const { modules, given } = policy;
  const { rules } = findSpeakingRules(modules);
  const tracer = new Tracer(new Program(modules));
  const known = knowTools(await readToolSchemas(join(repository.schemas.dir, "tools")));
  const toolsOf = listTools(readCatalogue(given.catalogue), known);
  const units = listUnits(modules, rules, tracer, toolsOf);
  const findings = [
    ...lintArguments(units, tracer.program, known),
    ...lintRedactions(rules, known),
    ...lintPermits(rules, tracer.program),
  ];
  return findings.flatMap((finding) => {
    const file = showOwnFile(repository, finding.file ?? "");
    return file === undefined ? [] : [{ ...finding, file }];
  });
}

function knowTools(schemas: ToolSchemas): KnownTools {
  const tools = [...schemas].flatMap(([name, schema]) => {
    const slash = name.indexOf("/");
    if (slash === -1) return [];
    const schemaPath = ["schema", "tools", name.slice(0, slash), name.slice(slash + 1)];
    return [[name, { schemaPath, shape: readShape(schema) }] as const];
  });
  return new Map(tools);
}

/** Every tool of a server that the catalogue or a schema knows. */
function listTools(catalogue: Catalogue, known: KnownTools): (server: string) => readonly string[] {
  return (server) => {
    const start = `${server}/`;
    const schemas = [...known.keys()].filter((name) => name.startsWith(start)).map((name) => name.slice(start.length));
    return [...new Set([...Object.keys(catalogue[server]?.tools ?? {}), ...schemas])];
  };
}
