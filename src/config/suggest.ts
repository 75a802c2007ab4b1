// "Did you mean": the known word that a mistyped one is nearest to. Pure; it never guesses where two words have little in common.

/** The known word nearest to `word`: at most two edits away and less than half of it changed; case does not count. */
export function nearestWord(word: string, known: readonly string[]): string | undefined {
  const longest = 64;
  if (word.length > longest) return undefined;
  let nearest: { readonly word: string; readonly edits: number } | undefined;
  for (const candidate of known) {
    const edits = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (edits > 2 || edits * 2 >= Math.max(word.length, 2)) continue;
    if (nearest === undefined || edits < nearest.edits) nearest = { word: candidate, edits };
  }
  return nearest?.word;
}

/** Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substitution = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let edits = Math.min(at(last, j) + 1, at(row, j - 1) + 1, substitution);
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) edits = Math.min(edits, at(beforeLast, j - 2) + 1);
      row.push(edits);
    }
    beforeLast = last;
    last = row;
  }
  return at(last, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
