// What the gate sends to one server to be let in: configured headers, those from files, and the token of its OAuth client. Made once
// for each server over HTTP. Nothing of it is logged, or shown; a client's own credentials never come here.
import type { HttpServer } from "../config/server-schema.ts";
import type { CredentialHeaders, Credentials } from "../mcp/upstream.ts";
import { createLiveText, type LiveText } from "./live-text.ts";
import { createTokenSource, type TokenSource } from "./token-source.ts";

export type CredentialParts = { readonly monotonicMs: () => number; readonly log: (line: string) => void };

export function createCredentials(
  { key, headers, oauth }: Pick<HttpServer, "key" | "headers" | "oauth">,
  { monotonicMs, log }: CredentialParts,
): Credentials {
  const live = (text: HttpServer["headers"][string], what: string): LiveText =>
    createLiveText(text, {
      monotonicMs,
      onProblem: (problem) => log(`${key}: ${what} ${problem}; what was there before is used on`),
    });
  const texts = Object.entries(headers).map(([name, text]) => [name, live(text, `the header ${name}`)] as const);
  const read = (isRefused: boolean): CredentialHeaders =>
    Object.fromEntries(texts.map(([name, text]) => [name, text.read(isRefused)]));
  if (oauth === undefined) {
    const fixed = read(false);
    if (Object.values(headers).every((text) => typeof text === "string")) return { headers: () => fixed };
  }
  const clientSecret = oauth && live(oauth.clientSecret, "oauth.clientSecret");
  const tokens: TokenSource | undefined =
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
  return {
    headers() {
      const own = read(false);
      const token = tokens?.current();
      if (token === undefined) return own;
      return typeof token === "string" ? withToken(own, token) : token.then((text) => withToken(own, text));
    },
    async renew(refused) {
      const own = read(true);
      clientSecret?.read(true);
      const old = refused[AUTHORIZATION]?.slice("Bearer ".length) ?? "";
      const token = tokens === undefined ? undefined : ((await tokens.renew(old)) ?? old);
      const fresh = token === undefined ? own : withToken(own, token);
      return isSame(fresh, refused) ? undefined : fresh;
    },
  };
}

const AUTHORIZATION = "authorization";

function isSame(one: CredentialHeaders, other: CredentialHeaders): boolean {
  return Object.keys(one).every((name) => one[name] === other[name]);
}
