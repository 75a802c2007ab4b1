// `regate classify FILE|-`: definitions of tools in, what a bundle's classifier makes of each out, one line of JSON for each. It
// knows no catalogue: what a person reviewed is not looked at.
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { showable } from "../mcp/showable.ts";
import { loadPolicy } from "../policy/active-policy.ts";
import { Problem } from "../problem.ts";
import { formatLine } from "../scan/format-json.ts";
import type { CommandIo } from "./command.ts";
import { readJson } from "./read-json.ts";

/** A tools/list result, the whole response that has it, or the definitions alone. */
const givenSchema = z.union([
  z.array(z.unknown()),
  z.looseObject({ tools: z.array(z.unknown()) }).transform(({ tools }) => tools),
  z.looseObject({ result: z.looseObject({ tools: z.array(z.unknown()) }) }).transform(({ result }) => result.tools),
]);

/** What it takes to be named in the answer; everything else is for the classifier to judge, as it comes. */
const definitionSchema = z.looseObject({ name: z.string().min(1) });

type Definition = z.infer<typeof definitionSchema>;

/** @returns 0, or 1 where a tool could not be classified */
export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    // its answer is JSON anyway
    options: { bundle: { type: "string", short: "b", default: "bundles/regate.tar.gz" }, json: { type: "boolean" } },
  });
  const [file, ...others] = positionals;
  if (file === undefined || others.length > 0) {
    throw new Problem(["regate classify: name one file with a tools/list result, or - for standard input"]);
  }
  const definitions = await readDefinitions(file, io);
  const { engine } = await loadPolicy(resolve(io.cwd, values.bundle), values.bundle);
  let exitCode = 0;
  for (const definition of definitions) {
    const classified = engine.classify(JSON.stringify(definition));
    if (classified.kind === "classified") {
      io.stdout(`${formatLine({ name: definition.name, ...classified.classification })}\n`);
    } else {
      io.stderr(`${showable(definition.name)}: ${classified.problem}; the gate takes it for a tool of unknown class\n`);
      exitCode = 1;
    }
  }
  return exitCode;
}

/** @throws Problem with one line that names the first element that is no definition */
async function readDefinitions(file: string, io: CommandIo): Promise<readonly Definition[]> {
  const { shown, value } = await readJson(file, io);
  const given = givenSchema.safeParse(value);
  if (!given.success) {
    throw new Problem([
      `${shown}: holds no tools; give a tools/list result ({"tools": [...]}) or an array of definitions`,
    ]);
  }
  return given.data.map((element, index) => {
    const definition = definitionSchema.safeParse(element);
    if (definition.success) return definition.data;
    const [issue] = definition.error.issues;
    const what = issue?.path.length === 0 ? "not an object" : "without a name";
    throw new Problem([`${shown}: element ${index} is no definition of a tool: ${what}`]);
  });
}
