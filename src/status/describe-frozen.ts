// What is frozen, as the status and the console say it. Pure.
import { describeScope, type Frozen } from "../freeze/freeze.ts";
import { showable } from "../mcp/showable.ts";
import type { FrozenStatus } from "./status-schema.ts";

export function describeFrozen(frozen: readonly Frozen[]): FrozenStatus[] {
  return frozen.map((one) => ({
    what: describeScope(one, "calls"),
    server: one.server,
    principal: one.principal,
    since: new Date(one.sinceUnixMs).toISOString(),
    by: one.by,
  }));
}

const MAX_CHARS = 500;

/** One of them as a line for a terminal. */
export function showFreeze({ what, since, by }: FrozenStatus): string {
  return `${showable(what, MAX_CHARS)}, since ${since}${by === undefined ? "" : `, by ${showable(by, MAX_CHARS)}`}`;
}
