// What `auth` may say: whose tokens are taken for proof of who calls, and where callers reach this gate. Keys of the gate's own
// (`keys`) are beside it, in schema.ts.
import { z } from "zod";
import { says, strictFields, toFaults } from "./faults.ts";
import { isLoopback } from "./listen.ts";
import { writtenAs } from "./written-form.ts";

/** Signatures that a token may have: asymmetric ones only, or whoever knows a public key could sign. */
export const ALGORITHMS = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/** Whose tokens are taken, and what is read of them. */
export type Issuer = {
  /** Begins the id of each of its principals, `NAME:SUBJECT`. */
  readonly name: string;
  /** The `iss` of its tokens, exactly. */
  readonly issuer: string;
  /** One of these must be in `aud`; undefined: what is asked for itself, the gate or one of its MCP endpoints. */
  readonly audience: readonly string[] | undefined;
  /** Where its public keys are. */
  readonly keys: { readonly kind: "url"; readonly url: string } | { readonly kind: "file"; readonly file: string };
  readonly algorithms: readonly Algorithm[];
  /** The claim that says who it is. */
  readonly principal: string;
  /** Where in the claims the groups are: one name, or several, each inside the one before. */
  readonly groups: readonly string[];
  /** The claims that policies see, and the decision log records. */
  readonly claims: readonly string[];
  /** Groups whose members are operators of this gate. */
  readonly operators: readonly string[];
  /** The one `typ` that is taken; undefined: at+jwt, JWT, or none. */
  readonly tokenType: string | undefined;
};

export type AuthConfig = {
  /** Where callers reach this gate, `scheme://host[:port]`; undefined: where it listens, which is loopback then. */
  readonly url: string | undefined;
  /** Every token must have each of these. */
  readonly scopes: readonly string[];
  readonly issuers: readonly Issuer[];
};

export const DEFAULT_ALGORITHMS: readonly Algorithm[] = ["RS256", "PS256", "ES256", "EdDSA"];
/** No colon: what stands before the first one of a principal's id is the issuer. */
const ISSUER_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** scope-token of RFC 6749. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/;
const TOKEN_TYPE = /^[!#$&^_.+A-Za-z0-9/-]{1,100}$/;

const text = (sentence: string): z.ZodString => z.string({ error: says(sentence) }).min(1, { error: sentence });
const texts = (of: string): z.ZodArray<z.ZodString> =>
  z.array(text(`must be a list of ${of}`), { error: says(`must be a list of ${of}`) });

const claimPath = z
  .union([z.string(), z.array(z.string())], {
    error: says("must name a claim, or a list of names, each inside the one before"),
  })
  .transform((written) => (typeof written === "string" ? [written] : written))
  .refine((path) => path.length > 0 && path.every((name) => name !== ""), {
    error: "must name a claim, or a list of names, each inside the one before",
  });

const audienceSchema = z
  .union([z.string(), z.array(z.string())], { error: says("must be a text or a list of texts") })
  .transform((written) => (typeof written === "string" ? [written] : written))
  .refine((list) => list.length > 0 && list.every((one) => one !== ""), {
    error: "must name at least one audience; leave it out for the gate's own URLs",
  });

const algorithmsSchema = z
  .array(
    z.enum(ALGORITHMS, {
      error: says(`must be one of ${ALGORITHMS.join(", ")}; a shared secret (HS256) would let this gate's keys sign`),
    }),
    { error: says("must be a list of signature algorithms") },
  )
  .min(1, { error: "must name at least one signature algorithm" })
  .default([...DEFAULT_ALGORITHMS]);

const issuerUrl = text("must be the issuer's URL, exactly as it stands in iss").superRefine((url, ctx) => {
  const problem = problemOf(url);
  if (problem !== undefined) ctx.addIssue({ code: "custom", message: problem });
});

function issuerSchema(name: string, path: z.ZodType<string>): z.ZodType<Issuer> {
  return strictFields({
    issuer: issuerUrl,
    audience: audienceSchema.optional(),
    jwks: text("must be the URL of the issuer's keys").optional(),
    jwksFile: path.optional(),
    algorithms: algorithmsSchema,
    principal: text("must name a claim").default("sub"),
    groups: claimPath.default(["groups"]),
    claims: texts("claims").default([]),
    operators: texts("groups").default([]),
    tokenType: text("must be a media type, as in at+jwt")
      .regex(TOKEN_TYPE, { error: "must be a media type, as in at+jwt" })
      .optional(),
  }).transform(({ jwks, jwksFile, audience, tokenType, ...rest }, ctx): Issuer => {
    if ((jwks === undefined) === (jwksFile === undefined)) {
      const message =
        jwks === undefined
          ? "must have jwks (the URL of its keys) or jwksFile (a file with them)"
          : "has both jwks and jwksFile; keep the one that is meant";
      ctx.addIssue({ code: "custom", message });
    }
    const problem = jwks === undefined ? undefined : problemOf(jwks);
    if (problem !== undefined) ctx.addIssue({ code: "custom", path: ["jwks"], message: problem });
    const keys =
      jwks === undefined ? ({ kind: "file", file: jwksFile ?? "" } as const) : ({ kind: "url", url: jwks } as const);
    return { name, ...rest, audience, tokenType, keys };
  });
}

/** @param origin what `url` must be @param path of a file, made absolute */
export function authSchema(origin: z.ZodType<string>, path: z.ZodType<string>): z.ZodType<AuthConfig> {
  const error = says("must be a mapping of names to issuers");
  const named = z.record(z.string(), z.unknown(), { error }).transform((entries, ctx): readonly Issuer[] => {
    const found: Issuer[] = [];
    for (const [name, raw] of Object.entries(entries)) {
      if (!ISSUER_NAME.test(name)) {
        const message = "must be 1 to 64 letters, digits, dots, dashes or underscores: it begins the principals' ids";
        ctx.addIssue({ code: "custom", path: [name], message });
      }
      const parsed = issuerSchema(name, path).safeParse(raw);
      if (!parsed.success)
        for (const { path: at, message } of toFaults(parsed.error))
          ctx.addIssue({ code: "custom", path: [name, ...at], message });
      else if (found.some(({ issuer }) => issuer === parsed.data.issuer))
        ctx.addIssue({ code: "custom", path: [name, "issuer"], message: "stands here twice; one issuer has one name" });
      else found.push(parsed.data);
    }
    return found;
  });
  const issuers = writtenAs(named, z.record(z.string(), issuerSchema("", path)));
  const scope = text("must be a scope").regex(SCOPE, {
    error: "must be a scope: printable, without spaces and quotes",
  });
  return strictFields({
    url: origin.optional(),
    scopes: z.array(scope, { error: says("must be a list of scopes") }).default([]),
    issuers: issuers.prefault({}),
  }).transform(({ url, ...rest }) => ({ url, ...rest }));
}

/** Keys are believed for who serves them: over TLS, or from this very machine. */
function problemOf(text: string): string | undefined {
  if (!URL.canParse(text)) return "is no URL; write it whole, as in https://login.example.com";
  const url = new URL(text);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopback(host)))
    return "must begin with https://; http:// is for this machine alone";
  if (url.username !== "" || url.password !== "") return "must not hold credentials";
  if (url.hash !== "") return "must not have a fragment (#...)";
  return undefined;
}
