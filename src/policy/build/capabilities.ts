// Derives what a policy may call: the builtins that OPA compiles into the module itself, where the fuel meter counts them.
// Found by asking OPA's compiler, not kept by hand: a probe policy that calls every builtin is compiled, and the module
// names those that it expects of its host. tools/opa/capabilities.json is this, committed; a test holds the two together.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { readArchive } from "../bundle.ts";
import { listHostBuiltins } from "../engine.ts";
import { type Opa, runOpa } from "../opa.ts";

const builtinSchema = z.looseObject({
  name: z.string(),
  infix: z.string().optional(),
  deprecated: z.boolean().optional(),
  decl: z.looseObject({ args: z.array(z.unknown()).optional(), result: z.unknown().optional() }),
});
const capabilitiesSchema = z.looseObject({ builtins: z.array(builtinSchema) });

type Builtin = z.infer<typeof builtinSchema>;

/**
 * @param cwd an empty folder for the probe
 * @returns the text of a capabilities file for `opa check` and `opa build`
 */
export async function deriveCapabilities(opa: Opa, cwd: string): Promise<string> {
  const current = capabilitiesSchema.parse(JSON.parse(await mustRun(opa, ["capabilities", "--current"], cwd)));
  const candidates = current.builtins.filter(({ deprecated }) => deprecated !== true);
  await writeFile(join(cwd, "probe.rego"), writeProbe(candidates));
  await mustRun(
    opa,
    ["build", "--target", "wasm", "--entrypoint", "probe", "--output", "probe.tar.gz", "probe.rego"],
    cwd,
  );
  const wasm = (await readArchive(await readFile(join(cwd, "probe.tar.gz")), "the probe")).get("policy.wasm");
  if (wasm === undefined) throw new Error("OPA compiled the probe to no policy.wasm");
  const missing = new Set(listHostBuiltins(await WebAssembly.compile(wasm)));
  const builtins = candidates.filter(({ name }) => !missing.has(name));
  return `${JSON.stringify({ ...current, builtins, allow_net: [] }, undefined, 2)}\n`;
}

/** Operators are always compiled in; what has no value (print) can't be called for one, and the compiler erases it. */
function writeProbe(builtins: readonly Builtin[]): string {
  const calls = builtins
    .filter(({ infix, decl }) => infix === undefined && decl.result !== undefined)
    .map(({ name, decl }, index) => {
      const args = (decl.args ?? []).map((_, position) => `input.argument_${position}`);
      return `call_${index} := ${name}(${args.join(", ")})`;
    });
  return `package probe\n\n${calls.join("\n\n")}\n`;
}

async function mustRun(opa: Opa, args: readonly string[], cwd: string): Promise<string> {
  const { exitCode, stdout, stderr } = await runOpa(opa, args, { cwd });
  if (exitCode !== 0) throw new Error(`opa ${args[0]} failed: ${stderr}`);
  return stdout;
}
