// JSON texts for property tests: random spellings (escapes, white space) of random values, and broken ones.
import fc from "fast-check";

const SPACE = fc.constantFrom("", "", "", " ", "\n", "\t", "\r\n", "  ");

/** A spelling of one character inside a string literal: as it is, or escaped. */
function spelledChar(char: string): fc.Arbitrary<string> {
  const escapes = Array.from({ length: char.length }, (_, at) => char.charCodeAt(at).toString(16).padStart(4, "0"));
  const lower = escapes.map((hex) => `\\u${hex}`).join("");
  const upper = escapes.map((hex) => `\\u${hex.toUpperCase()}`).join("");
  const plain = JSON.stringify(char).slice(1, -1);
  return fc.constantFrom(plain, plain, plain, lower, upper);
}

/** A JSON string literal that means `value`, spelled at random. */
export function spelledString(value: string): fc.Arbitrary<string> {
  return fc.tuple(...[...value].map(spelledChar)).map((chars) => `"${chars.join("")}"`);
}

export const anyString: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 8 }),
  fc.string({ unit: "binary", maxLength: 8 }),
  fc.constantFrom("name", "a", "b", '"', "\\", "\u2028", "\u0000", "😀"),
);

const numberText = fc.oneof(
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => JSON.stringify(number)),
  fc.constantFrom("-0", "1.0", "1e5", "1E+2", "9007199254740993", "100.0000000000000001", "0.1e-7"),
  fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }).map(String),
);

const spaced = (text: fc.Arbitrary<string>) => fc.tuple(SPACE, text, SPACE).map((parts) => parts.join(""));

/** Texts that JSON.parse takes; objects have distinct keys unless `keys` repeats them. */
function jsonText(keysOf: (keys: fc.Arbitrary<string>) => fc.Arbitrary<string[]>): fc.Arbitrary<string> {
  return fc.letrec<{ value: string }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      spaced(numberText),
      spaced(anyString.chain(spelledString)),
      spaced(fc.constantFrom("true", "false", "null")),
      spaced(fc.array(tie("value"), { maxLength: 4 }).map((items) => `[${items.join(",")}]`)),
      spaced(
        keysOf(anyString).chain((keys) =>
          fc
            .tuple(...keys.map((key) => fc.tuple(spaced(spelledString(key)), tie("value"))))
            .map((members) => `{${members.map(([key, value]) => `${key}:${value}`).join(",")}}`),
        ),
      ),
    ),
  })).value;
}

/** Valid JSON, no key twice; may hold numbers with an exponent, and every kind of well-formed string. */
export const distinctJson: fc.Arbitrary<string> = jsonText((keys) => fc.uniqueArray(keys, { maxLength: 4 }));

/** Valid JSON whose objects may have a key twice, in different spellings too. */
export const anyJson: fc.Arbitrary<string> = jsonText((keys) => fc.array(keys, { maxLength: 4 }));

/** Valid JSON with up to three characters deleted, doubled or put in: mostly not JSON. */
export const brokenJson: fc.Arbitrary<string> = fc
  .tuple(
    anyJson,
    fc.array(
      fc.tuple(
        fc.nat(),
        fc.constantFrom("", ",", '"', "]", "}", "{", "[", ":", "0", "-", ".", "e", "\\", "\u0001", " ", "\ud800"),
      ),
      { minLength: 1, maxLength: 3 },
    ),
  )
  .map(([text, edits]) =>
    edits.reduce((edited, [position, insert]) => {
      const at = position % (edited.length + 1);
      return edited.slice(0, at) + insert + edited.slice(insert === "" ? at + 1 : at);
    }, text),
  );

/** True where JSON.parse takes the text. */
export function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
