// Reads one Rego source through OPA's own parser into the little that the build looks at: its package, and of each rule
// the head and what it reads of the input. It judges nothing.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import { Problem } from "../../problem.ts";
import { type Opa, runOpa } from "../opa.ts";
import { readFaults } from "./faults.ts";
import { type InputField, listInputFields, listNegatedCalls } from "./input-reads.ts";
import type { PolicyFolder, Source } from "./sources.ts";
import { type Definition, type Import, readDefinition, readImports } from "./syntax.ts";

export type Term =
  | { readonly kind: "scalar"; readonly value: string | number | boolean | null; readonly row: number }
  | { readonly kind: "array"; readonly items: readonly Term[]; readonly row: number }
  | { readonly kind: "object"; readonly fields: readonly (readonly [key: Term, value: Term])[]; readonly row: number }
  /** What is known only when it is evaluated: a variable, a call, a template string, ... */
  | { readonly kind: "computed"; readonly row: number };

export type ModuleRule = {
  /** Below its package, e.g. `["rules", "read"]`; undefined where a part is not a constant string. */
  readonly path: readonly (string | undefined)[];
  /** What the rule contributes to a set; absent for every other kind of rule. */
  readonly member?: Term;
  readonly title?: string;
  readonly description?: string;
  /** Whether it has a body that may not hold. */
  readonly conditional: boolean;
  /** Rows of the negated calls over input in its body. */
  readonly negatedCalls: readonly number[];
  readonly row: number;
  readonly text: string;
  /** All of it. */
  readonly definition: Definition;
  /** What its METADATA holds the input against, in a scope of one rule or of all rules of the name. */
  readonly schemas: readonly SchemaBinding[];
};

/** `input.args: schema.tools.files.read`, each by its parts; a schema that stands there itself has none. */
export type SchemaBinding = {
  readonly path: readonly string[];
  readonly schema: readonly string[];
  readonly scope: "rule" | "document";
};

export type Module = {
  /** Of the file, inside the policy folder. */
  readonly file: string;
  /** Parts of the package below `data`. */
  readonly package: readonly string[];
  /** Of the package's name. */
  readonly row: number;
  /** What it reads of the input, in its helpers too. */
  readonly inputFields: readonly InputField[];
  readonly imports: readonly Import[];
  readonly rules: readonly ModuleRule[];
};

const PARALLEL_PROCESSES = 4;

const locationSchema = z.looseObject({ row: z.int() });
const ruleLocationSchema = z.looseObject({ row: z.int(), text: z.base64() });
const termSchema = z.looseObject({
  type: z.string(),
  value: z.unknown().optional(),
  location: locationSchema.optional(),
});
const partsSchema = z
  .array(z.looseObject({ value: z.unknown() }))
  .transform((parts) => parts.map(({ value }) => String(value)));
const annotationSchema = z.looseObject({
  title: z.string().optional(),
  description: z.string().optional(),
  scope: z.string(),
  schemas: z.array(z.looseObject({ path: partsSchema, schema: partsSchema.default([]) })).default([]),
});
const moduleSchema = z.looseObject({
  package: z.looseObject({ path: z.array(termSchema), location: locationSchema }),
  imports: z.unknown().optional(),
  rules: z
    .array(
      z.looseObject({
        head: z.looseObject({ ref: z.array(termSchema), key: termSchema.optional(), value: z.unknown().optional() }),
        annotations: z.array(annotationSchema).optional(),
        body: z.unknown().optional(),
        location: ruleLocationSchema,
      }),
    )
    .optional(),
});
/** What the parser makes of a rule without a body. */
const trueSchema = z.tuple([
  z.looseObject({ terms: z.looseObject({ type: z.literal("boolean"), value: z.literal(true) }) }),
]);
const fieldsSchema = z.array(z.tuple([z.unknown(), z.unknown()]));
const scalarSchema = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/**
 * @param cwd the folder that the sources are in
 * @param folder names the files in errors
 * @throws Problem with OPA's own words for each source that can't be parsed
 */
