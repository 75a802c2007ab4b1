// What the policy tests share: folders of Rego, bundles of them, bundles of Rego that the library would never let through,
// and archives of any form.

import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll } from "vitest";
import { run as runTest } from "../../src/cli/test.ts";
import type { Evaluation } from "../../src/gate/types.ts";
import { type ActivePolicy, loadActivePolicy } from "../../src/policy/active-policy.ts";
import { type BuiltBundle, buildBundle } from "../../src/policy/build/compose.ts";
import {
  type Bundle,
  CLASSIFY_ENTRYPOINT,
  DECISION_ENTRYPOINT,
  ENTRYPOINTS,
  parseBundle,
} from "../../src/policy/bundle.ts";
import { findOpa, runOpa } from "../../src/policy/opa.ts";
import { SHIPPED_BUNDLE, SHIPPED_ROOT } from "../../src/policy/shipped.ts";
import { Problem } from "../../src/problem.ts";

export const ROOT = SHIPPED_ROOT;

export type Files = Readonly<Record<string, string>>;

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((dir) => rm(dir, { recursive: true, force: true }))));

/** A folder with these files, removed when the tests of the file are over. */
export async function makeFolder(files: Files): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "regate-test-"));
  folders.push(dir);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), text);
  }
  return dir;
}

export async function buildFolder(dir: string): Promise<BuiltBundle> {
  return buildBundle({ dir, shown: "rego" }, await findOpa(process.env, ROOT));
}

/** The lines of the Problem that building these files ends in. */
export async function faultsOf(files: Files): Promise<readonly string[]> {
  return problemOf(buildFolder(await makeFolder(files)));
}

export async function problemOf(work: Promise<unknown>): Promise<readonly string[]> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Problem) return error.lines;
    throw error;
  }
  throw new Error("it went well, and was not to");
}

const REST =
  '"reasons": [], "rules": ["r"], "malformed": [], "rate_limits": [], "approval": {"timeout": 300, "hold": 25}, ' +
  '"labels": [], "redact": [], "hidden": false';

export type CompileOptions = {
  /** Those that the source answers. Where it is one of the gate's, the other is answered for it. */
  readonly entrypoints?: readonly string[];
  readonly args?: readonly string[];
};

/** A bundle of one Rego source, compiled by OPA alone: no library, no checks, any builtin. */
export async function compileRego(source: string, options: CompileOptions = {}): Promise<Bundle> {
  return parseBundle(await compileRegoBytes(source, options), "test.tar.gz");
}

export async function compileRegoBytes(
  source: string,
  { entrypoints = [DECISION_ENTRYPOINT], args = [] }: CompileOptions = {},
): Promise<Buffer> {
  const added = entrypoints.some((entrypoint) => ENTRYPOINTS.includes(entrypoint))
    ? ENTRYPOINTS.filter((entrypoint) => !entrypoints.includes(entrypoint))
    : [];
  const files = {
    "policy.rego": source,
    ...Object.fromEntries(added.map((name, index) => [`stand-in-${index}.rego`, STAND_INS[name] ?? ""])),
  };
  const cwd = await makeFolder(files);
  const asked = [...entrypoints, ...added].flatMap((entrypoint) => ["-e", entrypoint]);
  const build = ["build", "-t", "wasm", ...asked, "-r", "test", "-o", "out.tar.gz", ...args, ...Object.keys(files)];
  const { exitCode, stderr } = await runOpa(await findOpa(process.env, ROOT), build, { cwd });
  if (exitCode !== 0) throw new Error(stderr);
  return readFile(join(cwd, "out.tar.gz"));
}

/** What answers the entrypoint that a test is not about. */
const STAND_INS: Readonly<Record<string, string>> = {
  [DECISION_ENTRYPOINT]: `package regate

decision := {"action": "deny", ${REST}}
`,
  [CLASSIFY_ENTRYPOINT]: `package regate

classify := {"category": "Read", "risk": "Low", "severity": "low", "signals": [], "required": [], "rationale": "Reads"}
`,
};

/** Rego whose decision permits where the condition holds, in the shape that the gate reads. */
export function permitsIf(condition: string): string {
  return `package regate

default decision := {"action": "deny", ${REST}}

decision := {"action": "allow", ${REST}} if { ${condition} }
`;
}

export type TarEntry = { readonly name: string; readonly content?: string | Uint8Array; readonly type?: string };

/** A ustar archive of exactly these entries. */
export function makeTar(entries: readonly TarEntry[]): Buffer {
  const blocks = entries.flatMap(({ name, content = "", type = "0" }) => {
    const bytes = Buffer.from(content);
    return [makeHeader(name, bytes.length, type), bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

export function makeTarGz(entries: readonly TarEntry[]): Buffer {
  return gzipSync(makeTar(entries));
}

function makeHeader(name: string, size: number, type: string): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0, 100);
  header.write("0000600\0", 100);
  header.write(`${size.toString(8).padStart(11, "0")}\0`, 124);
  header.write("        ", 148);
  header.write(type, 156);
  header.write("ustar\u000000", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return header;
}

export function problemOfEvaluation(evaluation: Evaluation): string {
  return evaluation.kind === "failed" ? evaluation.problem : `decided: ${JSON.stringify(evaluation.decision)}`;
}

/** The policy of the committed bundle. */
export async function loadShippedPolicy(): Promise<ActivePolicy> {
  return await loadActivePolicy(SHIPPED_BUNDLE, "the shipped bundle");
}

/** `regate test` in this process, from the root of the repository. */
export async function regateTest(
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly printed: string }> {
  let printed = "";
  const code = await runTest(args, {
    stdout: (more) => {
      printed += more;
    },
    stderr: () => {},
    env: process.env,
    cwd: ROOT,
    stdin: () => Promise.reject(new Error("not read")),
  });
  return { code, printed };
}
