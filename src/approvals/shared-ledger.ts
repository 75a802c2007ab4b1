// The ledger of many gates: each plans a change by its own copy of all requests (ledger.ts, which alone says what may become of
// one), and the change counts when the store has made it: there a request is what the last one said that was told of it as it
// was. Whoever comes too late learns what it is by now. Nothing lets a call through that the store has not confirmed.
import { messageOf } from "../problem.ts";
import type { ApprovalOutcome, ApprovalRequest, Found, Kept, Ledger, Question } from "./approval.ts";
import { createLedger, type LedgerOptions } from "./ledger.ts";

/** A request as the store has it; the version is another one after each change. */
export type Versioned = { readonly kept: Kept; readonly version: number };

export type Stored =
  | { readonly kind: "written"; readonly version: number }
  /** It was changed since, or another one stands for the same call: nothing was written. */
  | { readonly kind: "other"; readonly now: Versioned | undefined };

/** Where many gates keep requests; each call rejects where it can't be said whether it was written. */
export interface SharedApprovalStore {
  /** Adds a request, where none stands for the same call. */
  add(kept: Kept): Promise<Stored>;
  /** Writes a request that is at `version` still. */
  change(kept: Kept, version: number): Promise<Stored>;
  /** Whether it is at `version` still. */
  confirm(id: string, version: number): Promise<Stored>;
  drop(ids: readonly string[]): Promise<void>;
  /** @param onChange told of each change by another gate; `undefined` is one that was forgotten */
  watch(onChange: (id: string, now: Versioned | undefined) => void, onAll: (all: readonly Versioned[]) => void): void;
}

export type SharedLedger = Omit<Ledger, "ask" | "claim" | "approve" | "deny" | "followLink"> & {
  ask(question: Question): Promise<Found>;
  claim(id: string): Promise<boolean>;
  approve(id: string, by: string, grantMinutes: number | undefined): Promise<ApprovalOutcome>;
  deny(id: string, by: string, reason: string): Promise<ApprovalOutcome>;
  followLink(id: string, link: string): Promise<ApprovalOutcome>;
};

export type SharedLedgerOptions = Omit<LedgerOptions, "store"> & { readonly shared: SharedApprovalStore };

/** Others may ask the same in between; each time it is looked at anew. */
const MAX_TRIES = 5;
const BUSY = "other gates change the same request at the same time";

type Notice = { readonly request: ApprovalRequest; readonly link: string | undefined };

