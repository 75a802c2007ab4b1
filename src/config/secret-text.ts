// A configured text that may be secret: filled in from the environment once, and from files as often as they are read. Files are
// small and hold one line. What is in them is never quoted.
import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";
import { messageOf } from "../problem.ts";
import { says } from "./faults.ts";
import { type Dialect, interpolate } from "./interpolate.ts";

/** Parts that stand as they are, and files (absolute) whose one line stands between them. */
export type FileText = { readonly parts: readonly (string | { readonly file: string })[] };
export type SecretText = string | FileText;

export type SecretContext = {
  /** What files are relative to. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly dialect: Dialect;
};

const FILE = /\$\$\{|\$\{file:([^}]+)\}/g;
const ONE_LINE = /^[\t\x20-\x7e]*$/;
const MAX_FILE_BYTES = 16_384;

/** The text as it is now. @throws Error that names the file which can't be read, or holds no line */
export function readSecretText(text: SecretText): string {
  if (typeof text === "string") return text;
  return text.parts.map((part) => (typeof part === "string" ? part : readLine(part.file))).join("");
}

/** With ${NAME}, and in regate.yaml ${file:PATH}; printable ASCII on one line. */
export function secretText({ folder, env, dialect }: SecretContext): z.ZodType<SecretText> {
  return z.string({ error: says("must be text; put it in quotes") }).transform((written, ctx): SecretText => {
    const parts: (string | { readonly file: string })[] = [];
    const problems: string[] = [];
    const fill = (plain: string): void => {
      const filled = interpolate(plain, env, dialect);
      if (filled.kind === "filled") parts.push(filled.text);
      else problems.push(...filled.problems);
    };
    let from = 0;
    for (const { index, 0: match, 1: file } of dialect === "regate" ? written.matchAll(FILE) : []) {
      if (file === undefined) continue;
      fill(written.slice(from, index));
      parts.push({ file: resolve(folder, file) });
      from = index + match.length;
    }
    fill(written.slice(from));
    const text: SecretText = from === 0 ? parts.join("") : { parts };
    try {
      if (problems.length === 0 && !ONE_LINE.test(readSecretText(text)))
        problems.push("must be printable ASCII on one line");
    } catch (error) {
      problems.push(messageOf(error));
    }
    for (const message of new Set(problems)) ctx.addIssue({ code: "custom", message });
    return problems.length > 0 ? z.NEVER : text;
  });
}

function readLine(file: string): string {
  let text: string;
  try {
    if (statSync(file).size > MAX_FILE_BYTES) throw new Error(`longer than ${MAX_FILE_BYTES} bytes`);
    text = readFileSync(file, "utf8").replace(/\r?\n$/, "");
  } catch (error) {
    throw new Error(`names the file ${file}, which can't be read (${messageOf(error)})`);
  }
  if (text === "" || !ONE_LINE.test(text))
    throw new Error(`names the file ${file}, which must hold one line of printable ASCII`);
  return text;
}
