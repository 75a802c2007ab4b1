// Texts that a pattern matches: a few for a regular expression (RE2's form) or a glob. Made from the pattern's own pieces, and
// held against it where JavaScript knows it too. A pattern that is not understood has none.

const MAX_SAMPLES = 8;
const MAX_REPEATS = 64;
const MAX_PATTERN_CHARACTERS = 1_000;
const CANDIDATES = ["x", "1", "A", "_", "-", ".", " ", "/", ":", "@", "~", "é"];
const CLASSES: ReadonlyMap<string, string> = new Map([
  ["d", "1"],
  ["w", "a"],
  ["s", " "],
  ["D", "x"],
  ["W", "-"],
  ["S", "x"],
  ["n", "\n"],
  ["t", "\t"],
]);

export function samplesOfGlob(pattern: string): readonly string[] {
  if (pattern.length > MAX_PATTERN_CHARACTERS) return [];
  const plain = pattern
    .replace(/\{([^},]*)[^}]*\}/g, "$1")
    .replace(/\[!?(.)[^\]]*\]/g, "$1")
    .replaceAll("?", "x");
  const fill = (one: string, many: string): string => plain.replace(/\*+/g, (stars) => (stars.length > 1 ? many : one));
  return [...new Set([fill("x", "x/y"), fill("x", "x.y"), fill("x/y", "x"), fill("x.y", "x"), fill("", "")])];
}

export function samplesOfRegex(pattern: string): readonly string[] {
  if (pattern.length > MAX_PATTERN_CHARACTERS) return [];
  const flags = /^\(\?([is]+)\)/.exec(pattern);
  const body = pattern.slice(flags?.[0].length ?? 0);
  try {
    const samples = new RegexReader(body).read();
    const expression = new RegExp(body.replaceAll("(?P<", "(?<"), flags?.[1] ?? "");
    return samples.filter((sample) => expression.test(sample));
  } catch {
    return [];
  }
}

/** Reads alternatives, sequences and repetitions; throws for what it does not know. */
class RegexReader {
  #at = 0;

  constructor(private readonly pattern: string) {}

  read(): readonly string[] {
    const samples = this.#alternatives();
    if (this.#at < this.pattern.length) throw new SyntaxError("an unopened group");
    return samples;
  }

  #alternatives(): readonly string[] {
    const samples = [...this.#sequence()];
    while (this.#take("|")) samples.push(...this.#sequence());
    return samples.slice(0, MAX_SAMPLES);
  }

  #sequence(): readonly string[] {
    let samples: readonly string[] = [""];
    while (this.#at < this.pattern.length && !this.#sees("|") && !this.#sees(")")) {
      const pieces = this.#repeated(this.#atom());
      samples = samples.flatMap((sample) => pieces.map((piece) => sample + piece)).slice(0, MAX_SAMPLES);
    }
    return samples;
  }

  #atom(): readonly string[] {
    if (this.#take("(")) {
      if (this.#take("?")) this.#skipGroupKind();
      const inside = this.#alternatives();
      if (!this.#take(")")) throw new SyntaxError("an unclosed group");
      return inside;
    }
    if (this.#take("[")) return [this.#memberOfClass()];
    if (this.#take(".")) return ["x"];
    if (this.#take("^") || this.#take("$")) return [""];
    if (this.#take("\\")) return [this.#escaped()];
    return [this.#next()];
  }

  #repeated(pieces: readonly string[]): readonly string[] {
    const counted = /^(?:\*|\+|\?|\{(\d+)(,?)(\d*)\})\??/.exec(this.pattern.slice(this.#at));
    if (counted === null) return pieces;
    this.#at += counted[0].length;
    const least = counted[1] === undefined ? (counted[0].startsWith("+") ? 1 : 0) : Number(counted[1]);
    const most = counted[1] === undefined || counted[2] === "" ? Math.max(least, 1) : Number(counted[3] || least + 1);
    if (least > MAX_REPEATS) throw new RangeError("a long repetition");
    const [first = ""] = pieces;
    const other = Math.min(most, least + 1);
    return [...pieces.map((piece) => piece.repeat(Math.max(least, 1))), first.repeat(least), first.repeat(other)];
  }

  #skipGroupKind(): void {
    const kind = /^(?::|P?<\w+>)/.exec(this.pattern.slice(this.#at));
    if (kind === null) throw new SyntaxError("a group of a kind that is not known");
    this.#at += kind[0].length;
  }

  #memberOfClass(): string {
    const inside = /^\^?(?:\\.|[^\\\]])+/.exec(this.pattern.slice(this.#at))?.[0];
    if (inside === undefined) throw new SyntaxError("an empty class");
    this.#at += inside.length;
    if (!this.#take("]")) throw new SyntaxError("an unclosed class");
    const expression = new RegExp(`[${inside}]`, "u");
    const plain = inside.replace(/^[\\^]+/, "").slice(0, 1);
    const member = [...CANDIDATES, plain, "a", "0", "z"].find((candidate) => expression.test(candidate));
    if (member === undefined) throw new RangeError("a class without a member that is known");
    return member;
  }

  #escaped(): string {
    const letter = this.#next();
    if (letter === "b" || letter === "A" || letter === "z") return "";
    const known = CLASSES.get(letter);
    if (known === undefined && /[a-zA-Z0-9]/.test(letter)) throw new SyntaxError("an escape that is not known");
    return known ?? letter;
  }

  #sees(character: string): boolean {
    return this.pattern[this.#at] === character;
  }

  #take(character: string): boolean {
    if (!this.#sees(character)) return false;
    this.#at += 1;
    return true;
  }

  #next(): string {
    const character = this.pattern[this.#at];
    if (character === undefined) throw new SyntaxError("an unfinished pattern");
    this.#at += 1;
    return character;
  }
}
