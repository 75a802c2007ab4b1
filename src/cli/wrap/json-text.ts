// A client's JSON as it is written: where the members of an object stand, so that one value can be replaced and every other
// byte stays. Takes comments and commas at the end, as clients do. Messages never quote the text: it may hold secrets.
import { LineCounter } from "yaml";
import { Problem } from "../../problem.ts";

export type Member = {
  readonly name: string;
  readonly value: unknown;
  /** Of the value, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
};

export type Edit = { readonly start: number; readonly end: number; readonly text: string };

const STRING = /"[^"\\]*(?:\\.[^"\\]*)*"/sy;
const SCALAR = /[^\s,\]}]+/y;
const NOISE = /"[^"\\\n]*(?:\\.[^"\\\n]*)*"|\/\/[^\n\r]*|\/\*[\s\S]*?\*\/|^\uFEFF/g;
const LAST_COMMA = /"[^"\\]*(?:\\.[^"\\]*)*"|,(?=\s*[}\]])/gs;

export class JsonText {
  readonly value: unknown;
  /** Strict JSON, each character where it is in the text. */
  readonly #json: string;
  readonly #read = new Map<number, readonly Member[]>();

  /**
   * @param shownAs how messages name the file
   * @throws Problem where it is no JSON, with its place
   */
  constructor(
    readonly text: string,
    readonly shownAs: string,
  ) {
    const plain = text.replace(NOISE, (part) => (part.startsWith('"') ? part : part.replace(/[^\n\r]/g, " ")));
    this.#json = plain.replace(LAST_COMMA, (part) => (part === "," ? " " : part));
    try {
      this.value = JSON.parse(this.#json);
    } catch (error) {
      throw new Problem([`${shownAs}${this.#placeOf(error)}: is not valid JSON; mend it, nothing was changed`]);
    }
  }

  /**
   * The members of the object at `path`, in the order of the text; undefined where no object is there.
   * @throws Problem where a name stands there twice: which of the two counts is for nobody to guess
   */
  members(path: readonly string[]): readonly Member[] | undefined {
    let members: readonly Member[] | undefined = this.#membersAt(this.#skipSpace(0));
    for (const step of path) {
      const found = members?.find(({ name }) => name === step);
      if (found === undefined) return undefined;
      members = this.#membersAt(found.start);
    }
    return members;
  }

  /** The text with each of the values replaced. */
  replace(edits: readonly Edit[]): string {
    let text = this.text;
    for (const { start, end, text: value } of edits.toSorted((a, b) => b.start - a.start))
      text = text.slice(0, start) + value + text.slice(end);
    return text;
  }

  #membersAt(start: number): readonly Member[] | undefined {
    const json = this.#json;
    if (json[start] !== "{") return undefined;
    const known = this.#read.get(start);
    if (known !== undefined) return known;
    const members: Member[] = [];
    const names = new Set<string>();
    for (let at = this.#skipSpace(start + 1); json[at] !== "}"; ) {
      const nameEnd = this.#skipValue(at);
      const name: string = JSON.parse(json.slice(at, nameEnd));
      // past the colon
      const valueStart = this.#skipSpace(this.#skipSpace(nameEnd) + 1);
      const valueEnd = this.#skipValue(valueStart);
      if (names.has(name))
        throw new Problem([
          `${this.shownAs}: ${JSON.stringify(name)} stands twice in one object; remove one, nothing was changed`,
        ]);
      names.add(name);
      const value: unknown = JSON.parse(json.slice(valueStart, valueEnd));
      members.push({ name, value, start: valueStart, end: valueEnd });
      at = this.#skipSpace(valueEnd);
      if (json[at] === ",") at = this.#skipSpace(at + 1);
    }
    this.#read.set(start, members);
    return members;
  }

  #skipSpace(from: number): number {
    let at = from;
    while (/\s/.test(this.#json[at] ?? "")) at += 1;
    return at;
  }

  #skipValue(from: number): number {
    const json = this.#json;
    const first = json[from];
    if (first !== "{" && first !== "[") return this.#match(first === '"' ? STRING : SCALAR, from);
    let depth = 0;
    for (let at = from; ; at += 1) {
      const char = json[at];
      if (char === '"') at = this.#match(STRING, at) - 1;
      else if (char === "{" || char === "[") depth += 1;
      else if (char === "}" || char === "]") {
        depth -= 1;
        if (depth === 0) return at + 1;
      }
    }
  }

  #match(pattern: RegExp, at: number): number {
    pattern.lastIndex = at;
    pattern.test(this.#json);
    return pattern.lastIndex;
  }

  #placeOf(error: unknown): string {
    const [, position] = /position (\d+)/.exec(String(error)) ?? [];
    if (position === undefined) return "";
    const lines = new LineCounter();
    lines.addNewLine(0);
    for (const { index } of this.#json.slice(0, Number(position)).matchAll(/\n/g)) lines.addNewLine(index + 1);
    const { line, col } = lines.linePos(Number(position));
    return `:${line}:${col}`;
  }
}
