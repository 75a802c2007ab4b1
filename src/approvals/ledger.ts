// The requests for approval and what may become of each: the one place where a state changes. What lets a call through is
// written down before it counts; what ends a request counts even where it can't be written. Nothing waits here, and no timer
// runs: whoever asks is answered by the time that it is.
import type { ApprovalState } from "../gate/types.ts";
import { messageOf } from "../problem.ts";
import type { ApprovalOutcome, ApprovalRequest, ApprovalStore, Kept, Ledger, Question } from "./approval.ts";
import { pickForgotten, refusalOfMore } from "./bounds.ts";
import { fingerprintsOf } from "./fingerprint.ts";
import { hashOfLink, isLinkOf, makeLink } from "./links.ts";
import { describeOver, remedyOf } from "./over.ts";

export type LedgerOptions = {
  readonly store: ApprovalStore;
  readonly unixMs: () => number;
  readonly newId: () => string;
  /** Whether callers are told apart: then nobody decides on what they asked for themselves. */
  readonly fourEyes: boolean;
  /** The revision of the bundle that judges now. */
  readonly revision: () => string;
  /** Whether one-time links are sent. */
  readonly withLinks: boolean;
  /** After each change. `link`: the one-time link of a request that is new. */
  readonly changed: (request: ApprovalRequest, link?: string) => void;
  /** For the gate's own log. */
  readonly onProblem: (problem: string) => void;
};

export const MAX_GRANT_MINUTES = 1_440;
export const MAX_REASON_CHARS = 1_000;
const MAX_TIMEOUT_SECONDS = 30 * 86_400;
const MINUTE_MS = 60_000;
const SEE_LIST = "regate approvals list shows those that wait";

/** The ledger, with what only a ledger of many gates needs of it. */
export type Copy = Ledger & {
  kept(id: string): Kept | undefined;
  /** Takes over what became of a request elsewhere; nothing is written. `silently`: nobody is told. */
  adopt(kept: Kept, silently?: "silently"): void;
  forget(id: string, silently?: "silently"): void;
};

