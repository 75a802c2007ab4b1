// Puts other text in the place of parts of a message: every other character stays as it was received.

/** `start` and `end` are positions in UTF-16 code units; `text` stands there then. */
export type Edit = { readonly start: number; readonly end: number; readonly text: string };

/** The text with all edits, which must not overlap. */
export function splice(text: string, edits: readonly Edit[]): string {
  // from the end, so that positions before an edit stay true
  const ordered = [...edits].sort((a, b) => b.start - a.start);
  return ordered.reduce((edited, { start, end, text }) => edited.slice(0, start) + text + edited.slice(end), text);
}
