// Reads what the gullible servers have done, and starts them.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { fixturePath, startHttpFixture } from "../e2e/harness-fixtures.ts";
import type { StdioEntry } from "../e2e/harness-gate.ts";
import { makeTempDir } from "../e2e/harness-process.ts";

const effectSchema = z.object({ did: z.string(), id: z.string().optional() });
export type Effect = z.infer<typeof effectSchema>;

/** What the policy of the corpus lets nobody do. */
const FORBIDDEN = ["denied", "paid too much", "pruned all", "secret resource", "secret prompt", "secret completion"];

export type Effects = {
  /** Everything that was done so far, in order. */
  readonly all: () => readonly Effect[];
  /** What nobody may do, of what was done after the first `mark` effects. */
  readonly forbidden: (mark?: number) => readonly Effect[];
};

export async function startGullibleHttp(): Promise<Effects & { readonly url: string }> {
  const log = join(makeTempDir(), "effects.jsonl");
  const { url } = await startHttpFixture("gullible-server.mjs", ["--http", "--log", log]);
  return { url, ...readEffects(log) };
}

/** To be started by the gate, or by hand. */
export function prepareGullibleStdio(): Effects & { readonly entry: StdioEntry } {
  const log = join(makeTempDir(), "effects.jsonl");
  const args = [fixturePath("gullible-server.mjs"), "--log", log];
  return { entry: { command: process.execPath, args }, ...readEffects(log) };
}

function readEffects(file: string): Effects {
  const all = (): Effect[] =>
    existsSync(file)
      ? readFileSync(file, "utf8")
          .split("\n")
          .filter((line) => line !== "")
          .map((line) => effectSchema.parse(JSON.parse(line)))
      : [];
  return {
    all,
    forbidden: (mark = 0) =>
      all()
        .slice(mark)
        .filter(({ did }) => FORBIDDEN.includes(did)),
  };
}
