// Makes a copy of a value that may be written to the log: secrets masked, long texts and large structures cut, each with the
// JSON pointer of where. Pure; the value itself is never changed. What is cut is never shown in part where it holds a secret.
import { holdsSecret, isSecretName } from "./secrets.ts";

export const MASK = "**masked**";
export const CUT = "**truncated**";

const MAX_TEXT_CHARACTERS = 4_096;
const MAX_KEY_CHARACTERS = 256;
const MAX_DEPTH = 32;
/** Characters of one value in the log, keys and pointers included; each value in it costs some more. */
const MAX_CHARACTERS = 65_536;
const CHARACTERS_PER_VALUE = 8;

export type MaskOptions = {
  /** Where the value stands, as a JSON pointer: before each pointer that is reported. */
  readonly at: string;
  /** JSON pointers into the value that are masked. One that is no JSON pointer masks the whole value. */
  readonly redact: readonly string[];
  /** Names, in lower case, under which everything is masked besides the built-in ones. */
  readonly maskedKeys: ReadonlySet<string>;
  /** False where a name says nothing of what stands under it. */
  readonly byName?: boolean;
};

export type Masked = {
  readonly value: unknown;
  readonly masked: readonly string[];
  readonly truncated: readonly string[];
};

const POINTER = /^(?:\/(?:[^/~]|~[01])*)*$/;

export function maskSecrets(value: unknown, options: MaskOptions): Masked {
  const redact = new Set(options.redact.map((pointer) => (POINTER.test(pointer) ? pointer : "")));
  return new Masker(options, redact).run(value);
}

class Masker {
  readonly #masked: string[] = [];
  readonly #truncated: string[] = [];
  #charactersLeft = MAX_CHARACTERS;

  constructor(
    private readonly options: MaskOptions,
    private readonly redact: ReadonlySet<string>,
  ) {}

  run(value: unknown): Masked {
    return { value: this.#copy(value, "", undefined, 0), masked: this.#masked, truncated: this.#truncated };
  }

  #copy(value: unknown, pointer: string, name: string | undefined, depth: number): unknown {
    this.#charactersLeft -= CHARACTERS_PER_VALUE;
    if (this.redact.has(pointer) || (name !== undefined && this.#isSecretName(name, value))) return this.#mask(pointer);
    if (typeof value === "string") return this.#copyText(value, pointer);
    if (typeof value !== "object" || value === null) return value;
    if (depth >= MAX_DEPTH || this.#charactersLeft <= 0) return this.#cut(pointer);
    return Array.isArray(value) ? this.#copyArray(value, pointer, depth) : this.#copyObject(value, pointer, depth);
  }

  #copyArray(items: readonly unknown[], pointer: string, depth: number): unknown {
    const copy: unknown[] = [];
    for (const [index, item] of items.entries()) {
      if (this.#charactersLeft <= 0) {
        copy.push(this.#cut(pointer));
        break;
      }
      copy.push(this.#copy(item, `${pointer}/${index}`, undefined, depth + 1));
    }
    return copy;
  }

  #copyObject(object: object, pointer: string, depth: number): unknown {
    // without a prototype, so that a key such as __proto__ is a key
    const copy: Record<string, unknown> = Object.create(null);
    for (const [key, value] of Object.entries(object)) {
      if (this.#charactersLeft <= 0) {
        copy[CUT] = this.#cut(pointer);
        break;
      }
      this.#charactersLeft -= Math.min(key.length, MAX_KEY_CHARACTERS);
      if (holdsSecret(key)) copy[unusedKey(MASK, copy)] = this.#mask(pointer);
      else if (key.length > MAX_KEY_CHARACTERS) copy[unusedKey(CUT, copy)] = this.#cut(pointer);
      else copy[key] = this.#copy(value, `${pointer}/${escapePointer(key)}`, nameOf(key, object), depth + 1);
    }
    return copy;
  }

  #copyText(text: string, pointer: string): string {
    if (holdsSecret(text)) return this.#mask(pointer);
    const room = Math.min(MAX_TEXT_CHARACTERS, Math.max(this.#charactersLeft, 0));
    this.#charactersLeft -= Math.min(text.length, room);
    if (text.length <= room) return text;
    this.#cut(pointer);
    // no half of a surrogate pair
    return `${text.slice(0, room).replace(/[\uD800-\uDBFF]$/, "")}... (${CUT}, ${text.length} characters)`;
  }

  #isSecretName(name: string, value: unknown): boolean {
    if (this.options.byName === false) return false;
    return isSecretName(name, value) || this.options.maskedKeys.has(name.toLowerCase());
  }

  #mask(pointer: string): string {
    this.#masked.push(this.#note(pointer));
    return MASK;
  }

  #cut(pointer: string): string {
    this.#truncated.push(this.#note(pointer));
    return CUT;
  }

  #note(pointer: string): string {
    const noted = `${this.options.at}${pointer}`;
    this.#charactersLeft -= noted.length;
    return noted;
  }
}

function escapePointer(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}

/** What the member `key` is called: in `{"name": "PASSWORD", "value": "x"}` the value is called PASSWORD. */
function nameOf(key: string, object: object): string {
  if (key.toLowerCase() !== "value") return key;
  const label = Object.entries(object).find(
    ([sibling, text]) => /^(?:name|key)$/i.test(sibling) && typeof text === "string",
  );
  return label === undefined ? key : String(label[1]);
}

function unusedKey(mark: string, siblings: object): string {
  let key = mark;
  for (let number = 2; Object.hasOwn(siblings, key); number += 1) key = `${mark}${number}`;
  return key;
}
