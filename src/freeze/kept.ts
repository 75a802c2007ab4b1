// How freezes are written into the state, and read back. What can't be read freezes everything: nobody knows any more what
// was to be let through.
import { z } from "zod";
import type { Frozen } from "./freeze.ts";

const keptSchema = z.array(
  z.strictObject({
    server: z.string().optional(),
    principal: z.string().optional(),
    since_unix_ms: z.number(),
    by: z.string().optional(),
  }),
);

export function writeKept(frozen: readonly Frozen[]): string {
  return JSON.stringify(
    frozen.map(({ server, principal, sinceUnixMs, by }) => ({ server, principal, since_unix_ms: sinceUnixMs, by })),
  );
}

export function readKept(text: string | undefined, nowUnixMs: number, log: (line: string) => void): readonly Frozen[] {
  if (text === undefined) return [];
  try {
    return keptSchema
      .parse(JSON.parse(text))
      .map(({ server, principal, since_unix_ms, by }) => ({ server, principal, sinceUnixMs: since_unix_ms, by }));
  } catch {
    log("freeze: what was frozen can't be read from the state, so all calls are frozen: regate freeze --thaw ends it");
    return [{ server: undefined, principal: undefined, sinceUnixMs: nowUnixMs, by: undefined }];
  }
}
