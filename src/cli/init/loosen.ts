// Edits that loosen a rule, as a person would make them: a limit ten times as high, an approval or a denial that becomes a
// permission. By the text, line by line; whether a call notices is for a comparison to say.

export type RuleText = { readonly path: string; readonly text: string };

export type RuleEdit = {
  readonly path: string;
  /** Of the first line that changes, counted from 1. */
  readonly row: number;
  /** The lines that change, as a diff has them. */
  readonly hunk: string;
  /** The whole file. */
  readonly changed: string;
};

type Kind = { readonly pattern: RegExp; readonly write: (match: readonly string[]) => string };

/** The one that shows most comes first. */
const KINDS: readonly Kind[] = [
  {
    pattern: /^(\t"rate_limit": \{"max": )(\d{1,9})(,.*)$/m,
    write: ([, before = "", max = "", after = ""]) => `${before}${10 * Number(max)}${after}`,
  },
  {
    pattern: /^\t"action": "require_approval",$/m,
    write: () => '\t"action": "allow",',
  },
  {
    // what is permitted can't be hidden
    pattern: /^\t"action": "deny",\n((?:\t".*\n){0,6})\t"hide": true,$/m,
    write: ([, between = ""]) => `\t"action": "allow",\n${between}`.replace(/\n$/, ""),
  },
];

/** One of each kind for each file, by kind. */
export function findEdits(files: readonly RuleText[]): readonly RuleEdit[] {
  return KINDS.flatMap((kind) => files.flatMap((file) => edit(file, kind)));
}

function edit({ path, text }: RuleText, { pattern, write }: Kind): readonly RuleEdit[] {
  const match = pattern.exec(text);
  if (match === null) return [];
  const [before] = match;
  const after = write(match);
  const row = text.slice(0, match.index).split("\n").length;
  const [removed, added] = [before.split("\n"), after.split("\n")];
  return [
    {
      path,
      row,
      hunk: writeHunk(removed, added),
      changed: `${text.slice(0, match.index)}${after}${text.slice(match.index + before.length)}`,
    },
  ];
}

/** Lines that both have, in their order, stand as they are. */
function writeHunk(removed: readonly string[], added: readonly string[]): string {
  const kept = new Set(removed.filter((line) => added.includes(line)));
  const lines: string[] = [];
  let position = 0;
  for (const line of removed) {
    if (!kept.has(line)) lines.push(`-${line}`);
    else {
      while (added[position] !== line) lines.push(`+${added[position++]}`);
      lines.push(` ${line}`);
      position += 1;
    }
  }
  return [...lines, ...added.slice(position).map((line) => `+${line}`)].join("\n");
}
