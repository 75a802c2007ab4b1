// JSON text made readable without a change to anything but the blanks between its parts: numbers, escapes and the order of keys
// stay as they are written. Pure.

const STEP = "  ";
const STRING = /"(?:[^"\\]|\\.)*"?/y;

/** @param text one JSON document; what is none is not made worse */
export function indentJson(text: string): string {
  const parts: string[] = [];
  let depth = 0;
  let at = 0;
  const breakLine = (): void => void parts.push("\n", STEP.repeat(Math.min(depth, 40)));
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === '"') {
      STRING.lastIndex = at;
      const string = STRING.exec(text)?.[0] ?? char;
      parts.push(string);
      at += string.length;
      continue;
    }
    at += 1;
    if (/\s/.test(char)) continue;
    if (char === "{" || char === "[") {
      const close = /^\s*([}\]])/.exec(text.slice(at, at + 20));
      if (close !== null) {
        parts.push(char, close[1] ?? "");
        at += close[0].length;
        continue;
      }
      depth += 1;
      parts.push(char);
      breakLine();
    } else if (char === "}" || char === "]") {
      depth = Math.max(0, depth - 1);
      breakLine();
      parts.push(char);
    } else if (char === ",") {
      parts.push(char);
      breakLine();
    } else parts.push(char === ":" ? ": " : char);
  }
  return parts.join("");
}
