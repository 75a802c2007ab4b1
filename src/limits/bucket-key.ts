// Names the bucket that a limit draws on: one for each (rule, whose, what). Two different triples never share a name,
// whatever their parts hold, and no name is longer than MAX_KEY_LENGTH.
import { createHash } from "node:crypto";
import type { Category, RateLimit } from "../gate/types.ts";

/** What of a call a bucket can be told apart by. */
export type Countable = {
  readonly server: string;
  /** Absent for every method but `tools/call`. */
  readonly tool?: string | undefined;
  readonly method: string;
  readonly category: Category;
  readonly session: string;
  /** The principal's id. */
  readonly principal: string;
};

/** A tool's name may be as long as a request; longer keys are stored as their hash. */
export const MAX_KEY_LENGTH = 512;

/** The key of a charge. A session belongs to one principal, and so does its bucket: the key holds both. */
export function bucketKey(limit: Pick<RateLimit, "rule" | "per" | "over">, call: Countable): string {
  // `per` and `over` say how many parts follow each, so that the array reads in one way only.
  const key = JSON.stringify([limit.rule, limit.per, ...whose(limit.per, call), limit.over, ...what(limit.over, call)]);
  return key.length <= MAX_KEY_LENGTH ? key : `sha256:${createHash("sha256").update(key).digest("hex")}`;
}

function whose(per: RateLimit["per"], call: Countable): readonly string[] {
  switch (per) {
    case "session":
      return [call.principal, call.session];
    case "principal":
      return [call.principal];
    case "everyone":
      return [];
  }
}

function what(over: RateLimit["over"], call: Countable): readonly string[] {
  switch (over) {
    case "tool":
      return call.tool === undefined ? [call.server, "method", call.method] : [call.server, "tool", call.tool];
    case "category":
      return [call.server, call.category];
    case "server":
      return [call.server];
    case "all":
      return [];
  }
}
