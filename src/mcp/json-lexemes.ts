// The lexemes of JSON, each read at a position of a text: where it ends, or what is wrong with it. Strict RFC 8259; what
// readers disagree on is a fault too, unless `tolerant`. Knows no structure: that is json-scan.ts.

export type LexemeFault = {
  readonly defect: "syntax" | "lone_surrogate" | "number_range";
  readonly problem: string;
  readonly at: number;
};

/** Exponents beyond the range of doubles: readers make infinity, zero or a refusal of them. */
const MAX_EXPONENT = 308;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const LITERALS = ["true", "false", "null"] as const;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LOWER_U = 0x75;

/** The position after the string whose opening quote is at `start`. */
export function readString(text: string, start: number, tolerant: boolean): number | LexemeFault {
  let at = start + 1;
  for (;;) {
    const char = text.charCodeAt(at);
    if (char === QUOTE) return at + 1;
    if (char === BACKSLASH) {
      const after = readEscape(text, at, tolerant);
      if (typeof after !== "number") return after;
      at = after;
    } else if (isSurrogate(char)) {
      const paired = isHighSurrogate(char) && isLowSurrogate(text.charCodeAt(at + 1));
      if (!paired && !tolerant) return fault("lone_surrogate", "half a surrogate pair stands alone", at);
      at += paired ? 2 : 1;
    } else if (char >= 0x20) {
      at += 1;
    } else {
      // NaN, past the end of the text, comes here too
      return fault("syntax", at < text.length ? "a control character is not escaped" : "a string does not end", at);
    }
  }
}

/** The position after the number that begins at `start`. */
export function readNumber(text: string, start: number, tolerant: boolean): number | LexemeFault {
  NUMBER.lastIndex = start;
  if (!NUMBER.test(text)) return fault("syntax", "a number is malformed", start);
  const end = NUMBER.lastIndex;
  if (tolerant || isInRange(text.slice(start, end))) return end;
  return fault("number_range", "a number is beyond the range of a 64-bit double", start);
}

/** The position after the `true`, `false` or `null` that begins at `start`. */
export function readLiteral(text: string, start: number): number | LexemeFault {
  const literal = LITERALS.find((word) => text.startsWith(word, start));
  if (literal !== undefined) return start + literal.length;
  return fault("syntax", start < text.length ? "a JSON value is expected" : "the text ends too early", start);
}

/** The unescaped value of a string literal that was read, quotes included. */
export function unescapeString(literal: string): string {
  const value: unknown = JSON.parse(literal);
  if (typeof value !== "string") throw new TypeError("not a JSON string literal");
  return value;
}

/** The position after the escape at `at`; an escaped surrogate pairs only with an escaped one. */
function readEscape(text: string, at: number, tolerant: boolean): number | LexemeFault {
  if (text.charCodeAt(at + 1) !== LOWER_U) {
    return /^["\\/bfnrt]$/.test(text.charAt(at + 1)) ? at + 2 : fault("syntax", "an escape is not one of JSON's", at);
  }
  const unit = escapedUnit(text, at);
  if (unit === undefined) return fault("syntax", "\\u is not followed by four hexadecimal digits", at);
  if (!isSurrogate(unit) || tolerant) return at + 6;
  const next = isHighSurrogate(unit) ? escapedUnit(text, at + 6) : undefined;
  if (next !== undefined && isLowSurrogate(next)) return at + 12;
  return fault("lone_surrogate", "half a surrogate pair stands alone", at);
}

function isInRange(lexeme: string): boolean {
  const exponentAt = lexeme.search(/[eE]/);
  // without an exponent, this few digits cannot leave the range
  if (exponentAt === -1 && lexeme.length <= MAX_EXPONENT) return true;
  const exponent = exponentAt === -1 ? 0 : lexeme.slice(exponentAt + 1);
  return Math.abs(Number(exponent)) <= MAX_EXPONENT && Number.isFinite(Number(lexeme));
}

/** The code unit of the `\uXXXX` at `at`, or undefined where there is none. */
function escapedUnit(text: string, at: number): number | undefined {
  const sequence = text.slice(at, at + 6);
  return /^\\u[0-9a-fA-F]{4}$/.test(sequence) ? Number.parseInt(sequence.slice(2), 16) : undefined;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

function fault(defect: LexemeFault["defect"], problem: string, at: number): LexemeFault {
  return { defect, problem, at };
}
