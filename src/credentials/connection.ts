// One principal's sign-in to one server, as it is kept: who gave the tokens, for what, and the tokens themselves.
import { z } from "zod";
import type { HttpServer } from "../config/server-schema.ts";

/** A server that principals sign in to. */
export type SignInServer = Pick<HttpServer, "key" | "url"> & { readonly signIn: NonNullable<HttpServer["signIn"]> };

/** What a Bearer header can carry. */
export const TOKEN = /^[\x21-\x7e]{1,16384}$/;

const clientSchema = z.object({
  client_id: z.string(),
  client_secret: z.string().optional(),
  token_endpoint_auth_method: z.string().optional(),
});

/** How the gate is known to the authorization server. */
export type Client = z.infer<typeof clientSchema>;

/** What the authorization server says of itself, as far as it is needed from then on. */
export const issuerSchema = z.object({
  issuer: z.string(),
  authorization_endpoint: z.string(),
  token_endpoint: z.string(),
  registration_endpoint: z.string().optional(),
  revocation_endpoint: z.string().optional(),
  response_types_supported: z.array(z.string()),
  token_endpoint_auth_methods_supported: z.array(z.string()).optional(),
});

export type Issuer = z.infer<typeof issuerSchema>;

const tokensSchema = z.object({
  access: z.string().regex(TOKEN),
  refresh: z.string().optional(),
  scope: z.string().optional(),
  /** Unix milliseconds. */
  gotUnixMs: z.number(),
  /** Seconds that they are good for; undefined: as long as the server takes them. */
  lifetimeSeconds: z.number().positive().optional(),
});

export type Tokens = z.infer<typeof tokensSchema>;

export const connectionSchema = z.object({
  issuer: issuerSchema,
  /** Undefined: the configured one. */
  client: clientSchema.optional(),
  /** What the tokens are for (RFC 8707). */
  resource: z.string(),
  sinceUnixMs: z.number(),
  tokens: tokensSchema,
});

export type Connection = z.infer<typeof connectionSchema>;

/** Where connections are kept between starts. `place` names the server and where it is reached, `sealed` is for nobody to read. */
export interface ConnectionStore {
  get(principal: string, place: string): string | undefined;
  put(principal: string, place: string, sealed: string): void;
  drop(principal: string, place: string): void;
}

/** A server that is reached elsewhere than before is another one: no token for the one goes to the other. */
export function placeOf({ key, url }: Pick<SignInServer, "key" | "url">): string {
  return JSON.stringify([key, url]);
}
