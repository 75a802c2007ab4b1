// Texts that a pattern matches: a few for a regular expression (RE2's form) or a glob. Made from the pattern's own pieces, and
// held against it where JavaScript knows it too. A pattern that is not understood has none.

const MAX_SAMPLES = 48;
/** Of one alternative, and of one atom. */
const MAX_VARIANTS = 24;
const MAX_MEMBERS = 8;
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
  const [first = "", ...others] = chooseInGlob(pattern).map((one) =>
    one.replace(/\[!?(.)[^\]]*\]/g, "$1").replaceAll("?", "x"),
  );
  const fill = (text: string, one: string, many: string): string =>
    text.replace(/\*+/g, (stars) => (stars.length > 1 ? many : one));
  const filled = [
    ["x", "x/y"],
    ["x", "x.y"],
    ["x/y", "x"],
    ["x.y", "x"],
    ["", ""],
  ].map(([one = "", many = ""]) => fill(first, one, many));
  return [...new Set([...filled, ...others.map((other) => fill(other, "x", "x/y"))])].slice(0, MAX_SAMPLES);
}

/** The pattern with the first choice of each of its braces, then with each other choice of one of them. */
function chooseInGlob(pattern: string): readonly string[] {
  const braces = [...pattern.matchAll(/\{([^}]*)\}/g)].map(([, inside = ""]) => inside.split(","));
  const write = (at: number, choice: number): string => {
    let position = -1;
    return pattern.replace(/\{[^}]*\}/g, () => {
      position += 1;
      return braces[position]?.[position === at ? choice : 0] ?? "";
    });
  };
  return [write(-1, 0), ...braces.flatMap((choices, at) => choices.slice(1).map((_, index) => write(at, index + 1)))];
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
    const alternatives = [this.#sequence()];
    while (this.#take("|")) alternatives.push(this.#sequence());
    // the plain one of each before any other of one
    const plain = alternatives.flatMap(([first]) => (first === undefined ? [] : [first]));
    return [...plain, ...alternatives.flatMap((samples) => samples.slice(1))].slice(0, MAX_SAMPLES);
  }

  /** The first piece everywhere, then each other piece at one place: what one atom may be shows without those around it. */
  #sequence(): readonly string[] {
    const places: (readonly string[])[] = [];
    while (this.#at < this.pattern.length && !this.#sees("|") && !this.#sees(")")) {
      places.push(this.#repeated(this.#atom()));
    }
    const write = (at: number, piece: string): string =>
      places.map((pieces, place) => (place === at ? piece : (pieces[0] ?? ""))).join("");
    return [write(-1, ""), ...places.flatMap((pieces, at) => pieces.slice(1).map((piece) => write(at, piece)))].slice(
      0,
      MAX_VARIANTS,
    );
  }

  #atom(): readonly string[] {
    if (this.#take("(")) {
      if (this.#take("?")) this.#skipGroupKind();
      const inside = this.#alternatives();
      if (!this.#take(")")) throw new SyntaxError("an unclosed group");
      return inside;
    }
    if (this.#take("[")) return this.#membersOfClass();
    if (this.#take(".")) return ["x", "\n", "/"];
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
    const others = [least, Math.min(most, least + 1), Math.min(most, MAX_REPEATS)];
    return [...pieces.map((piece) => piece.repeat(Math.max(least, 1))), ...others.map((count) => first.repeat(count))];
  }

  #skipGroupKind(): void {
    const kind = /^(?::|P?<\w+>)/.exec(this.pattern.slice(this.#at));
    if (kind === null) throw new SyntaxError("a group of a kind that is not known");
    this.#at += kind[0].length;
  }

  #membersOfClass(): readonly string[] {
    const inside = /^\^?(?:\\.|[^\\\]])+/.exec(this.pattern.slice(this.#at))?.[0];
    if (inside === undefined) throw new SyntaxError("an empty class");
    this.#at += inside.length;
    if (!this.#take("]")) throw new SyntaxError("an unclosed class");
    const expression = new RegExp(`[${inside}]`, "u");
    const plain = inside.replace(/^[\\^]+/, "").slice(0, 1);
    // the ends of its ranges, and one of each kind
    const ends = [...inside.matchAll(/(.)-(.)/gsu)].flatMap(([, from = "", to = ""]) => [from, to]);
    const members = [...CANDIDATES, plain, "a", "0", "z", ...ends].filter((candidate) => expression.test(candidate));
    if (members.length === 0) throw new RangeError("a class without a member that is known");
    return [...new Set(members)].slice(0, MAX_MEMBERS);
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
