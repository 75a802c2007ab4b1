// What the tests of approvals share: a store in memory that can be made to fail, a clock that is moved by hand, a question.
import type {
  ApprovalRequest,
  ApprovalStore,
  Approvals,
  Kept,
  Ledger,
  Question,
} from "../../src/approvals/approval.ts";
import { createLedger, type LedgerOptions } from "../../src/approvals/ledger.ts";

export const QUESTION: Question = {
  server: "files",
  direction: "to_server",
  method: "tools/call",
  tool: "write_file",
  argsText: '{"path":"/etc/passwd"}',
  besidesText: undefined,
  principal: "ann",
  session: "session-1",
  reasons: ["Writing there is for a person"],
  rules: ["policy.servers.files/closed-paths"],
  decisionId: "decision-1",
  revision: "r1",
  definitionSha256: "ab",
  place: { key: "files-eu", id: "place-1" },
  timeoutSeconds: 300,
};

/** What nobody asks for. */
export const NO_APPROVALS: Approvals = {
  list: () => [],
  find: () => undefined,
  approve: notExpected,
  deny: notExpected,
  followLink: notExpected,
  onChange: notExpected,
};

export class MemoryStore implements ApprovalStore {
  readonly rows = new Map<string, Kept>();
  full = false;
  #write(change: () => void): void {
    if (this.full) throw new Error("no space left");
    change();
  }
  add(kept: Kept): void {
    this.#write(() => this.rows.set(kept.request.id, kept));
  }
  update(kept: Kept): void {
    this.#write(() => this.rows.set(kept.request.id, kept));
  }
  drop(ids: readonly string[]): void {
    this.#write(() => {
      for (const id of ids) this.rows.delete(id);
    });
  }
  load(): readonly Kept[] {
    return [...this.rows.values()];
  }
}

export type LedgerBench = {
  readonly ledger: Ledger;
  readonly store: MemoryStore;
  /** Moves the clock. */
  readonly pass: (seconds: number) => void;
  readonly setRevision: (revision: string) => void;
  readonly changes: ApprovalRequest[];
  readonly links: Map<string, string>;
  readonly problems: string[];
  /** Another ledger on the same store and clock: the gate after a restart. */
  readonly restart: () => Ledger;
};

export function benchLedger(change: Partial<LedgerOptions> = {}): LedgerBench {
  const store = new MemoryStore();
  const changes: ApprovalRequest[] = [];
  const links = new Map<string, string>();
  const problems: string[] = [];
  let [nowMs, ids, revision] = [1_700_000_000_000, 0, "r1"];
  const open = (): Ledger =>
    createLedger({
      store,
      unixMs: () => nowMs,
      newId: () => `approval-${++ids}`,
      fourEyes: false,
      revision: () => revision,
      withLinks: true,
      changed(request, link) {
        changes.push(request);
        if (link !== undefined) links.set(request.id, link);
      },
      onProblem: (problem) => problems.push(problem),
      ...change,
    });
  return {
    ledger: open(),
    store,
    pass(seconds) {
      nowMs += seconds * 1_000;
    },
    setRevision(to) {
      revision = to;
    },
    changes,
    links,
    problems,
    restart: open,
  };
}

function notExpected(): never {
  throw new Error("not expected");
}
