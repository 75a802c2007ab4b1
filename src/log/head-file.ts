// FILE.head beside a log: how far it goes, whether a gate has it open, and when that was last known to have written everything.
// Found at the next start, or by whoever verifies, it says what the log itself can't: that its end is missing. It has a MAC of
// its own.
import { createHmac } from "node:crypto";
import { readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { z } from "zod";
import type { ChainHead } from "./chain.ts";

export type LogHead = ChainHead & {
  readonly state: "open" | "closed";
  /** All that was recorded up to then is written, Unix time in milliseconds. */
  readonly unixMs: number;
};

export type FoundHead =
  | { readonly kind: "none" }
  /** It was changed, or another key wrote it. */
  | { readonly kind: "foreign" }
  | { readonly kind: "found"; readonly head: LogHead };

const headSchema = z.strictObject({
  n: z.int().min(0),
  mac: z.string().length(43),
  state: z.enum(["open", "closed"]),
  unixMs: z.number(),
  auth: z.string(),
});

export function headFileOf(file: string): string {
  return `${file}.head`;
}

/** Whole or not at all. */
export async function writeHead(file: string, head: LogHead, key: Buffer): Promise<void> {
  const draft = `${headFileOf(file)}.new`;
  const { n, mac, state, unixMs } = head;
  await writeFile(draft, `${JSON.stringify({ n, mac, state, unixMs, auth: authOf(head, key) })}\n`, { mode: 0o600 });
  await rename(draft, headFileOf(file));
}

/** @throws the system's error where there is one that can't be read */
export async function readHead(file: string, key: Buffer): Promise<FoundHead> {
  const text = await readFile(headFileOf(file), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return { kind: "none" };
  const parsed = headSchema.safeParse(parseJson(text));
  if (!parsed.success) return { kind: "foreign" };
  const { auth, ...head } = parsed.data;
  return auth === authOf(head, key) ? { kind: "found", head } : { kind: "foreign" };
}

/** The mark of a Regate without a chain that did not close its log: when it was last known to have written everything. */
export async function takeOpenMark(file: string): Promise<number | undefined> {
  const mark = `${file}.open`;
  const left = await stat(mark).catch(() => undefined);
  await rm(mark, { force: true });
  return left?.mtimeMs;
}

function authOf({ n, mac, state, unixMs }: LogHead, key: Buffer): string {
  return createHmac("sha256", key).update(`head ${n} ${mac} ${state} ${unixMs}`).digest("base64url");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
