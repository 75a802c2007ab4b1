// What the gate asks an authorization server for, by the MCP SDK's client: to know the gate, tokens for a code, fresh ones, and to
// forget them. A file of its own, with that client: a gate where nobody signs in does not load it. Quotes no answer.
import {
  exchangeAuthorization,
  refreshAuthorization,
  registerClient,
  selectClientAuthMethod,
  startAuthorization,
} from "@modelcontextprotocol/sdk/client/auth.js";
import type { OAuthTokens } from "@modelcontextprotocol/sdk/shared/auth.js";
import { readSecretText } from "../config/secret-text.ts";
import { createBoundedFetch, SignInProblem } from "./bounded-fetch.ts";
import { type Client, type Connection, type Issuer, type SignInServer, TOKEN, type Tokens } from "./connection.ts";
import { discover } from "./discovery.ts";

const CLIENT_NAME = "Regate";

/** An authorization that has begun: what is needed once the person is back. */
export type Begun = {
  /** Where the person signs in. */
  readonly url: URL;
  readonly verifier: string;
  readonly issuer: Issuer;
  /** Whether the person must come back with the name of the issuer (RFC 9207). */
  readonly namesIssuer: boolean;
  readonly client: Client | undefined;
  readonly resource: string;
};

export type Asking = { readonly redirectUri: string; readonly state: string };

/** `problem` may be shown; `code` is the authorization server's, as in `invalid_grant`, where it gave one. */
export type Failed = { readonly kind: "failed"; readonly problem: string; readonly code: string | undefined };
export type Got = { readonly kind: "tokens"; readonly tokens: Tokens } | Failed;

export function beginAuthorization(
  server: SignInServer,
  asking: Asking,
): Promise<{ readonly kind: "begun"; readonly begun: Begun } | Failed> {
  return begin(server, asking).then((begun) => ({ kind: "begun" as const, begun }), failed);
}

async function begin(server: SignInServer, { redirectUri, state }: Asking): Promise<Begun> {
  const own = new URL(server.url);
  const fetchFn = createBoundedFetch(own);
  const { issuer, namesIssuer, resource, asksScope } = await discover(own, fetchFn);
  const scope = server.signIn.scope ?? asksScope;
  const client =
    server.signIn.client === undefined
      ? await registerClient(issuer.issuer, {
          metadata: issuer,
          clientMetadata: {
            client_name: CLIENT_NAME,
            redirect_uris: [redirectUri],
            grant_types: ["authorization_code", "refresh_token"],
            response_types: ["code"],
            token_endpoint_auth_method: "none",
          },
          ...(scope !== undefined && { scope }),
          fetchFn,
        })
      : undefined;
  const { authorizationUrl, codeVerifier } = await startAuthorization(issuer.issuer, {
    metadata: issuer,
    clientInformation: client ?? configuredClient(server),
    redirectUrl: redirectUri,
    ...(scope !== undefined && { scope }),
    state,
    resource: new URL(resource),
  });
  // as it is written: a URL without a path would get a slash
  authorizationUrl.searchParams.set("resource", resource);
  return {
    url: authorizationUrl,
    verifier: codeVerifier,
    issuer,
    namesIssuer,
    client: client && pick(client),
    resource,
  };
}

/** The tokens for a code. */
export function exchangeCode(...given: Parameters<typeof exchange>): Promise<Got> {
  return exchange(...given).then(got, failed);
}

async function exchange(
  server: SignInServer,
  { verifier, issuer, client, resource }: Begun,
  { code, redirectUri }: { readonly code: string; readonly redirectUri: string },
  nowUnixMs: number,
): Promise<Tokens> {
  const answered = await exchangeAuthorization(issuer.issuer, {
    metadata: issuer,
    clientInformation: client ?? configuredClient(server),
    authorizationCode: code,
    codeVerifier: verifier,
    redirectUri,
    resource: new URL(resource),
    addClientAuthentication: authenticationOf(server, client, resource),
    fetchFn: createBoundedFetch(new URL(server.url)),
  });
  return readTokens(answered, nowUnixMs);
}

/** Fresh tokens for a refresh token, which stays where none other came with them. */
export function refreshTokens(...given: Parameters<typeof refresh>): Promise<Got> {
  return refresh(...given).then(got, failed);
}