export async function parseModules(
  opa: Opa,
  cwd: string,
  sources: readonly Source[],
  folder: PolicyFolder,
): Promise<readonly Module[]> {
  const modules: Module[] = [];
  const faults: string[] = [];
  for (let from = 0; from < sources.length; from += PARALLEL_PROCESSES) {
    const batch = sources.slice(from, from + PARALLEL_PROCESSES);
    for (const parsed of await Promise.all(batch.map((source) => parseOnce(opa, cwd, source, folder)))) {
      if ("faults" in parsed) faults.push(...parsed.faults);
      else modules.push(parsed);
    }
  }
  const [first, ...others] = faults;
  if (first !== undefined) throw new Problem([first, ...others]);
  return modules;
}

/** A process for each file is what a build mostly waits for, and the library is the same in all of them. */
const PARSED = new Map<string, Module>();
const MAX_PARSED = 500;

async function parseOnce(
  opa: Opa,
  cwd: string,
  { path, bytes }: Source,
  folder: PolicyFolder,
): Promise<Module | { readonly faults: readonly string[] }> {
  const name = `${opa.file}\n${path}\n${createHash("sha256").update(bytes).digest("hex")}`;
  const known = PARSED.get(name);
  if (known !== undefined) return known;
  const parsed = await parseModule(opa, cwd, path, folder);
  if ("faults" in parsed) return parsed;
  if (PARSED.size >= MAX_PARSED) PARSED.clear();
  PARSED.set(name, parsed);
  return parsed;
}

async function parseModule(
  opa: Opa,
  cwd: string,
  file: string,
  folder: PolicyFolder,
): Promise<Module | { readonly faults: readonly string[] }> {
  const args = ["parse", "--format", "json", "--json-include", "locations,-comments", `./${file}`];
  const { exitCode, stdout, stderr } = await runOpa(opa, args, { cwd });
  if (exitCode !== 0) return { faults: readFaults(stderr || stdout, (path) => join(folder.shown, path)) };
  const parsed = moduleSchema.parse(JSON.parse(stdout));
  const packageName = parsed.package.path.slice(1).map(({ value }) => String(value));
  const rules = (parsed.rules ?? []).map((rule): ModuleRule => {
    const { head, body, annotations, location } = rule;
    const title = annotations?.findLast((annotation) => annotation.title !== undefined)?.title;
    const description = annotations?.findLast((annotation) => annotation.description !== undefined)?.description;
    return {
      path: head.ref.map((term, index) => readRefPart(term, index)),
      conditional: body !== undefined && !trueSchema.safeParse(body).success,
      negatedCalls: listNegatedCalls(body),
      row: location.row,
      text: Buffer.from(location.text, "base64").toString("utf8"),
      definition: readDefinition(rule),
      schemas: (annotations ?? []).flatMap(readBindings),
      // `rules.t := x` has a key too: the last part of its path
      ...(head.key !== undefined && head.value === undefined && { member: readTerm(head.key) }),
      ...(title !== undefined && { title }),
      ...(description !== undefined && { description: description.trim() }),
    };
  });
  const inputFields = listInputFields([parsed.imports, parsed.rules]);
  const imports = readImports(parsed.imports);
  return { file, package: packageName, row: parsed.package.location.row, inputFields, imports, rules };
}

function readBindings({ scope, schemas }: z.infer<typeof annotationSchema>): readonly SchemaBinding[] {
  if (scope !== "rule" && scope !== "document") return [];
  return schemas.map(({ path, schema }) => ({ path, schema, scope }));
}

/** The first part is the rule's name, which the parser calls a variable. */
function readRefPart(term: z.infer<typeof termSchema>, index: number): string | undefined {
  return typeof term.value === "string" && (index === 0 || term.type === "string") ? term.value : undefined;
}

function readTerm(given: unknown): Term {
  const { type, value, location } = termSchema.parse(given);
  const row = location?.row ?? 0;
  switch (type) {
    case "string":
    case "number":
    case "boolean":
      return { kind: "scalar", value: scalarSchema.parse(value), row };
    case "null":
      return { kind: "scalar", value: null, row };
    case "array":
      return { kind: "array", items: z.array(z.unknown()).parse(value).map(readTerm), row };
    case "object":
      return { kind: "object", fields: fieldsSchema.parse(value).map(([k, v]) => [readTerm(k), readTerm(v)]), row };
    default:
      return { kind: "computed", row };
  }
}
