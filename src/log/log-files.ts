// A log is the file that is written now and the ones that were rotated away beside it: decisions.jsonl, and before it
// decisions.000001.jsonl, decisions.000002.jsonl and so on. Knows their names and nothing of what they say.
import { readdir } from "node:fs/promises";
import { basename, dirname, join, parse } from "node:path";

/** A log's file, absolute, and as the person named it. */
export type NamedLog = { readonly file: string; readonly shown: string };

export type RotatedFile = { readonly file: string; readonly number: number };

const DIGITS = 6;

export function rotatedName(file: string, number: number): string {
  const { dir, name, ext } = parse(file);
  return join(dir, `${name}.${String(number).padStart(DIGITS, "0")}${ext}`);
}

/** Whether it is named as a file that was put away. */
export function isRotatedName(file: string): boolean {
  const { name, ext } = parse(file);
  return /\.\d{6,12}$/.test(name) && ext !== "";
}

/** The rotated files of the log `file`, the oldest first; none where its folder can't be read. */
export async function listRotated(file: string): Promise<readonly RotatedFile[]> {
  const { dir, name, ext } = parse(file);
  const names = await readdir(dir).catch(() => []);
  return names
    .map((one) => ({ file: join(dir, one), number: Number(one.slice(name.length + 1, one.length - ext.length)) }))
    .filter((one) => one.file === rotatedName(file, one.number))
    .sort((a, b) => a.number - b.number);
}

/** A rotated file of the log, as the person who named that would. */
export function nameBeside({ shown }: NamedLog, { file }: RotatedFile): NamedLog {
  return { file, shown: join(dirname(shown), basename(file)) };
}

/** Each log with its rotated files before it. Of one whose own file is gone, only those; of one that is nowhere, its name. */
export async function withRotated(logs: readonly NamedLog[]): Promise<readonly NamedLog[]> {
  const all = await Promise.all(
    logs.map(async ({ file, shown }): Promise<readonly NamedLog[]> => {
      const before = (await listRotated(file)).map((one) => nameBeside({ file, shown }, one));
      const isThere = before.length === 0 || (await readdir(dirname(file))).includes(basename(file));
      return isThere ? [...before, { file, shown }] : before;
    }),
  );
  const seen = new Set<string>();
  return all.flat().filter(({ file }) => !seen.has(file) && seen.add(file));
}
