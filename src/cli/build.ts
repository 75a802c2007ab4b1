// `regate build [DIR] [-o FILE]`: checks and compiles a policy folder with the shipped library to a bundle. The file is
// there whole or not at all; a fault in the policy leaves the old one.
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { buildBundle } from "../policy/build/compose.ts";
import { findOpa } from "../policy/opa.ts";
import { listServers } from "../policy/rule-index.ts";
import { writeFiles } from "../policy/write-files.ts";
import { Problem } from "../problem.ts";
import type { CommandIo } from "./command.ts";

export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const { dir, output } = readArgs(args);
  const opa = await findOpa(io.env, io.cwd);
  const { bytes, bundle } = await buildBundle({ dir: resolve(io.cwd, dir), shown: dir }, opa);
  await writeFiles([{ file: resolve(io.cwd, output), shown: output, content: bytes }]);
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
