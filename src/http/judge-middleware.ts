// `import { gateCalls } from "regate/hono"`: a Hono middleware that has the call behind a request judged, and lets only what is
// allowed go on to the handler. Which call it is, and whose, the application says.
import type { Context, MiddlewareHandler } from "hono";
import type { VerdictData } from "../mcp/verdict-data.ts";

/** A gate of `createGate`, as far as it is needed here. */
export interface JudgingGate<Call, Judged extends JudgedRequest = JudgedRequest> {
  judge(call: Call): Promise<Judged>;
}

export type JudgedRequest = Pick<VerdictData, "action" | "message" | "retry_after"> & { readonly allowed: boolean };

/** With what the gate said, for the handler: `c.get("verdict")`. */
export type GatedEnv<Judged extends JudgedRequest = JudgedRequest> = { Variables: { verdict: Judged } };

const STATUS = {
  allow: 200,
  deny: 403,
  require_approval: 403,
  invalid_arguments: 422,
  rate_limit: 429,
} as const satisfies Record<VerdictData["action"], number>;

/**
 * What is refused is answered with the verdict as JSON: 403, 422 for arguments, 429 with Retry-After. Where `describe` or the
 * gate throws, the handler is not reached.
 * @param describe the call that a request is; undefined where it is none, which then goes on unjudged
 */
export function gateCalls<Call, Judged extends JudgedRequest>(
  gate: JudgingGate<Call, Judged>,
  describe: (c: Context<GatedEnv<Judged>>) => Call | undefined | Promise<Call | undefined>,
): MiddlewareHandler<GatedEnv<Judged>> {
  return async (c, next) => {
    const call = await describe(c);
    if (call === undefined) return next();
    const verdict = await gate.judge(call);
    if (verdict.allowed) {
      c.set("verdict", verdict);
      return next();
    }
    const { retry_after: seconds } = verdict;
    return c.json(verdict, STATUS[verdict.action], seconds === undefined ? {} : { "retry-after": String(seconds) });
  };
}
