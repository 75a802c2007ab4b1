// Approvals as the gate and its operators use them: a call that needs one is let through, held for a while, or told to come
// back; whoever decides wakes the calls that wait. What may become of a request is the ledger's; who may decide is checked
// by the callers, of which the agents' endpoint is none.
import type { Approval, Waiter } from "../gate/gate.ts";
import type { ApprovalNote } from "../gate/types.ts";
import type { ApprovalRequest, Approvals, Question } from "./approval.ts";
import { createLedger, type LedgerOptions } from "./ledger.ts";
import { createSharedLedger, type SharedApprovalStore } from "./shared-ledger.ts";

export type ApprovalsOptions = Omit<LedgerOptions, "changed" | "withLinks"> & {
  /** Milliseconds since any fixed point; never steps back. */
  readonly monotonicMs: () => number;
  /** Whether there is anyone who could approve. */
  readonly hasApprover: () => boolean;
  /** Where a person decides on a request. */
  readonly urlOf: (id: string) => string | undefined;
  /** Told of each new request, with its one-time link; undefined where nobody is told. */
  readonly announce: ((request: ApprovalRequest, link: string) => void) | undefined;
  /** Where many gates keep requests: then `store` is left alone. */
  readonly shared?: SharedApprovalStore | undefined;
};

export type Hold = { readonly seconds: number; readonly waiter: Waiter };

export interface ApprovalDesk extends Approvals {
  /**
   * What becomes of a call for which a rule asks for approval. Rejects where something can't be written.
   * @param hold undefined: the call is not held
   */
  ask(question: Question, hold: Hold | undefined): Promise<Approval>;
  release(note: ApprovalNote): void;
  /** The bundle that judges has changed: what another one asked for is void. */
  policyChanged(): void;
  sessionEnded(session: string): void;
  /** Ends all waiting, as if it had been long enough. */
  close(): void;
}

const MAX_LISTED = 1_000;
const MAX_TIMER_MS = 86_400_000;

type Woken = "changed" | "held" | "left";

