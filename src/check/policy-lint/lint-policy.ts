// What lint finds beyond the text of one file: a policy's rules held against the schemas of its tools, and against each other.
import { join } from "node:path";
import { readCatalogue } from "../../policy/build/check-catalogue.ts";
import { Program } from "../../policy/build/program.ts";
import { parsePolicy } from "../../policy/build/read-policy.ts";
import { findSpeakingRules } from "../../policy/build/speaking-rules.ts";
import { Tracer } from "../../policy/build/trace.ts";
import type { Opa } from "../../policy/opa.ts";
import { readToolSchemas } from "../../policy/tool-schemas.ts";
import { Problem } from "../../problem.ts";
import type { Finding } from "../finding.ts";
import { knowTools } from "../known-tools.ts";
import { type PolicyRepository, showOwnFile } from "../policy-repository.ts";
import { lintArguments, lintRedactions } from "./lint-arguments.ts";
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
  const known = knowTools(readCatalogue(given.catalogue), await readToolSchemas(join(repository.schemas.dir, "tools")));
  const units = listUnits(modules, rules, tracer, (server) => known.toolsOf(server));
  const findings = [
    ...lintArguments(units, tracer.program, known.arguments),
    ...lintRedactions(rules, known.arguments),
    ...lintPermits(rules, tracer.program),
  ];
  return findings.flatMap((finding) => {
    const file = showOwnFile(repository, finding.file ?? "");
    return file === undefined ? [] : [{ ...finding, file }];
  });
}
