// `regate build [DIR] [-o FILE]`: checks and compiles a policy folder with the shipped library to a bundle. The file is
// there whole or not at all; a fault in the policy leaves the old one.
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { buildBundle } from "../policy/build/compose.ts";
import { findOpa } from "../policy/opa.ts";
import { listServers } from "../policy/rule-index.ts";
import { Problem } from "../problem.ts";
import type { CommandIo } from "./command.ts";

export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const { dir, output } = readArgs(args);
  const opa = await findOpa(io.env, io.cwd);
  const { bytes, bundle } = await buildBundle({ dir: resolve(io.cwd, dir), shown: dir }, opa);
  await replaceFile(resolve(io.cwd, output), bytes, output);
  const count = listServers(bundle.rules).length;
  const servers = count === 1 ? "1 server" : `${count} servers`;
  io.stdout(
    `${output}: revision ${bundle.revision}, ${bundle.rules.size} rules, ${servers}, ${bytes.length} bytes; regate serve --bundle ${output} judges by it\n`,
  );
  return 0;
}

function readArgs(args: readonly string[]): { dir: string; output: string } {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { output: { type: "string", short: "o", default: "bundles/regate.tar.gz" } },
  });
  const [dir = "rego", ...others] = positionals;
  if (others.length > 0)
    throw new Problem([`regate build: one policy folder at a time, not ${positionals.join(" and ")}`]);
  return { dir, output: values.output };
}

/** Whoever watches or reads the file sees the old bundle or the new one. */
async function replaceFile(file: string, bytes: Uint8Array, shown: string): Promise<void> {
  const temporary = join(dirname(file), `.${basename(file)}.${process.pid}.tmp`);
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(temporary, bytes);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new Problem([`${shown}: cannot be written (${error instanceof Error ? error.message : String(error)})`]);
  }
}
