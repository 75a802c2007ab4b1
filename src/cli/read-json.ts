// Reads the JSON that a command is given in a file or on standard input. Every fault is one line that names it.
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { messageOf, Problem } from "../problem.ts";
import type { CommandIo } from "./command.ts";

export type GivenJson = {
  /** Names it in errors. */
  readonly shown: string;
  /** As it is written. */
  readonly text: string;
  readonly value: unknown;
};

/**
 * @param file as the person named it; `-` is standard input
 * @throws Problem where it can't be read, or is not JSON in UTF-8
 */
export async function readJson(file: string, io: CommandIo): Promise<GivenJson> {
  const shown = file === "-" ? "standard input" : file;
  const text = decodeUtf8(file === "-" ? await io.stdin() : await readBytes(resolve(io.cwd, file), shown), shown);
  try {
    const value: unknown = JSON.parse(text);
    return { shown, text, value };
  } catch (error) {
    throw new Problem([`${shown}: not JSON (${messageOf(error)})`]);
  }
}

async function readBytes(path: string, shown: string): Promise<Uint8Array> {
  return await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new Problem([`${shown}: ${error.code === "ENOENT" ? "no such file" : `cannot be read (${error.message})`}`]);
  });
}

function decodeUtf8(bytes: Uint8Array, shown: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Problem([`${shown}: not UTF-8`]);
  }
}