export function createApprovals(options: ApprovalsOptions): ApprovalDesk {
  const { unixMs, monotonicMs, hasApprover, urlOf, announce, revision } = options;
  const listeners = new Set<() => void>();
  /** Wakes the calls that wait, by the request's id. */
  const waiting = new Map<string, Set<(woken: Woken) => void>>();
  let timer: NodeJS.Timeout | undefined;

  const ledgerOptions: LedgerOptions = {
    ...options,
    withLinks: announce !== undefined,
    changed(request, link) {
      if (link !== undefined) announce?.(request, link);
      if (request.state !== "pending") wake(request.id, "changed");
      schedule();
      for (const listener of listeners) listener();
    },
  };
  const { shared } = options;
  const ledger = shared === undefined ? createLedger(ledgerOptions) : createSharedLedger({ ...ledgerOptions, shared });
  ledger.lapse();
  policyChanged();
  schedule();

  function wake(id: string, woken: Woken): void {
    for (const wakeUp of waiting.get(id) ?? []) wakeUp(woken);
  }

  /** Requests lapse by themselves, so that whoever waits for one or looks at it sees that. */
  function schedule(): void {
    clearTimeout(timer);
    const next = ledger.nextLapseUnixMs();
    if (next === undefined) return;
    const lapse = (): void => {
      ledger.lapse();
      schedule();
    };
    timer = setTimeout(lapse, Math.min(Math.max(1, next - unixMs()), MAX_TIMER_MS)).unref();
  }

  function noteOf(request: ApprovalRequest, waitedMs: number, byGrant = false): ApprovalNote {
    const { id, state, askedUnixMs, lapsesUnixMs, decided } = request;
    const leftSeconds = Math.max(0, Math.floor((lapsesUnixMs - unixMs()) / 1_000));
    return { id, state, askedUnixMs, decided, byGrant, waitedMs, leftSeconds, url: urlOf(id) };
  }

  /** Resolves when the request is decided or over, when it was held long enough, or when nobody waits any more. */
  function wait(request: ApprovalRequest, { seconds, waiter }: Hold): Promise<Woken> {
    return new Promise((resolve) => {
      const { id } = request;
      const wakers = waiting.get(id) ?? new Set();
      waiting.set(id, wakers);
      const wakeUp = (woken: Woken): void => {
        clearTimeout(enough);
        wakers.delete(wakeUp);
        if (wakers.size === 0) waiting.delete(id);
        resolve(woken);
      };
      const enough = setTimeout(() => wakeUp("held"), Math.min(seconds * 1_000, MAX_TIMER_MS));
      wakers.add(wakeUp);
      waiter.held(noteOf(request, 0), seconds, () => wakeUp("left"));
    });
  }

  /** What a call is told for which `request` stands. */
  async function answer(request: ApprovalRequest, waitedMs: number): Promise<Approval> {
    const refuse = (problem: string): Approval => ({ kind: "refused", problem, note: noteOf(request, waitedMs) });
    const { state, decided, askedUnixMs, lapsesUnixMs } = request;
    switch (state) {
      case "pending":
        return refuse("nobody has decided yet");
      case "denied":
        return refuse(`it was denied: ${decided?.reason}`);
      case "lapsed":
        return refuse(`nobody decided within ${Math.round((lapsesUnixMs - askedUnixMs) / 1_000)} s`);
      case "voided":
        return refuse("what the approval was bound to has changed: call again to ask anew");
      case "used":
        return refuse("the approval was used up by the same call: call again to ask for another");
      case "approved": {
        // the claim alone says that nobody else goes out on it
        if (!(await ledger.claim(request.id))) return await answer(ledger.find(request.id) ?? request, waitedMs);
        return { kind: "approved", note: noteOf(request, waitedMs) };
      }
    }
  }

  async function ask(question: Question, hold: Hold | undefined): Promise<Approval> {
    if (!hasApprover()) return { kind: "refused", problem: "no approver is configured" };
    if (question.revision !== revision())
      return { kind: "refused", problem: "the policy has just changed: call again" };
    // in one gate whoever waits is known in the very turn in which it asks
    const asking = ledger.ask(question);
    const found = asking instanceof Promise ? await asking : asking;
    if (found.kind === "full") return { kind: "refused", problem: found.problem };
    const { request } = found;
    if (found.kind === "through" && found.byGrant) return { kind: "approved", note: noteOf(request, 0, true) };
    if (request.state !== "pending" || hold === undefined || hold.seconds <= 0) return answer(request, 0);

    const sinceMs = monotonicMs();
    const woken = await wait(request, hold);
    const isOther = woken === "changed" && (await hold.waiter.definition()) !== request.definitionSha256;
    if (isOther) ledger.void(({ id }) => id === request.id);
    const now = ledger.find(request.id) ?? request;
    const waitedMs = monotonicMs() - sinceMs;
    if (woken !== "left") return answer(now, waitedMs);
    return { kind: "refused", problem: "nobody waits for the answer any more", note: noteOf(now, waitedMs) };
  }

  function policyChanged(): void {
    ledger.void((request) => request.revision !== revision());
  }

  return {
    ask,
    release: ({ id, byGrant }) => {
      if (!byGrant) ledger.release(id);
    },
    policyChanged,
    sessionEnded: (session) => ledger.void((request) => request.session === session),
    list({ state } = {}) {
      ledger.lapse();
      const all = [...ledger.all()].filter((request) => state === undefined || request.state === state);
      return all.reverse().slice(0, MAX_LISTED);
    },
    find(id) {
      ledger.lapse();
      return ledger.find(id);
    },
    approve: (id, by, grantMinutes) => ledger.approve(id, by, grantMinutes),
    deny: (id, by, reason) => ledger.deny(id, by, reason),
    followLink: (id, link) => ledger.followLink(id, link),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      clearTimeout(timer);
      for (const id of [...waiting.keys()]) wake(id, "held");
    },
  };
}
