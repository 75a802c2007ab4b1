// A Lua script that the store runs whole: nothing happens in the store between its lines.
import { createHash } from "node:crypto";

export type Script = {
  readonly text: string;
  /** By which the store knows it again. */
  readonly sha1: string;
};

export function makeScript(text: string): Script {
  return { text, sha1: createHash("sha1").update(text).digest("hex") };
}

/** Sets the local `now` to milliseconds of the store's own clock: a script never takes a gate's word for the time. */
export const SERVER_TIME = `local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000`;
