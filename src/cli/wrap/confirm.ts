// What `regate wrap` and `unwrap` ask and need to know of where they run.
import { homedir } from "node:os";
import { Problem } from "../../problem.ts";
import type { CommandIo } from "../command.ts";
import type { Place } from "./clients.ts";

/** @throws Problem where nobody can be asked */
export async function confirm(isAgreed: boolean, io: CommandIo): Promise<boolean> {
  if (isAgreed) return true;
  if (io.ask === undefined)
    throw new Problem([
      "nobody can be asked here, for this is no terminal: --yes does it unasked; nothing was changed",
    ]);
  const answer = await io.ask("Write this? [y/N] ");
  if (/^y(?:es)?$/i.test(answer.trim())) return true;
  io.stderr("Nothing was changed.\n");
  return false;
}

export function readPlace({ env, cwd }: CommandIo): Place {
  return { env, cwd, home: env.HOME ?? env.USERPROFILE ?? homedir(), platform: process.platform };
}
