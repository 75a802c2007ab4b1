// Who calls: the principal that an API key or a token of a configured issuer proves, or `local` on a gate with neither. Such a
// gate listens on loopback only (the configuration sees to that), so a request that says it came through a proxy is not from
// this machine, and is refused. What comes with a key, or a token that was seen before, is answered at once.
import type { IncomingHttpHeaders } from "node:http";
import { RESERVED_KEY_NAME } from "../config/key-name.ts";
import type { ApiKey } from "../config/schema.ts";
import type { Principal } from "../gate/types.ts";
import type { TokenOutcome, Tokens } from "../identity/tokens.ts";
import {
  hasTwoAuthorizations,
  isApiKey,
  isSameHash,
  MAX_TOKEN_CHARS,
  type Presented,
  readBearer,
  sha256Hex,
  TWO_HEADERS,
} from "./bearer.ts";
import type { Asked, Resource } from "./resource.ts";

export type Authentication =
  | {
      readonly kind: "principal";
      readonly principal: Principal;
      /** When what proved it does so no longer; undefined: it always will. */
      readonly expiresUnixMs?: number;
    }
  | Unauthenticated;

/** `challenge` is the WWW-Authenticate header; there is none where no key would help. */
export type Unauthenticated = {
  readonly kind: "refused";
  readonly status: 401 | 403 | 503;
  readonly challenge: string | undefined;
  readonly problem: string;
};

export type Authenticator = (presented: Presented, asked?: Asked) => Authentication | Promise<Authentication>;

/** The tokens that are taken, and what the gate is called as their audience. */
export type TokenParts = { readonly tokens: Tokens; readonly resource: Resource };

const LOCAL = principalOf(RESERVED_KEY_NAME, []);
const NO_TOKEN = `Authorization must be Bearer and one token of at most ${MAX_TOKEN_CHARS} characters`;
const PROXY_HEADER = /^(?:forwarded|via|x-forwarded-.+|x-real-ip)$/;

/**
 * @param keys those of the configuration; with none and no issuers, every caller on this machine is `local`
 * @param issued undefined where no issuer is configured
 */
export function createAuthenticator(keys: readonly ApiKey[], issued?: TokenParts): Authenticator {
  const principals = new Map(keys.map((key) => [key, principalOf(key.name, key.groups)]));
  const refuse = refuser(issued?.resource);
  return (presented, asked) => {
    if (keys.length === 0 && issued === undefined) return authenticateLocal(presented.headers);
    const { authorization } = presented.headers;
    if (authorization === undefined)
      return refuse(
        asked,
        undefined,
        issued === undefined
          ? "an API key is needed: send Authorization: Bearer rgk_..."
          : "a token is needed: send it as Authorization: Bearer ...; resource_metadata says who gives them",
      );
    if (hasTwoAuthorizations(presented)) return refuse(asked, "invalid_request", TWO_HEADERS);
    const token = readBearer(authorization);
    if (token === undefined && issued !== undefined) return refuse(asked, "invalid_token", NO_TOKEN);
    if (token !== undefined && issued !== undefined && !isApiKey(token)) {
      const outcome = issued.tokens.check(token, issued.resource.audience(asked));
      const answer = (one: TokenOutcome): Authentication => answerToken(one, asked, issued.resource);
      return outcome instanceof Promise ? outcome.then(answer) : answer(outcome);
    }
    const principal = token === undefined || !isApiKey(token) ? undefined : findPrincipal(principals, sha256Hex(token));
    if (principal !== undefined) return { kind: "principal", principal };
    return refuse(asked, "invalid_token", "the API key is not one of this gate's");
  };
}

function answerToken(outcome: TokenOutcome, asked: Asked, resource: Resource): Authentication {
  if (outcome.kind !== "known") return refuseToken(outcome, asked, resource);
  const { principal, expiresUnixMs } = outcome.identity;
  return { kind: "principal", principal, expiresUnixMs };
}

/** What who presents such a token is told. */
export function refuseToken(
  { kind, problem }: Exclude<TokenOutcome, { readonly kind: "known" }>,
  asked: Asked,
  resource: Resource,
): Unauthenticated {
  switch (kind) {
    case "invalid":
      return refuser(resource)(asked, "invalid_token", problem);
    case "insufficient_scope":
      return { kind: "refused", status: 403, challenge: resource.challenge(asked, kind, problem), problem };
    case "unfit":
      return { kind: "refused", status: 403, challenge: undefined, problem };
    case "unavailable":
      return { kind: "refused", status: 503, challenge: undefined, problem };
  }
}

function authenticateLocal(headers: IncomingHttpHeaders): Authentication {
  const proxy = Object.keys(headers).find((name) => PROXY_HEADER.test(name));
  if (proxy === undefined) return { kind: "principal", principal: LOCAL };
  const problem = `the header ${proxy} says that this request came through a proxy, and this gate has no keys to tell callers apart: add keys with regate keys add NAME`;
  return { kind: "refused", status: 403, challenge: undefined, problem };
}

/** Looks at every key, so that the time says nothing of which one it was. */
function findPrincipal(principals: ReadonlyMap<ApiKey, Principal>, hash: string): Principal | undefined {
  let found: Principal | undefined;
  for (const [key, principal] of principals) if (isSameHash(key.sha256, hash)) found = principal;
  return found;
}

/** One for all calls of a caller. */
function principalOf(id: string, groups: readonly string[]): Principal {
  return Object.freeze({ id, groups: Object.freeze([...new Set(groups)].sort()), claims: Object.freeze({}) });
}

type Refuser = (
  asked: Asked,
  error: "invalid_request" | "invalid_token" | undefined,
  problem: string,
) => Unauthenticated;

/** The headers that go with a refusal. */
export function challengeOf({ challenge }: Unauthenticated): Record<string, string> {
  return challenge === undefined ? {} : { "www-authenticate": challenge };
}

/** 401, with how to ask for a token where there are issuers. */
function refuser(resource: Resource | undefined): Refuser {
  return (asked, error, problem) => {
    const bare = `Bearer realm="regate"${error === undefined ? "" : `, error="${error}"`}`;
    const described = error === undefined ? undefined : problem;
    const challenge = resource === undefined ? bare : resource.challenge(asked, error, described);
    return { kind: "refused", status: 401, challenge, problem };
  };
}
