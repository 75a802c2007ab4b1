// The operator key: what reloads the gate and approves calls. It is REGATE_OPERATOR_KEY where that is set; else the gate
// makes one at its first start and keeps only its hash. An API key is never an operator key, nor the other way round.
import { Problem } from "../problem.ts";
import { isApiKey, isSameHash, makeKey, readBearer, sha256Hex } from "./bearer.ts";

export interface OperatorKey {
  /** Whether an Authorization header carries the operator key. */
  accepts(authorization: string | undefined): boolean;
}

/** Where the hash is kept between starts. */
export interface OperatorKeyStore {
  get(name: string): string | undefined;
  set(name: string, value: string): void;
}

export type OperatorKeyOptions = {
  /** REGATE_OPERATOR_KEY. */
  readonly configured: string | undefined;
  readonly store: OperatorKeyStore;
  /** Whether a person sees what is printed now: a key is made only where it can be shown, once. */
  readonly canShow: boolean;
};

export type OpenedOperatorKey =
  | { readonly kind: "configured" | "stored"; readonly key: OperatorKey }
  /** `text` is the key itself: print it now; it can't be had again. */
  | { readonly kind: "made"; readonly key: OperatorKey; readonly text: string }
  /** There is no key yet, and nobody to show one to: the operator's routes are closed. */
  | { readonly kind: "none"; readonly key: OperatorKey };

const META_NAME = "operator_key_sha256";
const SHORTEST = 20;

/** @throws Problem where the configured key is weak or an API key, or the stored hash is none */
export function openOperatorKey({ configured, store, canShow }: OperatorKeyOptions): OpenedOperatorKey {
  if (configured !== undefined) return { kind: "configured", key: keyOf(sha256Hex(checkConfigured(configured))) };
  const stored = store.get(META_NAME);
  if (stored !== undefined) {
    if (/^[0-9a-f]{64}$/.test(stored)) return { kind: "stored", key: keyOf(stored) };
    throw new Problem([`the stored ${META_NAME} is no hash; set REGATE_OPERATOR_KEY`]);
  }
  if (!canShow) return { kind: "none", key: { accepts: () => false } };
  const text = makeKey("rgo");
  store.set(META_NAME, sha256Hex(text));
  return { kind: "made", key: keyOf(sha256Hex(text)), text };
}

function keyOf(hash: string): OperatorKey {
  return {
    accepts(authorization) {
      const token = readBearer(authorization);
      return token !== undefined && !isApiKey(token) && isSameHash(sha256Hex(token), hash);
    },
  };
}

function checkConfigured(key: string): string {
  if (isApiKey(key))
    throw new Problem(["REGATE_OPERATOR_KEY is an API key; an agent must not hold the operator key, so use another"]);
  if (key.length >= SHORTEST && readBearer(`Bearer ${key}`) === key) return key;
  throw new Problem([
    `REGATE_OPERATOR_KEY must be at least ${SHORTEST} letters, digits or -._~+/; make one with: openssl rand -hex 32`,
  ]);
}
