// Who may use the operator's routes: whoever has the operator key, and whoever a configured issuer says is in a group of
// operators. An API key never is, whatever groups it has, nor an agent's token without such a group.
import { OPERATOR } from "../approvals/approval.ts";
import type { TokenOutcome } from "../identity/tokens.ts";
import { refuseToken, type TokenParts, type Unauthenticated } from "./auth.ts";
import { hasTwoAuthorizations, isApiKey, type Presented, readBearer, TWO_HEADERS } from "./bearer.ts";
import type { OperatorKey } from "./operator.ts";

export type OperatorAnswer =
  /** `by` is the principal of the token, or `operator` for who has the key. */
  { readonly kind: "operator"; readonly by: string } | Unauthenticated;

export type OperatorCheck = (presented: Presented) => OperatorAnswer | Promise<OperatorAnswer>;

const NEEDED = "the operator key is needed: set REGATE_OPERATOR_KEY";
const NO_OPERATOR =
  "the token is of no operator: its groups hold none of those that the configuration names as operators";

/** @param issued undefined where no issuer is configured */
export function createOperatorCheck(key: OperatorKey, issued?: TokenParts): OperatorCheck {
  const unauthorized = (problem: string): Unauthenticated => {
    const challenge = issued?.resource.challenge(undefined) ?? "Bearer";
    return { kind: "refused", status: 401, challenge, problem };
  };
  return (presented) => {
    const { authorization } = presented.headers;
    if (hasTwoAuthorizations(presented)) return unauthorized(TWO_HEADERS);
    if (key.accepts(authorization)) return { kind: "operator", by: OPERATOR };
    const token = readBearer(authorization);
    if (issued === undefined || token === undefined || isApiKey(token)) return unauthorized(NEEDED);
    const answer = (outcome: TokenOutcome): OperatorAnswer => {
      if (outcome.kind !== "known") return refuseToken(outcome, undefined, issued.resource);
      const { principal, isOperator } = outcome.identity;
      if (isOperator) return { kind: "operator", by: principal.id };
      return { kind: "refused", status: 403, challenge: undefined, problem: NO_OPERATOR };
    };
    const outcome = issued.tokens.check(token, issued.resource.audience(undefined));
    return outcome instanceof Promise ? outcome.then(answer) : answer(outcome);
  };
}
