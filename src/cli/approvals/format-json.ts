// Canonical JSON over several lines, token by token: numbers and strings stay exactly as they are written. Pure.
const INDENT = "  ";
/** A string, a number or word, or one sign. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[^\s"{}[\],:]+|[{}[\],:]/gs;

/** @param text JSON without white space between its tokens */
export function formatJson(text: string): string[] {
  const lines: string[] = [];
  let [line, depth] = ["", 0];
  const tokens = text.match(TOKEN) ?? [];
  const flush = (): void => {
    lines.push(line);
    line = INDENT.repeat(depth);
  };
  tokens.forEach((token, index) => {
    const [before, after] = [tokens[index - 1], tokens[index + 1]];
    const closesFull = isClosing(token) && !isOpening(before);
    if (closesFull) {
      depth -= 1;
      flush();
    }
    line += token === ":" ? ": " : token;
    const opensFull = isOpening(token) && !isClosing(after);
    if (opensFull) depth += 1;
    if (opensFull || token === ",") flush();
  });
  return [...lines, line];
}

function isOpening(token: string | undefined): boolean {
  return token === "{" || token === "[";
}

function isClosing(token: string | undefined): boolean {
  return token === "}" || token === "]";
}
