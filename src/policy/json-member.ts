// Takes the text of a JSON object apart into its members, as they are written, so that a value can be taken or replaced: what
// JSON.parse and JSON.stringify make of a text has other numbers than the text.

/** `start` and `end` are those of the value, with the white space around it. */
export type Member = { readonly key: string; readonly start: number; readonly end: number };

/**
 * The text of a member's value.
 * @param text of an object, known to be JSON
 */
export function sliceMember(text: string, key: string): string | undefined {
  const found = findMember(text, key);
  return found === undefined ? undefined : text.slice(found.start, found.end);
}

/**
 * The text with another value for the member, where it has one.
 * @param text of an object, known to be JSON
 */
export function replaceMember(text: string, key: string, value: string): string {
  const found = findMember(text, key);
  return found === undefined ? text : text.slice(0, found.start) + value + text.slice(found.end);
}

/** The last one, where there are several, as for JSON.parse. */
function findMember(text: string, key: string): Member | undefined {
  return listMembers(text).findLast((member) => member.key === key);
}

/** @param text of an object, known to be JSON */
export function listMembers(text: string): readonly Member[] {
  const members: Member[] = [];
  let depth = 0;
  let name: string | undefined;
  let start = 0;
  for (let position = 0; position < text.length; position += 1) {
    switch (text[position]) {
      case '"': {
        const end = endOfString(text, position);
        if (depth === 1) name ??= text.slice(position, end);
        position = end - 1;
        break;
      }
      case ":":
        if (depth === 1) start = position + 1;
        break;
      case "{":
      case "[":
        depth += 1;
        break;
      case ",":
      case "}":
      case "]":
        if (depth === 1) {
          if (name !== undefined) members.push({ key: String(JSON.parse(name)), start, end: position });
          name = undefined;
        }
        if (text[position] !== ",") depth -= 1;
    }
  }
  return members;
}

/**
 * The text without white space between its tokens.
 * @param text known to be JSON
 */
export function compactJson(text: string): string {
  let compact = "";
  for (let position = 0; position < text.length; ) {
    const end = text[position] === '"' ? endOfString(text, position) : position + 1;
    const token = text.slice(position, end);
    if (token.trim() !== "") compact += token;
    position = end;
  }
  return compact;
}

/** Behind the closing quote of the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let escapes = 0;
    while (text[quote - 1 - escapes] === "\\") escapes += 1;
    if (escapes % 2 === 0) return quote + 1;
  }
  return text.length;
}
