// Two texts, word by word, on one line: `the [-old-]{+new+} words`, as git shows them. What stayed the same is shortened, what
// can't be seen is spelt out, and what differs is never left out unless there is more of it than anyone would read.
import { createRequire } from "node:module";
import { showable } from "../mcp/showable.ts";

/** Beyond so many changed words the two are shown one after the other. */
const MAX_EDITS = 1_000;
const CONTEXT_CHARACTERS = 40;
const MAX_PART_CHARACTERS = 2_000;
const MAX_CHARACTERS = 10_000;

const require = createRequire(import.meta.url);

export function showWordDiff(before: string, after: string, maxEdits = MAX_EDITS): string {
  // at the first change of a definition: a gate that sees none need not load it
  const { diffWordsWithSpace }: typeof import("diff") = require("diff");
  const parts = diffWordsWithSpace(before, after, { maxEditLength: maxEdits });
  if (parts === undefined) return `${removed(before)}${added(after)}`;
  const shown = parts.map(({ value, added: isAdded, removed: isRemoved }, index) => {
    if (isRemoved) return removed(value);
    if (isAdded) return added(value);
    return same(value, index === 0, index === parts.length - 1);
  });
  return cut(shown.join(""));
}

function removed(text: string): string {
  return text === "" ? "" : `[-${show(text)}-]`;
}

function added(text: string): string {
  return text === "" ? "" : `{+${show(text)}+}`;
}

function same(text: string, isFirst: boolean, isLast: boolean): string {
  const chars = [...text];
  const kept = (isFirst ? 0 : CONTEXT_CHARACTERS) + (isLast ? 0 : CONTEXT_CHARACTERS);
  if (chars.length <= kept + 3) return show(text);
  const head = isFirst ? "" : chars.slice(0, CONTEXT_CHARACTERS).join("");
  const tail = isLast ? "" : chars.slice(chars.length - CONTEXT_CHARACTERS).join("");
  return `${show(head)}...${show(tail)}`;
}

/** A line break is no secret, and there are many. */
function show(text: string): string {
  return showable(text.replaceAll("\r\n", "\n").replaceAll("\n", "\u{23ce}"), MAX_PART_CHARACTERS);
}

function cut(text: string): string {
  return text.length <= MAX_CHARACTERS ? text : `${text.slice(0, MAX_CHARACTERS)}... (${text.length} characters)`;
}
