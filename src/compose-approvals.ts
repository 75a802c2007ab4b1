// Approvals, set on the gate's parts: what of a call an approval is bound to, where requests are kept, and where a person
// decides. Made once, by the composition root.
import { randomUUID } from "node:crypto";
import type { ApprovalRequest, Approvals, Question } from "./approvals/approval.ts";
import { type ApprovalDesk, createApprovals } from "./approvals/approvals.ts";
import type { SharedApprovalStore } from "./approvals/shared-ledger.ts";
import { createWebhook } from "./approvals/webhook.ts";
import type { Config } from "./config/schema.ts";
import type { Asking, GatePorts } from "./gate/gate.ts";
import type { Call } from "./gate/types.ts";
import { MASK } from "./log/mask.ts";
import { holdsSecret } from "./log/secrets.ts";
import { canonicalJson } from "./mcp/canonical.ts";
import type { ActivePolicy } from "./policy/active-policy.ts";
import type { State } from "./state/state.ts";

export type ApprovalParts = {
  readonly config: Config;
  readonly state: State;
  /** Where many gates keep requests. */
  readonly shared: SharedApprovalStore | undefined;
  readonly policy: ActivePolicy;
  /** Whether there is an operator key, so that somebody can approve. */
  readonly hasApprover: () => boolean;
  /** Base URL at which this machine reaches the gate, without a slash at the end; undefined while it is not known. */
  readonly url: () => string | undefined;
  readonly log: (line: string) => void;
};

export type RunningApprovals = Pick<GatePorts, "approve" | "release"> & {
  /** For operators only. */
  readonly desk: Approvals;
  policyChanged(): void;
  sessionEnded(session: string): void;
  close(): void;
};

export function composeApprovals({
  config,
  state,
  shared,
  policy,
  hasApprover,
  url,
  log,
}: ApprovalParts): RunningApprovals {
  const urlOf = (id: string): string | undefined => {
    const base = config.approvals.url ?? url();
    return base === undefined ? undefined : `${base}/console/approvals/${id}`;
  };
  const webhook =
    config.approvals.webhook &&
    createWebhook({
      ...config.approvals.webhook,
      unixMs: Date.now,
      isPending: (id) => desk.find(id)?.state === "pending",
      log,
    });
  const desk: ApprovalDesk = createApprovals({
    store: state.approvals,
    shared,
    unixMs: Date.now,
    monotonicMs: () => performance.now(),
    newId: randomUUID,
    fourEyes: config.keys.length > 0 || config.auth.issuers.length > 0,
    revision: () => policy.current.engine.revision.revision,
    hasApprover,
    urlOf,
    announce:
      webhook && ((request, link) => webhook.tell(withoutSecrets(request), `${urlOf(request.id)}?link=${link}`)),
    onProblem: log,
  });
  return {
    desk,
    approve(call, asking, waiter) {
      const { hold } = asking.decision.approval;
      // the server's own requests come on a stream that carries other answers too: it must not stand still
      const isHeld = waiter !== undefined && call.direction === "to_server";
      return desk.ask(questionOf(call, asking), isHeld ? { seconds: hold, waiter } : undefined);
    },
    release: (note) => desk.release(note),
    policyChanged: () => desk.policyChanged(),
    sessionEnded: (session) => desk.sessionEnded(session),
    close() {
      webhook?.close();
      desk.close();
    },
  };
}

/** For where the gate's own readers are not: a rule may quote arguments in its reason. */
export function withoutSecrets(request: ApprovalRequest): ApprovalRequest {
  return { ...request, reasons: request.reasons.map((reason) => (holdsSecret(reason) ? MASK : reason)) };
}

/** Of the message: a progress token is another at each try. */
const META = "_meta";

/** What an approval of the call is bound to, and what an approver is shown. */
function questionOf(call: Call, { id, decision, deciding, revision }: Asking): Question {
  const { server, place, direction, method, tool, args, params, wholeParams, principal, session, definition } = call;
  const besides = canonicalJson(wholeParams?.text ?? "{}", [META, "name", "arguments"]);
  return {
    server,
    place,
    direction,
    method,
    tool: tool ?? method,
    argsText: tool === undefined ? canonicalJson(params?.text ?? "{}", [META]) : canonicalJson(args?.text ?? "{}"),
    besidesText: besides === "{}" ? undefined : besides,
    principal: principal.id,
    session,
    reasons: decision.reasons,
    rules: deciding,
    decisionId: id,
    revision,
    definitionSha256: definition?.sha256,
    timeoutSeconds: decision.approval.timeout,
  };
}
