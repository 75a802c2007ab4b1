// A schema's patterns, run by RE2: in time linear in the text, whatever the pattern. It has no look-around and no
// back-references, and its \s is ASCII white space only. The one file that knows RE2.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

export type LinearPattern = {
  /** Whether it is found anywhere in `text`. */
  readonly test: (text: string) => boolean;
  /** What it may cost for each character, in units of one step of the plainest pattern. */
  readonly unitsPerCharacter: number;
};

/** Instructions of a program that cost as much as one step of the plainest. */
const INSTRUCTIONS_PER_UNIT = 16;

/** Undefined where it is no pattern, or none that RE2 can run. */
export function compilePattern(pattern: string): LinearPattern | undefined {
  try {
    // at the first pattern: a gate's first answer does not wait for it
    const { RE2JS }: typeof import("re2js") = require("re2js");
    const compiled = RE2JS.compile(RE2JS.translateRegExp(pattern));
    const unitsPerCharacter = 1 + Math.floor(compiled.programSize() / INSTRUCTIONS_PER_UNIT);
    return { test: (text) => compiled.matcher(text).find(), unitsPerCharacter };
  } catch {
    return undefined;
  }
}
