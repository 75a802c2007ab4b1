// A request for approval as text: what was asked, which stays, and what became of it. For whatever keeps requests.
import { z } from "zod";
import { APPROVAL_STATES, type Kept } from "./approval.ts";

const texts = z.array(z.string());
const optionalText = z.string().optional();
const askedSchema = z.object({
  server: z.string(),
  serverKey: optionalText,
  tool: z.string(),
  argsText: z.string(),
  besidesText: optionalText,
  principal: z.string(),
  session: z.string(),
  reasons: texts,
  rules: texts,
  decisionId: z.string(),
  revision: z.string(),
  definitionSha256: optionalText,
  askedUnixMs: z.number(),
  lapsesUnixMs: z.number(),
  fingerprint: z.string(),
  scope: z.string(),
  linkSha256: optionalText,
});
const becameSchema = z.object({
  state: z.enum(APPROVAL_STATES),
  decided: z
    .object({ by: z.string(), unixMs: z.number(), reason: optionalText, grantMinutes: z.int().optional() })
    .optional(),
  grantUntilUnixMs: z.number().optional(),
  linkUsed: z.boolean(),
});

/** Reads `{id, asked, became}`, the last two as they were parsed. */
export const keptSchema = z
  .object({ id: z.string(), asked: askedSchema, became: becameSchema })
  .transform(({ id, asked, became }): Kept => {
    const { fingerprint, scope, linkSha256, serverKey, definitionSha256, besidesText, ...rest } = asked;
    const { state, decided, grantUntilUnixMs, linkUsed } = became;
    return {
      request: {
        ...rest,
        id,
        state,
        serverKey,
        definitionSha256,
        besidesText,
        decided: decided && { reason: undefined, grantMinutes: undefined, ...decided },
      },
      fingerprint,
      scope,
      linkSha256,
      grantUntilUnixMs,
      linkUsed,
    };
  });

export function askedOf({ request, fingerprint, scope, linkSha256 }: Kept) {
  const { id: _, state: __, decided: ___, ...asked } = request;
  return { ...asked, fingerprint, scope, linkSha256 };
}

export function becameOf({ request: { state, decided }, grantUntilUnixMs, linkUsed }: Kept) {
  return { state, decided, grantUntilUnixMs, linkUsed };
}
