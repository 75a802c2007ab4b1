// Who gives tokens for a server: what the server says of that (RFC 9728), and what the authorization server says of itself (RFC 8414),
// read by the MCP SDK's client. Held to more than that: the issuer must be the one that was named, take PKCE, and lead nowhere else.
import {
  discoverAuthorizationServerMetadata,
  discoverOAuthProtectedResourceMetadata,
  extractWWWAuthenticateParams,
} from "@modelcontextprotocol/sdk/client/auth.js";
import { checkResourceAllowed } from "@modelcontextprotocol/sdk/shared/auth-utils.js";
import { z } from "zod";
import { parseJson } from "../mcp/parse-json.ts";
import { type createBoundedFetch, refusedUrl, SignInProblem } from "./bounded-fetch.ts";
import { type Issuer, issuerSchema } from "./connection.ts";

/** What the SDK leaves out of some documents. */
const saidSchema = z.object({
  authorization_response_iss_parameter_supported: z.boolean().optional().catch(undefined),
  revocation_endpoint: z.url().optional().catch(undefined),
});

export type Discovered = {
  readonly issuer: Issuer;
  /** Whether it says who it is to those who come back from it (RFC 9207). */
  readonly namesIssuer: boolean;
  /** What tokens must be for, as the server writes it (RFC 8707). */
  readonly resource: string;
  /** What the server wants them to hold; undefined where it does not say. */
  readonly asksScope: string | undefined;
};

/** @throws SignInProblem */
export async function discover(server: URL, fetchFn: ReturnType<typeof createBoundedFetch>): Promise<Discovered> {
  // it is no message, so nothing comes of it but the question who asks
  const refused = await fetchFn(server, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  const { resourceMetadataUrl, scope } = refused.status === 401 ? extractWWWAuthenticateParams(refused) : {};
  const protectedBy = await discoverOAuthProtectedResourceMetadata(
    server,
    resourceMetadataUrl === undefined ? {} : { resourceMetadataUrl },
    fetchFn,
  ).catch((error: unknown) => {
    if (error instanceof SignInProblem) throw error;
    throw new SignInProblem(`${server.origin} does not say who gives tokens for it (protected resource metadata)`);
  });
  const { resource, authorization_servers: [named] = [], scopes_supported: scopes } = protectedBy;
  if (!checkResourceAllowed({ requestedResource: server, configuredResource: resource }))
    throw new SignInProblem(`${server.origin} asks for tokens that are for another server`);
  if (named === undefined) throw new SignInProblem(`${server.origin} names no authorization server`);
  let said: z.infer<typeof saidSchema> | undefined;
  const listening: typeof fetchFn = async (url, init) => {
    const answer = await fetchFn(url, init);
    if (answer.ok) said = saidSchema.safeParse(parseJson(await answer.clone().text())).data;
    return answer;
  };
  const metadata = await discoverAuthorizationServerMetadata(named, { fetchFn: listening }).catch((error: unknown) => {
    if (error instanceof SignInProblem) throw error;
    throw new SignInProblem(`${new URL(named).origin} says nothing of itself that can be read (metadata)`);
  });
  if (metadata === undefined) throw new SignInProblem(`${new URL(named).origin} says nothing of itself (no metadata)`);
  checkIssuer(metadata, named, server);
  return {
    issuer: { ...issuerSchema.parse(metadata), revocation_endpoint: said?.revocation_endpoint },
    namesIssuer: said?.authorization_response_iss_parameter_supported === true,
    resource,
    asksScope: scope ?? (scopes === undefined || scopes.length === 0 ? undefined : scopes.join(" ")),
  };
}

/** What the SDK lets pass: metadata of another issuer (RFC 8414 3.3), no word of PKCE, and endpoints anywhere. */
function checkIssuer(
  issuer: Issuer & { readonly code_challenge_methods_supported?: unknown },
  named: string,
  server: URL,
): void {
  const { origin } = new URL(named);
  if (withoutSlash(issuer.issuer) !== withoutSlash(named))
    throw new SignInProblem(`${origin} answers with the metadata of another issuer`);
  const methods = issuer.code_challenge_methods_supported;
  if (!Array.isArray(methods) || !methods.includes("S256"))
    throw new SignInProblem(
      `${origin} does not say that it takes PKCE (S256), without which a stolen code would count`,
    );
  for (const endpoint of [issuer.authorization_endpoint, issuer.token_endpoint]) {
    const refusal = refusedUrl(new URL(endpoint), server);
    if (refusal !== undefined) throw new SignInProblem(`${origin} names an endpoint that is not asked: ${refusal}`);
  }
}

function withoutSlash(url: string): string {
  return URL.canParse(url) ? new URL(url).href.replace(/\/$/, "") : url;
}
