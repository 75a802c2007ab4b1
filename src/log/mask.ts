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

/** A place in the value, from the innermost key outwards; undefined is the value itself. A pointer is written only where one is needed. */
type Place = { readonly key: string | number; readonly above: Place } | undefined;

/** What it took to find that there is nothing to mask or cut in an object that can't change. */
type Clean = { readonly characters: number; readonly depth: number };

/** By the names that were masked besides the built-in ones. */
const cleanObjects = new WeakMap<ReadonlySet<string>, WeakMap<object, Clean>>();

const POINTER = /^(?:\/(?:[^/~]|~[01])*)*$/;

export function maskSecrets(value: unknown, options: MaskOptions): Masked {
  const redact = new Set(options.redact.map((pointer) => (POINTER.test(pointer) ? pointer : "")));
  return new Masker(options, redact).run(value);
}

class Masker {
  readonly #masked: string[] = [];
  readonly #truncated: string[] = [];
  readonly #clean: WeakMap<object, Clean>;
  #charactersLeft = MAX_CHARACTERS;

  constructor(
    private readonly options: MaskOptions,
    private readonly redact: ReadonlySet<string>,
  ) {
    this.#clean = cleanObjects.get(options.maskedKeys) ?? new WeakMap();
    cleanObjects.set(options.maskedKeys, this.#clean);
  }

  run(value: unknown): Masked {
    return { value: this.#copy(value, undefined, undefined, 0), masked: this.#masked, truncated: this.#truncated };
  }

  #copy(value: unknown, place: Place, name: string | undefined, depth: number): unknown {
    this.#charactersLeft -= CHARACTERS_PER_VALUE;
    const isRedacted = this.redact.size > 0 && this.redact.has(pointerTo(place));
    if (isRedacted || (name !== undefined && this.#isSecretName(name, value))) return this.#mask(place);
    if (typeof value === "string") return this.#copyText(value, place);
    if (typeof value !== "object" || value === null) return value;
    if (depth >= MAX_DEPTH || this.#charactersLeft <= 0) return this.#cut(place);
    return Object.isFrozen(value) && this.redact.size === 0
      ? this.#copyFrozen(value, place, depth)
      : this.#copyParts(value, place, depth);
  }

  /** Whoever freezes an object freezes all that is in it: where nothing was found in it once, it is its own copy. */
  #copyFrozen(value: object, place: Place, depth: number): unknown {
    const known = this.#clean.get(value);
    if (known !== undefined && depth <= known.depth && known.characters < this.#charactersLeft) {
      this.#charactersLeft -= known.characters;
      return value;
    }
    const [found, left] = [this.#masked.length + this.#truncated.length, this.#charactersLeft];
    const copy = this.#copyParts(value, place, depth);
    if (found === this.#masked.length + this.#truncated.length)
      this.#clean.set(value, { characters: left - this.#charactersLeft, depth });
    return copy;
  }

  #copyParts(value: object, place: Place, depth: number): unknown {
    if (isRecord(value)) return this.#copyObject(value, place, depth);
    return Array.isArray(value) ? this.#copyArray(value, place, depth) : undefined;
  }

  #copyArray(items: readonly unknown[], place: Place, depth: number): unknown {
    const copy: unknown[] = [];
    for (let index = 0; index < items.length; index += 1) {
      if (this.#charactersLeft <= 0) {
        copy.push(this.#cut(place));
        break;
      }
      copy.push(this.#copy(items[index], { key: index, above: place }, undefined, depth + 1));
    }
    return copy;
  }

  #copyObject(object: Readonly<Record<string, unknown>>, place: Place, depth: number): unknown {
    const copy: Record<string, unknown> = {};
    for (const key of Object.keys(object)) {
      if (this.#charactersLeft <= 0) {
        copy[CUT] = this.#cut(place);
        break;
      }
      this.#charactersLeft -= Math.min(key.length, MAX_KEY_CHARACTERS);
      if (holdsSecret(key)) copy[unusedKey(MASK, copy)] = this.#mask(place);
      else if (key.length > MAX_KEY_CHARACTERS) copy[unusedKey(CUT, copy)] = this.#cut(place);
      else put(copy, key, this.#copy(object[key], { key, above: place }, nameOf(key, object), depth + 1));
    }
    return copy;
  }

  #copyText(text: string, place: Place): string {
    if (holdsSecret(text)) return this.#mask(place);
    const room = Math.min(MAX_TEXT_CHARACTERS, Math.max(this.#charactersLeft, 0));
    this.#charactersLeft -= Math.min(text.length, room);
    if (text.length <= room) return text;
    this.#cut(place);
    // no half of a surrogate pair
    return `${text.slice(0, room).replace(/[\uD800-\uDBFF]$/, "")}... (${CUT}, ${text.length} characters)`;
  }

  #isSecretName(name: string, value: unknown): boolean {
    if (this.options.byName === false) return false;
    return isSecretName(name, value) || this.options.maskedKeys.has(name.toLowerCase());
  }

  #mask(place: Place): string {
    this.#masked.push(this.#note(place));
    return MASK;
  }

  #cut(place: Place): string {
    this.#truncated.push(this.#note(place));
    return CUT;
  }

  #note(place: Place): string {
    const noted = `${this.options.at}${pointerTo(place)}`;
    this.#charactersLeft -= noted.length;
    return noted;
  }
}

function pointerTo(place: Place): string {
  let pointer = "";
  for (let at = place; at !== undefined; at = at.above) {
    const part = String(at.key).replaceAll("~", "~0").replaceAll("/", "~1");
    pointer = `/${part}${pointer}`;
  }
  return pointer;
}

function isRecord(value: object): value is Readonly<Record<string, unknown>> {
  return !Array.isArray(value);
}

/** A key such as __proto__ is a key like any other. */
function put(copy: Record<string, unknown>, key: string, value: unknown): void {
  if (key in copy) Object.defineProperty(copy, key, { value, enumerable: true, configurable: true, writable: true });
  else copy[key] = value;
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
