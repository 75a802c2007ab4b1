// A request for approval, as the gate answers it to an operator.
import { z } from "zod";
import { APPROVAL_STATES } from "../../approvals/approval.ts";

export const requestSchema = z.object({
  id: z.string(),
  state: z.enum(APPROVAL_STATES),
  server: z.string(),
  serverKey: z.string().optional(),
  tool: z.string(),
  argsText: z.string(),
  besidesText: z.string().optional(),
  principal: z.string(),
  session: z.string(),
  reasons: z.array(z.string()),
  rules: z.array(z.string()),
  decisionId: z.string(),
  revision: z.string(),
  definitionSha256: z.string().optional(),
  askedUnixMs: z.number(),
  lapsesUnixMs: z.number(),
  decided: z
    .object({
      by: z.string(),
      unixMs: z.number(),
      reason: z.string().optional(),
      grantMinutes: z.number().optional(),
    })
    .optional(),
});

export type ShownRequest = z.infer<typeof requestSchema>;
