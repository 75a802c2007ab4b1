// What is frozen, since when and by whom, as a line for a terminal. Pure.
import { showable } from "../mcp/showable.ts";
import type { FrozenStatus } from "../status/status-schema.ts";

const MAX_CHARS = 500;

export function showFreeze({ what, since, by }: FrozenStatus): string {
  return `${showable(what, MAX_CHARS)}, since ${since}${by === undefined ? "" : `, by ${showable(by, MAX_CHARS)}`}`;
}
