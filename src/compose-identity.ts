// Whose tokens prove who calls: each configured issuer with its keys, read once before the gate serves. Made by the composition
// root, and closed by it.
import { readFile, stat } from "node:fs/promises";
import type { AuthConfig, Issuer } from "./config/auth-schema.ts";
import { fetchText } from "./fetch-text.ts";
import type { TokenParts } from "./http/auth.ts";
import { createResource } from "./http/resource.ts";
import { openKeySource } from "./identity/key-source.ts";
import { createTokens } from "./identity/tokens.ts";
import { Problem } from "./problem.ts";

const FETCH_TIMEOUT_MS = 5_000;
const MAX_KEYS_BYTES = 262_144;

/**
 * Undefined where no issuer is configured. Keys that can't be fetched now are told in the log, and tried again.
 * @param url where callers reach the gate; asked for only once it listens
 * @throws Problem for each file of keys that is none
 */
export async function composeIdentity(
  auth: AuthConfig,
  url: () => string,
  log: (line: string) => void,
): Promise<TokenParts | undefined> {
  if (auth.issuers.length === 0) return undefined;
  const opened = await Promise.all(
    auth.issuers.map(async (issuer) => {
      const read = (): Promise<string> => readKeys(issuer);
      const keys = await openKeySource({ name: issuer.name, read, monotonicMs: () => performance.now(), log });
      return { issuer, keys };
    }),
  );
  const [first, ...more] = opened.flatMap(({ issuer, keys }) =>
    issuer.keys.kind === "file" && keys.problem !== undefined
      ? [`auth.issuers.${issuer.name}.jwksFile: ${issuer.keys.file}: ${keys.problem}; write the issuer's JWK Set there`]
      : [],
  );
  if (first !== undefined) {
    for (const { keys } of opened) keys.close();
    throw new Problem([first, ...more]);
  }
  const tokens = createTokens({ issuers: opened, scopes: auth.scopes, unixMs: Date.now });
  return { tokens, resource: createResource(auth, url) };
}

async function readKeys({ keys }: Issuer): Promise<string> {
  if (keys.kind === "file") {
    const { size } = await stat(keys.file);
    if (size > MAX_KEYS_BYTES) throw new Error(`it is longer than ${MAX_KEYS_BYTES} bytes`);
    return readFile(keys.file, "utf8");
  }
  const fetched = await fetchText(keys.url, { timeoutMs: FETCH_TIMEOUT_MS, maxBytes: MAX_KEYS_BYTES });
  if (fetched.kind === "failed") throw new Error(fetched.problem);
  if (fetched.status !== 200) throw new Error(`it answered with HTTP status ${fetched.status}`);
  return fetched.text;
}
