// What the policy tests share: folders of Rego, bundles of them, bundles of Rego that the library would never let through,
// and archives of any form.
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll } from "vitest";
import type { Evaluation } from "../../src/gate/types.ts";
import { type BuiltBundle, buildBundle } from "../../src/policy/build/compose.ts";
import { type Bundle, parseBundle } from "../../src/policy/bundle.ts";
import { findOpa, runOpa } from "../../src/policy/opa.ts";
import { SHIPPED_ROOT } from "../../src/policy/shipped.ts";
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

/** A bundle of one Rego source, compiled by OPA alone: no library, no checks, any builtin. */
export async function compileRego(
  source: string,
  options: { entrypoint?: string; args?: string[] } = {},
): Promise<Bundle> {
  return parseBundle(await compileRegoBytes(source, options), "test.tar.gz");
}

export async function compileRegoBytes(
  source: string,
  { entrypoint = "regate/decision", args = [] }: { entrypoint?: string; args?: string[] } = {},
): Promise<Buffer> {
  const cwd = await makeFolder({ "policy.rego": source });
  const build = ["build", "-t", "wasm", "-e", entrypoint, "-r", "test", "-o", "out.tar.gz", ...args, "policy.rego"];
  const { exitCode, stderr } = await runOpa(await findOpa(process.env, ROOT), build, { cwd });
  if (exitCode !== 0) throw new Error(stderr);
  return readFile(join(cwd, "out.tar.gz"));
}

/** Rego whose decision permits where the condition holds, in the shape that the gate reads. */
export function permitsIf(condition: string): string {
  return `package regate

default decision := {"action": "deny", ${REST}}

decision := {"action": "allow", ${REST}} if { ${condition} }
`;
}

const REST =
  '"reasons": [], "rules": ["r"], "malformed": [], "rate_limits": [], "approval": {"timeout": 300, "hold": 25}, ' +
  '"labels": [], "redact": [], "hidden": false';

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