export function createSharedLedger({ shared, changed, onProblem, ...rest }: SharedLedgerOptions): SharedLedger {
  const versions = new Map<string, number>();
  /** What a plan would write; undefined while nothing is planned. */
  let plan: { writes: Kept[]; notices: Notice[] } | undefined;
  const ledger = createLedger({
    ...rest,
    onProblem,
    changed(request, link) {
      if (plan === undefined) changed(request, link);
      else plan.notices.push({ request, link });
    },
    store: {
      load: () => [],
      add: (kept) => void plan?.writes.push(kept),
      update(kept) {
        if (plan === undefined) settle(kept);
        else plan.writes.push(kept);
      },
      drop(ids) {
        for (const id of ids) versions.delete(id);
        shared
          .drop(ids)
          .catch((error: unknown) => onProblem(`approvals: what is over can't be forgotten: ${messageOf(error)}`));
      },
    },
  });

  function learn(id: string, now: Versioned | undefined): void {
    if (now === undefined) {
      versions.delete(id);
      ledger.forget(id);
    } else if (now.version > (versions.get(id) ?? 0)) {
      versions.set(id, now.version);
      ledger.adopt(now.kept);
    }
  }
  shared.watch(learn, (all) => {
    const there = new Set(all.map(({ kept }) => kept.request.id));
    for (const { id } of [...ledger.all()]) if (!there.has(id)) learn(id, undefined);
    for (const one of all) learn(one.kept.request.id, one);
  });

  /** Over here already, whether it can be written or not; where another gate was first, what that said counts. */
  function settle(kept: Kept): void {
    const { id, state } = kept.request;
    shared.change(kept, versions.get(id) ?? 0).then(
      (stored) => {
        if (stored.kind === "written") versions.set(id, stored.version);
        else learn(id, stored.now);
      },
      (error: unknown) => onProblem(`approval ${id}: that it is ${state} can't be written: ${messageOf(error)}`),
    );
  }

  /** What `act` makes of this gate's copy, with what it would write; its side effects on other requests are settled. */
  function planned<T>(act: () => T, isMain: (kept: Kept) => boolean) {
    plan = { writes: [], notices: [] };
    const mine = plan;
    let result: T;
    try {
      result = act();
    } finally {
      plan = undefined;
    }
    const main = mine.writes.find(isMain);
    for (const kept of mine.writes) if (kept !== main) settle(kept);
    const isOfMain = ({ request }: Notice): boolean => main !== undefined && request.id === main.request.id;
    for (const notice of mine.notices) if (!isOfMain(notice)) changed(notice.request, notice.link);
    return {
      result,
      main,
      tell() {
        for (const { request, link } of mine.notices.filter(isOfMain)) changed(request, link);
      },
    };
  }

  /** Plans a change of one request, and has the store make it. @returns undefined where another gate was first */
  async function commit<T>(id: string, act: () => T): Promise<T | undefined> {
    const before = ledger.kept(id);
    const { result, main, tell } = planned(act, (kept) => kept.request.id === id && kept.request.state !== "lapsed");
    if (main === undefined || before === undefined) return result;
    // until the store has said so, it is what it was
    ledger.adopt(before, "silently");
    const stored = await shared.change(main, versions.get(id) ?? 0);
    if (stored.kind === "other") {
      learn(id, stored.now);
      return undefined;
    }
    versions.set(id, stored.version);
    ledger.adopt(main, "silently");
    tell();
    return result;
  }

  async function decide(id: string, act: () => ApprovalOutcome): Promise<ApprovalOutcome> {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const outcome = await commit(id, act);
      if (outcome !== undefined) return outcome;
    }
    throw new Error(BUSY);
  }

  async function ask(question: Question): Promise<Found> {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const { result, main, tell } = planned(
        () => ledger.ask(question),
        (kept) => !versions.has(kept.request.id),
      );
      if (main === undefined) {
        if (result.kind !== "through" || !result.byGrant) return result;
        const { id } = result.request;
        const confirmed = await shared.confirm(id, versions.get(id) ?? 0);
        if (confirmed.kind === "written") return result;
        learn(id, confirmed.now);
        continue;
      }
      const { id } = main.request;
      ledger.forget(id, "silently");
      const stored = await shared.add(main);
      if (stored.kind === "written") {
        versions.set(id, stored.version);
        ledger.adopt(main, "silently");
        tell();
        return result;
      }
      if (stored.now !== undefined) learn(stored.now.kept.request.id, stored.now);
    }
    throw new Error(BUSY);
  }

  return {
    all: ledger.all,
    find: ledger.find,
    ask,
    claim: async (id) => (await commit(id, () => ledger.claim(id))) ?? false,
    release(id) {
      commit(id, () => ledger.release(id)).catch((error: unknown) =>
        onProblem(`approval ${id}: that its call did not go out can't be written: ${messageOf(error)}`),
      );
    },
    approve: (id, by, grantMinutes) => decide(id, () => ledger.approve(id, by, grantMinutes)),
    deny: (id, by, reason) => decide(id, () => ledger.deny(id, by, reason)),
    followLink: (id, link) => decide(id, () => ledger.followLink(id, link)),
    void: ledger.void,
    lapse: ledger.lapse,
    nextLapseUnixMs: ledger.nextLapseUnixMs,
  };
}