export function createLedger(options: LedgerOptions): Copy {
  const { store, unixMs, newId, fourEyes, revision, withLinks, changed, onProblem } = options;
  const rows = new Map(store.load().map((kept) => [kept.request.id, kept]));
  /** Those that a call may still find: pending, approved, denied until they would have lapsed, with a grant. */
  const standing = new Set(
    [...rows.values()]
      // what lapsed while no gate ran is still to be ended
      .filter((kept) => isOpen(kept.request) || stands(kept))
      .map(({ request }) => request.id),
  );

  function stands({ request, grantUntilUnixMs }: Kept): boolean {
    const isOpen = ["pending", "approved", "denied"].includes(request.state);
    return (isOpen && request.lapsesUnixMs > unixMs()) || isAfter(grantUntilUnixMs);
  }

  function isAfter(time: number | undefined): boolean {
    return time !== undefined && time > unixMs();
  }

  function* standingRows(): Iterable<Kept> {
    for (const id of standing) {
      const kept = rows.get(id);
      if (kept !== undefined) yield kept;
    }
  }

  function keep(kept: Kept): ApprovalRequest {
    const { request } = kept;
    rows.set(request.id, kept);
    if (stands(kept)) standing.add(request.id);
    else standing.delete(request.id);
    return request;
  }

  /** Written first: what was not written lets nothing through. */
  function change(kept: Kept): ApprovalRequest {
    store.update(kept);
    keep(kept);
    changed(kept.request);
    return kept.request;
  }

  /** Over, whether it can be written or not. */
  function end(kept: Kept): void {
    keep(kept);
    try {
      store.update(kept);
    } catch (error) {
      onProblem(`approval ${kept.request.id}: that it is ${kept.request.state} can't be written: ${messageOf(error)}`);
    }
    changed(kept.request);
  }

  function lapse(): void {
    for (const kept of [...standingRows()]) {
      const { request, grantUntilUnixMs } = kept;
      if (isOpen(request) && request.lapsesUnixMs <= unixMs()) end(withState(kept, "lapsed"));
      else if (grantUntilUnixMs !== undefined && !isAfter(grantUntilUnixMs))
        keep({ ...kept, grantUntilUnixMs: undefined });
      else if (!stands(kept)) standing.delete(request.id);
    }
  }

  function pick(states: readonly ApprovalState[], fingerprint: string): Kept | undefined {
    const fitting = [...standingRows()].filter((kept) => kept.fingerprint === fingerprint);
    return states.map((state) => fitting.find(({ request }) => request.state === state)).find((kept) => kept);
  }

  /** Forgets the oldest of what is over. */
  function prune(): void {
    const over = [...rows.values()].map(({ request }) => request).filter(({ id }) => !standing.has(id));
    const ids = pickForgotten(over, unixMs());
    if (ids.length === 0) return;
    store.drop(ids);
    for (const id of ids) rows.delete(id);
  }

  function add(question: Question): ApprovalRequest {
    prune();
    const { method: _, direction: __, place, timeoutSeconds, ...asked } = question;
    const nowUnixMs = unixMs();
    const request: ApprovalRequest = {
      ...asked,
      serverKey: place?.key,
      id: newId(),
      state: "pending",
      askedUnixMs: nowUnixMs,
      lapsesUnixMs: nowUnixMs + Math.min(timeoutSeconds, MAX_TIMEOUT_SECONDS) * 1_000,
      decided: undefined,
    };
    const link = withLinks ? makeLink() : undefined;
    const kept: Kept = {
      request,
      ...fingerprintsOf(question),
      grantUntilUnixMs: undefined,
      linkSha256: link && hashOfLink(link),
      linkUsed: false,
    };
    store.add(kept);
    keep(kept);
    changed(request, link);
    return request;
  }

  /** The pending request, or why `id` is none. */
  function pending(id: string): Kept | Extract<ApprovalOutcome, { kind: "refused" }> {
    lapse();
    const kept = rows.get(id);
    if (kept === undefined) return refused("there is no request for approval of this id", SEE_LIST);
    if (kept.request.state === "pending") return kept;
    return refused(describeOver(kept.request), remedyOf(kept.request));
  }

  return {
    kept: (id) => rows.get(id),

    adopt(kept, silently) {
      keep(kept);
      if (silently === undefined) changed(kept.request);
    },

    forget(id, silently) {
      const kept = rows.get(id);
      rows.delete(id);
      standing.delete(id);
      if (kept !== undefined && silently === undefined) changed(kept.request);
    },

    all: () => [...rows.values()].map(({ request }) => request),
    find: (id) => rows.get(id)?.request,

    ask(question) {
      lapse();
      const { fingerprint, scope } = fingerprintsOf(question);
      const own = pick(["approved"], fingerprint);
      if (own !== undefined) return { kind: "through", request: own.request, byGrant: false };
      const grant = [...standingRows()].find((kept) => kept.scope === scope && isAfter(kept.grantUntilUnixMs));
      if (grant !== undefined) return { kind: "through", request: grant.request, byGrant: true };
      const asked = pick(["denied", "pending"], fingerprint);
      if (asked !== undefined) return { kind: "standing", request: asked.request };
      const pending = [...standingRows()]
        .map(({ request }) => request)
        .filter(({ state, principal }) => state === "pending" && principal === question.principal);
      const problem = refusalOfMore(pending, question);
      return problem === undefined ? { kind: "standing", request: add(question) } : { kind: "full", problem };
    },

    claim(id) {
      lapse();
      const kept = rows.get(id);
      if (kept?.request.state !== "approved" || kept.request.revision !== revision()) return false;
      change(withState(kept, "used"));
      return true;
    },

    release(id) {
      const kept = rows.get(id);
      if (kept?.request.state !== "used" || kept.request.revision !== revision()) return;
      if (kept.request.lapsesUnixMs > unixMs()) change(withState(kept, "approved"));
    },

    approve(id, by, grantMinutes) {
      const kept = pending(id);
      if ("kind" in kept) return kept;
      if (fourEyes && by === kept.request.principal)
        return refused("it was asked for by the same principal that would approve it", "another approver must decide");
      if (grantMinutes !== undefined && !isWhole(grantMinutes, MAX_GRANT_MINUTES))
        return refused("it can't be granted for so long", `name 1 to ${MAX_GRANT_MINUTES} whole minutes`);
      const nowUnixMs = unixMs();
      const decided = { by, unixMs: nowUnixMs, reason: undefined, grantMinutes };
      const grantUntilUnixMs = grantMinutes === undefined ? undefined : nowUnixMs + grantMinutes * MINUTE_MS;
      const request = { ...kept.request, state: "approved", decided } as const;
      return { kind: "done", request: change({ ...kept, request, grantUntilUnixMs }) };
    },

    deny(id, by, reason) {
      const kept = pending(id);
      if ("kind" in kept) return kept;
      const said = reason.trim();
      if (said === "" || said.length > MAX_REASON_CHARS)
        return refused(
          "it can't be denied for this reason",
          `give the agent one of 1 to ${MAX_REASON_CHARS} characters`,
        );
      const decided = { by, unixMs: unixMs(), reason: said, grantMinutes: undefined };
      return { kind: "done", request: change({ ...kept, request: { ...kept.request, state: "denied", decided } }) };
    },

    followLink(id, link) {
      const kept = rows.get(id);
      const fits = kept?.linkSha256 !== undefined && isLinkOf(kept.linkSha256, link);
      if (kept === undefined || !fits)
        return refused("this link belongs to no request that is here, or to another one", SEE_LIST);
      if (kept.linkUsed) return refused("this link was used already: each leads here once", SEE_LIST);
      return { kind: "done", request: change({ ...kept, linkUsed: true }) };
    },

    void(ended) {
      for (const kept of [...standingRows()]) {
        if (!ended(kept.request)) continue;
        const over = { ...kept, grantUntilUnixMs: undefined };
        if (isOpen(kept.request)) end(withState(over, "voided"));
        else if (kept.grantUntilUnixMs !== undefined) end(over);
      }
    },

    lapse,

    nextLapseUnixMs() {
      const times = [...standingRows()]
        .filter(({ request }) => isOpen(request))
        .map((kept) => kept.request.lapsesUnixMs);
      return times.length === 0 ? undefined : Math.min(...times);
    },
  };
}

function isOpen({ state }: ApprovalRequest): boolean {
  return state === "pending" || state === "approved";
}

function withState(kept: Kept, state: ApprovalState): Kept {
  return { ...kept, request: { ...kept.request, state } };
}

function isWhole(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= max;
}

function refused(problem: string, remedy: string): Extract<ApprovalOutcome, { kind: "refused" }> {
  return { kind: "refused", problem, remedy };
}
