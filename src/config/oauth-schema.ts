// What `oauth` of a server may say: how the gate gets tokens for it, as a client of its own (client credentials, RFC 6749 4.4), or
// that each principal signs in to it (`perPrincipal: true`: authorization code with PKCE).
import { z } from "zod";
import { says, strictFields, toFaults } from "./faults.ts";
import { type SecretContext, type SecretText, secretText } from "./secret-text.ts";
import { checkUrl } from "./server-url.ts";
import { nearestWord } from "./suggest.ts";
import { writtenAs } from "./written-form.ts";

export type OAuthClient = {
  /** Absolute, https, or http on this machine. */
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: SecretText;
  readonly scope: string | undefined;
  /** The server that the tokens are for (RFC 8707). */
  readonly resource: string | undefined;
  /** Where the secret stands in the request. */
  readonly clientAuth: "basic" | "post";
};

/** How principals sign in to a server. */
export type SignIn = {
  /** The client that the authorization server knows already; undefined: the gate registers one for each sign-in. */
  readonly client: { readonly id: string; readonly secret: SecretText | undefined } | undefined;
  /** Undefined: what the server asks for. */
  readonly scope: string | undefined;
};

export type OAuth =
  | { readonly kind: "own"; readonly client: OAuthClient }
  | { readonly kind: "per_principal"; readonly signIn: SignIn };

export function oauthSchema(context: SecretContext): z.ZodType<OAuth> {
  const own = ownSchema(context);
  const perPrincipal = perPrincipalSchema(context);
  const schema = z.unknown().transform((written, ctx): OAuth => {
    const raw = withPerPrincipal(written);
    const isOwn = typeof raw !== "object" || raw === null || !Object.hasOwn(raw, "perPrincipal");
    const parsed = (isOwn ? own : perPrincipal).safeParse(raw);
    if (parsed.success) return parsed.data;
    for (const { path, message } of toFaults(parsed.error)) ctx.addIssue({ code: "custom", path: [...path], message });
    return z.NEVER;
  });
  return writtenAs(schema, z.union([own, perPrincipal]));
}

/** With a typo in it, which is what is reported then. */
function withPerPrincipal(written: unknown): unknown {
  if (typeof written !== "object" || written === null || "perPrincipal" in written) return written;
  for (const [field, value] of Object.entries(written))
    if (nearestWord(field, ["perPrincipal"]) !== undefined) return { ...written, perPrincipal: value };
  return written;
}

const text = (): z.ZodString => z.string({ error: says("must be text") }).min(1, { error: "must be text" });

function ownSchema(context: SecretContext): z.ZodType<OAuth> {
  return strictFields({
    tokenUrl: text(),
    clientId: text(),
    clientSecret: secretText(context),
    scope: text().optional(),
    resource: text().optional(),
    clientAuth: z.enum(["basic", "post"], { error: says("must be basic or post") }).default("basic"),
  }).transform(({ tokenUrl, scope, resource, ...rest }, ctx): OAuth => {
    const checked = checkUrl(tokenUrl, false);
    if (checked.kind === "fine") return { kind: "own", client: { ...rest, tokenUrl: checked.href, scope, resource } };
    const message = checked.problem.replace(/, or write allowPlainHttp.*/, "");
    ctx.addIssue({ code: "custom", path: ["tokenUrl"], message });
    return z.NEVER;
  });
}

function perPrincipalSchema(context: SecretContext): z.ZodType<OAuth> {
  return strictFields({
    perPrincipal: z.literal(true, { error: says("must be true; leave it out where the gate has a client of its own") }),
    clientId: text().optional(),
    clientSecret: secretText(context).optional(),
    scope: text().optional(),
  }).transform(({ clientId, clientSecret, scope }, ctx): OAuth => {
    if (clientId !== undefined)
      return { kind: "per_principal", signIn: { client: { id: clientId, secret: clientSecret }, scope } };
    if (clientSecret === undefined) return { kind: "per_principal", signIn: { client: undefined, scope } };
    ctx.addIssue({ code: "custom", path: ["clientSecret"], message: "is of no client; name it with clientId" });
    return z.NEVER;
  });
}