async function refresh(
  server: SignInServer,
  { issuer, client, resource, tokens }: Connection,
  refreshToken: string,
  nowUnixMs: number,
): Promise<Tokens> {
  const answered = await refreshAuthorization(issuer.issuer, {
    metadata: issuer,
    clientInformation: client ?? configuredClient(server),
    refreshToken,
    resource: new URL(resource),
    addClientAuthentication: authenticationOf(server, client, resource),
    fetchFn: createBoundedFetch(new URL(server.url)),
  });
  return { scope: tokens.scope, ...readTokens(answered, nowUnixMs) };
}

/** Has the authorization server forget the tokens (RFC 7009), where it can; `revoked` is whether it did. */
export function revokeTokens(
  ...given: Parameters<typeof revoke>
): Promise<{ readonly kind: "asked"; readonly revoked: boolean } | Failed> {
  return revoke(...given).then((revoked) => ({ kind: "asked" as const, revoked }), failed);
}

async function revoke(server: SignInServer, { issuer, client, tokens }: Connection): Promise<boolean> {
  if (issuer.revocation_endpoint === undefined) return false;
  const form = new URLSearchParams({ token: tokens.refresh ?? tokens.access });
  const headers = new Headers({ "content-type": "application/x-www-form-urlencoded" });
  authenticate(server, client, issuer, headers, form);
  const ask = createBoundedFetch(new URL(server.url));
  const answer = await ask(issuer.revocation_endpoint, { method: "POST", headers, body: form.toString() });
  return answer.status === 200;
}

function got(tokens: Tokens): Got {
  return { kind: "tokens", tokens };
}

function failed(error: unknown): Failed {
  if (error instanceof SignInProblem) return { kind: "failed", problem: error.message, code: undefined };
  const given = error instanceof Error && "errorCode" in error ? String(error.errorCode) : "";
  const code = /^[a-z_]{1,64}$/.test(given) ? given : undefined;
  const what =
    code === undefined
      ? "what the authorization server answered is not what the standards have"
      : `the authorization server refused (${code})`;
  return { kind: "failed", problem: what, code };
}

function configuredClient({ key, signIn: { client } }: SignInServer): Client {
  if (client === undefined) throw new SignInProblem(`the client of ${key} is not configured any more: sign in again`);
  return {
    client_id: client.id,
    ...(client.secret !== undefined && { client_secret: readSecretText(client.secret) }),
  };
}

/** As the SDK does it, but for the resource, which goes as it is written. */
function authenticationOf(server: SignInServer, client: Client | undefined, resource: string) {
  return async (
    headers: Headers,
    form: URLSearchParams,
    _: string | URL,
    issuer?: { readonly token_endpoint_auth_methods_supported?: string[] | undefined },
  ): Promise<void> => {
    form.set("resource", resource);
    authenticate(server, client, issuer ?? {}, headers, form);
  };
}

function authenticate(
  server: SignInServer,
  registered: Client | undefined,
  issuer: { readonly token_endpoint_auth_methods_supported?: string[] | undefined },
  headers: Headers,
  form: URLSearchParams,
): void {
  const client = registered ?? configuredClient(server);
  const method = selectClientAuthMethod(client, issuer.token_endpoint_auth_methods_supported ?? []);
  if (method === "client_secret_basic") {
    const pair = `${encodeURIComponent(client.client_id)}:${encodeURIComponent(client.client_secret ?? "")}`;
    headers.set("authorization", `Basic ${Buffer.from(pair).toString("base64")}`);
    return;
  }
  form.set("client_id", client.client_id);
  if (method === "client_secret_post") form.set("client_secret", client.client_secret ?? "");
}

function readTokens(answered: OAuthTokens, nowUnixMs: number): Tokens {
  const { access_token, token_type, refresh_token, expires_in, scope } = answered;
  if (
    !/^bearer$/i.test(token_type) ||
    !TOKEN.test(access_token) ||
    !(refresh_token === undefined || TOKEN.test(refresh_token))
  )
    throw new SignInProblem("what the authorization server answered is no bearer token");
  return {
    access: access_token,
    gotUnixMs: nowUnixMs,
    ...(refresh_token !== undefined && { refresh: refresh_token }),
    ...(scope !== undefined && { scope }),
    ...(expires_in !== undefined && expires_in > 0 && { lifetimeSeconds: expires_in }),
  };
}

function pick({ client_id, client_secret, token_endpoint_auth_method }: Client): Client {
  return {
    client_id,
    ...(client_secret !== undefined && { client_secret }),
    ...(token_endpoint_auth_method !== undefined && { token_endpoint_auth_method }),
  };
}
