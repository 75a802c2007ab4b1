// Colour on a terminal: the few words that say how something went, where a person looks for them. Only the command that prints a text
// knows where they stand in it, so that no name or reason of somebody else's is painted.
import type { CommandIo } from "./command.ts";

const RED = 31;
const GREEN = 32;
const YELLOW = 33;

const COLOURS: ReadonlyMap<string, number> = new Map([
  ...["deny", "denied", "looser", "failed", "error"].map((word) => [word, RED] as const),
  ...["allow", "forward", "stricter", "ok"].map((word) => [word, GREEN] as const),
  ...["require_approval", "approval_needed", "rate_limited", "other", "warning", "unable"].map(
    (word) => [word, YELLOW] as const,
  ),
]);

/**
 * Whether a stream may have colour: FORCE_COLOR says it, then NO_COLOR, then what the stream is.
 * @param isTerminal of that stream
 */
export function wantsColour({ FORCE_COLOR, NO_COLOR, TERM }: NodeJS.ProcessEnv, isTerminal: boolean): boolean {
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== "0" && FORCE_COLOR !== "false";
  if (NO_COLOR !== undefined && NO_COLOR !== "") return false;
  return isTerminal && TERM !== "dumb";
}

/** @param place matches what stands before a word, and the word, as its two groups, and nothing more */
export function paint(io: CommandIo, text: string, place: RegExp): string {
  if (io.isColoured !== true) return text;
  return text.replace(place, (whole: string, before: string, word: string) => {
    const colour = COLOURS.get(word);
    return colour === undefined ? whole : `${before}\u001b[${colour}m${word}\u001b[0m`;
  });
}
