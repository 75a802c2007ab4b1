// An issuer's public keys: read from its URL or a file, looked at again from time to time and when a token names a key that is
// not among them, kept while they can't be had. Reads no other place, whatever a token names.
import { createLocalJWKSet, type JWTVerifyGetKey } from "jose";
import { z } from "zod";
import { messageOf } from "../problem.ts";

/** One state of an issuer's keys: it never changes, so what was verified by it holds as long as it is the current one. */
export type KeySet = { readonly find: JWTVerifyGetKey };

export interface KeySource {
  /** Undefined where there are none, or none that were seen in the last day. */
  current(): KeySet | undefined;
  /** Looks again, where that was not done just now; resolves when that is over, whatever came of it. */
  refresh(): Promise<void>;
  close(): void;
}

export type KeySourceOptions = {
  /** Of the issuer, for messages. */
  readonly name: string;
  /** The JSON Web Key Set, as text. Rejects where it can't be had, with a message that says why. */
  readonly read: () => Promise<string>;
  readonly monotonicMs: () => number;
  readonly log: (line: string) => void;
};

/** How often the keys are looked at, in any case: a key that the issuer takes away counts no longer than this. */
export const REFRESH_MS = 600_000;
const RETRY_MS = 30_000;
/** What tokens can cause: one look in so long. */
export const COOLDOWN_MS = 10_000;
/** An issuer that is away for longer may have taken any of them away. */
export const KEPT_MS = 24 * 3_600_000;
const MAX_KEYS = 100;

const keySchema = z.looseObject({ kty: z.string() });
const setSchema = z.object({ keys: z.array(keySchema).max(MAX_KEYS) });

/** Resolves when the keys were asked for once; `problem` says why there are none then. */
export async function openKeySource(options: KeySourceOptions): Promise<KeySource & { readonly problem?: string }> {
  const source = new Source(options);
  const problem = await source.look();
  return problem === undefined ? source : Object.assign(source, { problem });
}

class Source implements KeySource {
  readonly #options: KeySourceOptions;
  #text = "";
  #set: KeySet | undefined;
  #seenMs = Number.NEGATIVE_INFINITY;
  #triedMs = Number.NEGATIVE_INFINITY;
  #looking: Promise<string | undefined> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  #isFailing = false;

  constructor(options: KeySourceOptions) {
    this.#options = options;
  }

  current(): KeySet | undefined {
    return this.#options.monotonicMs() - this.#seenMs < KEPT_MS ? this.#set : undefined;
  }

  async refresh(): Promise<void> {
    if (this.#looking === undefined && this.#options.monotonicMs() - this.#triedMs < COOLDOWN_MS) return;
    await this.look();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  /** @returns why the keys can't be had; one look at a time */
  look(): Promise<string | undefined> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #look(): Promise<string | undefined> {
    const { read, monotonicMs, log, name } = this.#options;
    clearTimeout(this.#timer);
    this.#triedMs = monotonicMs();
    let problem: string | undefined;
    try {
      this.#take(await read());
      this.#seenMs = monotonicMs();
      if (this.#isFailing) log(`auth: the keys of ${name} are there again`);
    } catch (error) {
      problem = messageOf(error);
      const rest = this.#set === undefined ? "its tokens are refused" : "those that are known are used on for a day";
      if (!this.#isFailing) log(`auth: the keys of ${name} can't be had: ${problem}; ${rest}`);
    }
    this.#isFailing = problem !== undefined;
    const pauseMs = problem === undefined ? REFRESH_MS : RETRY_MS;
    if (!this.#isClosed) this.#timer = setTimeout(() => void this.look(), pauseMs).unref();
    return problem;
  }

  #take(text: string): void {
    if (text === this.#text && this.#set !== undefined) return;
    const { usable, leftOut } = readKeys(text);
    if (leftOut > 0) this.#options.log(`auth: ${leftOut} keys of ${this.#options.name} are no public keys: left out`);
    this.#set = { find: createLocalJWKSet({ keys: usable }) };
    this.#text = text;
  }
}

/** Symmetric and private keys are left out: what is published can't be secret. */
function readKeys(text: string): { readonly usable: z.infer<typeof keySchema>[]; readonly leftOut: number } {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    throw new Error("what is there is not JSON");
  }
  const parsed = setSchema.safeParse(raw);
  if (!parsed.success) throw new Error(`what is there is no JSON Web Key Set of at most ${MAX_KEYS} keys`);
  const usable = parsed.data.keys.filter((key) => ["RSA", "EC", "OKP"].includes(key.kty) && !("d" in key));
  if (usable.length === 0) throw new Error("there is no public key in it");
  return { usable, leftOut: parsed.data.keys.length - usable.length };
}
