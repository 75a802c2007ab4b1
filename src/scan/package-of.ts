// Which package of a registry a configured server comes from: as its command line names it (`npx -y PACKAGE`), or as it is
// installed on this machine. Reads files, runs nothing, asks no registry; where neither tells, there is no answer.
import { basename } from "node:path";
import type { ServerConfig, StdioServer } from "../config/server-schema.ts";
import { findLocalPackage, findNodePackage, findPythonPackage, locateCommand } from "./installed-package.ts";

/** `version` only where it is known exactly. */
export type KnownPackage = { readonly name: string; readonly version?: string | undefined };

const EXACT_VERSION = /^v?\d+(?:\.\d+)*(?:[-+.]?[0-9A-Za-z]+)*$/;
const NPM_NAME = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/;
const PYTHON_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/;
const RUNNERS: ReadonlyMap<string, "npm" | "python"> = new Map([
  ["npx", "npm"],
  ["bunx", "npm"],
  ["npm exec", "npm"],
  ["pnpm dlx", "npm"],
  ["yarn dlx", "npm"],
  ["uvx", "python"],
  ["uv tool run", "python"],
  ["pipx run", "python"],
]);
/** What names the package in place of the first argument that is no option. */
const PACKAGE_OPTIONS = ["-p", "--package", "--from", "--spec"];
/** Options of the runners that take a value. */
const OPTIONS_WITH_VALUE = [
  "--python",
  "--with",
  "--index",
  "--index-url",
  "--cache-dir",
  "--registry",
  "--userconfig",
];

/** @param env where PATH is looked up */
export async function packageOf(server: ServerConfig, env: NodeJS.ProcessEnv): Promise<KnownPackage | undefined> {
  if (server.kind === "http") return undefined;
  const program = basename(server.command).replace(/\.(?:cmd|exe)$/i, "");
  for (const [runner, registry] of RUNNERS) {
    const [first, ...words] = runner.split(" ");
    if (first !== program || words.some((word, index) => server.args[index] !== word)) continue;
    const spec = specIn(server.args.slice(words.length)) ?? "";
    if (registry === "python") return readPythonSpec(spec);
    const named = readNpmSpec(spec);
    if (named === undefined || named.version !== undefined) return named;
    // `npx NAME` runs what is installed here, of whichever package, before it asks the registry
    return (await findLocalPackage(spec, server.cwd)) ?? named;
  }
  return await installedPackage(server, program, env);
}

/** What the arguments of a runner name as the package. */
function specIn(args: readonly string[]): string | undefined {
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] ?? "";
    const [, long, value] = /^(--[a-z-]+)=(.*)$/.exec(arg) ?? [];
    if (PACKAGE_OPTIONS.includes(long ?? arg)) return value ?? args[index + 1];
    if (OPTIONS_WITH_VALUE.includes(arg)) index += 1;
    else if (!arg.startsWith("-")) return arg;
  }
  return undefined;
}

/** `@scope/name@1.2.3`, `name`, `name@latest`; not a path, an address or a repository. */
function readNpmSpec(spec: string): KnownPackage | undefined {
  const at = spec.indexOf("@", 1);
  const name = at === -1 ? spec : spec.slice(0, at);
  return NPM_NAME.test(name) ? known(name, at === -1 ? undefined : spec.slice(at + 1)) : undefined;
}

/** `name==1.2.3`, `name[extra]@1.2.3`, `name`. */
function readPythonSpec(spec: string): KnownPackage | undefined {
  const parts = /^([^[=@<>!~; ]+)(?:\[[^\]]*\])?(?:(?:==|@)(.*))?$/.exec(spec);
  const [, name = "", version] = parts ?? [];
  return PYTHON_NAME.test(name) ? known(name, version) : undefined;
}

function known(name: string, version: string | undefined): KnownPackage {
  return { name, version: version !== undefined && EXACT_VERSION.test(version) ? version : undefined };
}

async function installedPackage(
  { command, args, cwd }: StdioServer,
  program: string,
  env: NodeJS.ProcessEnv,
): Promise<KnownPackage | undefined> {
  const file = await locateCommand(command, cwd, env);
  if (file === undefined) return undefined;
  const [first = "", second = ""] = args;
  if (/^(?:node|bun|deno)$/.test(program)) return await findNodePackage(first, cwd);
  if (/^python[0-9.]*$/.test(program)) {
    return first === "-m" ? await findPythonPackage(file, moduleFiles(second)) : undefined;
  }
  return (await findNodePackage(file, cwd)) ?? (await findPythonPackage(file, [`../../../bin/${basename(file)}`]));
}

/** Where a module that can be run lies, relative to site-packages. */
function moduleFiles(module: string): readonly string[] {
  const path = module.replaceAll(".", "/");
  return [`${path}/__main__.py`, `${path}.py`];
}
