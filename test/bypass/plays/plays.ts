// The programs that entries of the corpus name.
import type { Caller } from "../callers.ts";
import type { Stage } from "../stage.ts";
import * as hidden from "./hidden.ts";
import * as limits from "./limits.ts";
import * as sessions from "./sessions.ts";

/** @param main a caller that all plays of a column share */
export type Play = (stage: Stage, main: Caller) => Promise<void>;

export const plays: ReadonlyMap<string, Play> = new Map<string, Play>(
  Object.entries({
    ...sessions,
    ...limits,
    hiddenByResuming: hidden.hiddenByResuming,
    hiddenByOtherLists: hidden.hiddenByOtherLists,
  }),
);
