// Who calls: the principal that an API key proves, or `local` on a gate without keys. Such a gate listens on loopback only
// (the configuration sees to that), so a request that says it came through a proxy is not from this machine, and is refused.
import type { IncomingHttpHeaders } from "node:http";
import { type ApiKey, RESERVED_KEY_NAME } from "../config/schema.ts";
import type { Principal } from "../gate/types.ts";
import { isApiKey, isSameHash, readBearer, sha256Hex } from "./bearer.ts";

export type Authentication =
  | { readonly kind: "principal"; readonly principal: Principal }
  /** `challenge` is the WWW-Authenticate header; there is none where no key would help. */
  | {
      readonly kind: "refused";
      readonly status: 401 | 403;
      readonly challenge: string | undefined;
      readonly problem: string;
    };

export type Authenticator = (headers: IncomingHttpHeaders) => Authentication;

const LOCAL = principalOf(RESERVED_KEY_NAME);
const PROXY_HEADER = /^(?:forwarded|via|x-forwarded-.+|x-real-ip)$/;

/** @param keys those of the configuration; with none, every caller on this machine is `local` */
export function createAuthenticator(keys: readonly ApiKey[]): Authenticator {
  const principals = new Map(keys.map((key) => [key, principalOf(key.name)]));
  return (headers) =>
    keys.length === 0 ? authenticateLocal(headers) : authenticateKey(principals, headers.authorization);
}

function authenticateLocal(headers: IncomingHttpHeaders): Authentication {
  const proxy = Object.keys(headers).find((name) => PROXY_HEADER.test(name));
  if (proxy === undefined) return { kind: "principal", principal: LOCAL };
  const problem = `the header ${proxy} says that this request came through a proxy, and this gate has no keys to tell callers apart: add keys with regate keys add NAME`;
  return { kind: "refused", status: 403, challenge: undefined, problem };
}

function authenticateKey(
  principals: ReadonlyMap<ApiKey, Principal>,
  authorization: string | undefined,
): Authentication {
  if (authorization === undefined) return unauthorized("", "an API key is needed: send Authorization: Bearer rgk_...");
  const token = readBearer(authorization);
  const principal = token === undefined || !isApiKey(token) ? undefined : findPrincipal(principals, sha256Hex(token));
  if (principal === undefined) return unauthorized(', error="invalid_token"', "the API key is not one of this gate's");
  return { kind: "principal", principal };
}

/** Looks at every key, so that the time says nothing of which one it was. */
function findPrincipal(principals: ReadonlyMap<ApiKey, Principal>, hash: string): Principal | undefined {
  let found: Principal | undefined;
  for (const [key, principal] of principals) if (isSameHash(key.sha256, hash)) found = principal;
  return found;
}

/** One for all calls of a caller. */
function principalOf(id: string): Principal {
  return Object.freeze({ id, groups: Object.freeze([]), claims: Object.freeze({}) });
}

function unauthorized(detail: string, problem: string): Authentication {
  return { kind: "refused", status: 401, challenge: `Bearer realm="regate"${detail}`, problem };
}
