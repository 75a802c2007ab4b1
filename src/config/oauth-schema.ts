// What `oauth` of a server may say: how the gate gets tokens for it, as a client of its own (client credentials, RFC 6749 4.4).
import { z } from "zod";
import { says, strictFields } from "./faults.ts";
import { type SecretContext, type SecretText, secretText } from "./secret-text.ts";
import { checkUrl } from "./server-url.ts";

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

export function oauthSchema(context: SecretContext): z.ZodType<OAuthClient> {
  const text = z.string({ error: says("must be text") }).min(1, { error: "must be text" });
  return strictFields({
    tokenUrl: text,
    clientId: text,
    clientSecret: secretText(context),
    scope: text.optional(),
    resource: text.optional(),
    clientAuth: z.enum(["basic", "post"], { error: says("must be basic or post") }).default("basic"),
  }).transform(({ tokenUrl, scope, resource, ...rest }, ctx) => {
    const checked = checkUrl(tokenUrl, false);
    if (checked.kind === "fine") return { ...rest, tokenUrl: checked.href, scope, resource };
    const message = checked.problem.replace(/, or write allowPlainHttp.*/, "");
    ctx.addIssue({ code: "custom", path: ["tokenUrl"], message });
    return z.NEVER;
  });
}
