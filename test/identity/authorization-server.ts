// A real authorization server on loopback: real keys, a JWK Set, metadata (RFC 8414) and a token endpoint with client credentials.
// It can rotate its keys, go away and come back, and counts what it is asked.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";

/** A claim of undefined is left out. */
export type Claims = Readonly<Record<string, unknown>>;

export type Client = { readonly secret: string; readonly claims: Claims };

export type AuthorizationServer = {
  readonly issuer: string;
  readonly jwks: string;
  readonly token: string;
  /** Signs what is given, with times that are right. */
  sign(claims: Claims, header?: Readonly<Record<string, unknown>>): Promise<string>;
  /** The public key of now. */
  readonly publicJwk: JWK;
  /** Another key in the place of the last one. */
  rotate(): Promise<void>;
  /** How it answers from now on. */
  behave(how: Behaviour): void;
  /** Who may have a token by client credentials. */
  readonly clients: Map<string, Client>;
  /** What was asked for, as `METHOD PATH`, with the form of a POST. */
  readonly asked: {
    readonly line: string;
    readonly authorization: string | undefined;
    readonly form: URLSearchParams;
  }[];
  /** Seconds that a token of its endpoint is good for. */
  lifetimeSeconds: number;
  close(): void;
};

export type Behaviour =
  | { readonly kind: "well" }
  /** It answers this, whatever it is asked. */
  | {
      readonly kind: "badly";
      readonly status: number;
      readonly body: string;
      readonly headers?: Record<string, string>;
    }
  /** It answers nothing. */
  | { readonly kind: "never" };

export async function startAuthorizationServer(alg = "ES256"): Promise<AuthorizationServer> {
  let generation = 0;
  let key: { readonly kid: string; readonly privateKey: CryptoKey; readonly publicJwk: JWK };
  let behaviour: Behaviour = { kind: "well" };
  const asked: AuthorizationServer["asked"] = [];

  async function rotate(): Promise<void> {
    generation += 1;
    const kid = `key-${generation}`;
    const pair = await generateKeyPair(alg, { extractable: true });
    key = {
      kid,
      privateKey: pair.privateKey,
      publicJwk: { ...(await exportJWK(pair.publicKey)), kid, alg, use: "sig" },
    };
  }
  await rotate();

  const server = createServer((incoming, outgoing) => {
    answer(incoming, outgoing).catch((error: unknown) => json(outgoing, 500, { error: String(error) }));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method, url = "", headers } = incoming;
    const form = new URLSearchParams(Buffer.concat(await incoming.toArray()).toString("utf8"));
    asked.push({ line: `${method} ${url}`, authorization: headers.authorization, form });
    if (behaviour.kind === "never") return;
    if (behaviour.kind === "badly") {
      outgoing.writeHead(behaviour.status, behaviour.headers ?? {}).end(behaviour.body);
      return;
    }
    switch (`${method} ${url}`) {
      case "GET /jwks":
        return json(outgoing, 200, { keys: [key.publicJwk] });
      case "GET /.well-known/oauth-authorization-server":
        return json(outgoing, 200, {
          issuer,
          authorization_endpoint: `${issuer}/authorize`,
          token_endpoint: `${issuer}/token`,
          jwks_uri: `${issuer}/jwks`,
          response_types_supported: ["code"],
          grant_types_supported: ["client_credentials"],
          token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
          code_challenge_methods_supported: ["S256"],
        });
      case "POST /token":
        return giveToken(outgoing, headers.authorization, form);
      default:
        return json(outgoing, 404, { error: "not_found" });
    }
  }

  async function giveToken(outgoing: ServerResponse, authorization: string | undefined, form: URLSearchParams) {
    const basic = Buffer.from(authorization?.replace(/^Basic /, "") ?? "", "base64").toString("utf8");
    const [id, secret] =
      authorization === undefined
        ? [form.get("client_id") ?? "", form.get("client_secret")]
        : basic.split(":").map(decodeURIComponent);
    const client = made.clients.get(id ?? "");
    if (client === undefined || client.secret !== secret) return json(outgoing, 401, { error: "invalid_client" });
    const claims = { sub: id, aud: form.get("resource") ?? undefined, scope: form.get("scope") ?? undefined };
    const token = await made.sign({ ...claims, ...client.claims });
    json(outgoing, 200, { access_token: token, token_type: "Bearer", expires_in: made.lifetimeSeconds });
  }

  const made: AuthorizationServer = {
    issuer,
    jwks: `${issuer}/jwks`,
    token: `${issuer}/token`,
    sign(claims, header) {
      const now = Math.floor(Date.now() / 1_000);
      const payload = { iss: issuer, iat: now, exp: now + 600, jti: String(asked.length), ...claims };
      return new SignJWT(JSON.parse(JSON.stringify(payload)))
        .setProtectedHeader({ alg, kid: key.kid, typ: "at+jwt", ...header })
        .sign(key.privateKey);
    },
    get publicJwk() {
      return key.publicJwk;
    },
    rotate,
    behave(how) {
      behaviour = how;
    },
    clients: new Map(),
    asked,
    lifetimeSeconds: 600,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
  return made;
}

function json(outgoing: ServerResponse, status: number, value: unknown): void {
  outgoing.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
}
