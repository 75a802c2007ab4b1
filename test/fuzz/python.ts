// Asks a real Python how it reads bytes: one process for the test file, one question after the other.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { PYTHON } from "../e2e/harness-clients.ts";
import { whenDone } from "../e2e/harness-process.ts";

/** A JSON value that kept its order, its repeated keys and its lexemes: object, array, string, number or literal. */
export type Form =
  | readonly ["o", readonly (readonly [string, Form])[]]
  | readonly ["a", readonly Form[]]
  | readonly ["s" | "n" | "l", string];

type Asked = (kind: "json" | "tar", bytes: Uint8Array) => Promise<unknown>;

let asking: Asked | undefined;

/** How Python's json reads these bytes; undefined where it can't. */
export async function pythonJson(bytes: Uint8Array): Promise<Form | undefined> {
  // biome-ignore lint/suspicious/noExplicitAny: it is our own script's, and deep
  return ((await ask("json", bytes)) ?? undefined) as any;
}

/** The regular files that Python's tarfile finds in an archive, by name; undefined where it can't read it. */
export async function pythonTar(bytes: Uint8Array): Promise<ReadonlyMap<string, Buffer> | undefined> {
  const files = await ask("tar", bytes);
  if (typeof files !== "object" || files === null) return undefined;
  return new Map(Object.entries(files).map(([name, content]) => [name, Buffer.from(String(content), "base64")]));
}

function ask(kind: "json" | "tar", bytes: Uint8Array): Promise<unknown> {
  asking ??= start();
  return asking(kind, bytes);
}

function start(): Asked {
  const child = spawn(PYTHON, [join(import.meta.dirname, "python-reader.py")], { stdio: ["pipe", "pipe", "inherit"] });
  whenDone(() => void child.kill());
  const waiting: { resolve: (answer: unknown) => void; reject: (error: Error) => void }[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => waiting.shift()?.resolve(JSON.parse(line)));
  child.on("error", (error) => {
    for (const { reject } of waiting.splice(0)) reject(error);
  });
  return (kind, bytes) =>
    new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
      child.stdin.write(`${JSON.stringify({ kind, bytes: Buffer.from(bytes).toString("base64") })}\n`);
    });
}
