// What the gate sends to one server to be let in: configured headers, those from files, and the token of its OAuth client. Made once
// for each server over HTTP; where each principal signs in, the token is that principal's. Nothing of it is logged, or shown; a
// client's own credentials never come here.
import type { HttpServer } from "../config/server-schema.ts";
import type { CredentialHeaders, Credentials } from "../mcp/upstream.ts";
import { CredentialsFault } from "../mcp/upstream-fault.ts";
import { messageOf } from "../problem.ts";
import { createLiveText, type LiveText } from "./live-text.ts";
import { createTokenSource, type TokenSource } from "./token-source.ts";

export type CredentialParts = {
  readonly monotonicMs: () => number;
  readonly log: (line: string) => void;
  /** The tokens of one principal for this server, where principals sign in to it; left out, nobody has signed in. */
  readonly tokensOf?: (principal: string) => TokenSource;
};

export function createCredentials(
  { key, headers, oauth, signIn }: Pick<HttpServer, "key" | "headers" | "oauth" | "signIn">,
  { monotonicMs, log, tokensOf }: CredentialParts,
): Credentials {
  const live = (text: HttpServer["headers"][string], what: string): LiveText =>
    createLiveText(text, {
      monotonicMs,
      onProblem: (problem) => log(`${key}: ${what} ${problem}; what was there before is used on`),
    });
  const texts = Object.entries(headers).map(([name, text]) => [name, live(text, `the header ${name}`)] as const);
  const read = (isRefused: boolean): CredentialHeaders =>
    Object.fromEntries(texts.map(([name, text]) => [name, text.read(isRefused)]));
  if (oauth === undefined && signIn === undefined) {
    const fixed = read(false);
    if (Object.values(headers).every((text) => typeof text === "string")) return { headers: () => fixed };
  }
  const clientSecret = oauth && live(oauth.clientSecret, "oauth.clientSecret");
  const own: TokenSource | undefined =
    oauth &&
    clientSecret &&
    createTokenSource({
      ...oauth,
      clientSecret,
      monotonicMs,
      onProblem: (problem) => log(`${key}: its tokens can't be had from ${new URL(oauth.tokenUrl).host}: ${problem}`),
    });
  const withToken = (own: CredentialHeaders, token: string): CredentialHeaders => ({
    ...own,
    [AUTHORIZATION]: `Bearer ${token}`,
  });
  const sourceFor = (principal: string | undefined): TokenSource | undefined => {
    if (signIn === undefined) return own;
    return principal === undefined || tokensOf === undefined ? nobodys(key) : tokensOf(principal);
  };
  const credentials: Credentials = {
    headers(principal) {
      const others = read(false);
      const token = sourceFor(principal)?.current();
      if (token === undefined) return others;
      return typeof token === "string" ? withToken(others, token) : token.then((text) => withToken(others, text));
    },
    async renew(refused, principal) {
      const others = read(true);
      clientSecret?.read(true);
      const tokens = sourceFor(principal);
      const old = refused[AUTHORIZATION]?.slice("Bearer ".length) ?? "";
      const token = tokens === undefined ? undefined : ((await tokens.renew(old)) ?? old);
      const fresh = token === undefined ? others : withToken(others, token);
      return isSame(fresh, refused) ? undefined : fresh;
    },
  };
  if (signIn === undefined) return credentials;
  return {
    ...credentials,
    missing(principal) {
      const token = sourceFor(principal)?.current();
      return token instanceof Promise ? token.then(() => undefined, messageOf) : undefined;
    },
  };
}

/** For what no principal asks, such as a scan. */
function nobodys(key: string): TokenSource {
  const problem = `each principal signs in to ${key} with its own account (oauth.perPrincipal), and nobody is signed in here`;
  return { current: () => Promise.reject(new CredentialsFault(problem)), renew: () => Promise.resolve(undefined) };
}

const AUTHORIZATION = "authorization";

function isSame(one: CredentialHeaders, other: CredentialHeaders): boolean {
  return Object.keys(one).every((name) => one[name] === other[name]);
}
