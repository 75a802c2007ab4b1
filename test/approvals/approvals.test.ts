// A call that waits for a person: what wakes it, and what it is told then. Time goes by on a clock that the test moves.
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { type ApprovalDesk, type ApprovalsOptions, createApprovals } from "../../src/approvals/approvals.ts";
import type { Approval, Waiter } from "../../src/gate/gate.ts";
import type { ApprovalNote } from "../../src/gate/types.ts";
import { MemoryStore, QUESTION } from "./support.ts";

beforeEach(
  () =>
    void vi.useFakeTimers({ now: 1_700_000_000_000, toFake: ["setTimeout", "clearTimeout", "Date", "performance"] }),
);
afterEach(() => void vi.useRealTimers());

type Bench = {
  readonly desk: ApprovalDesk;
  readonly store: MemoryStore;
  readonly announced: string[];
  readonly current: { revision: string };
};

function bench(change: Partial<ApprovalsOptions> = {}): Bench {
  const store = new MemoryStore();
  const announced: string[] = [];
  let ids = 0;
  const current = { revision: "r1" };
  const desk = createApprovals({
    store,
    unixMs: Date.now,
    monotonicMs: () => performance.now(),
    newId: () => `approval-${++ids}`,
    fourEyes: false,
    revision: () => current.revision,
    hasApprover: () => true,
    urlOf: (id) => `http://gate/console/approvals/${id}`,
    announce: (request, link) => announced.push(`${request.id} ${link.length}`),
    onProblem: () => {},
    ...change,
  });
  onTestFinished(() => desk.close());
  return { desk, store, announced, current };
}

/** Waits as an endpoint does, 25 s. */
function hold(definition: string | undefined = QUESTION.definitionSha256) {
  const held: { note: ApprovalNote; seconds: number; leave: () => void }[] = [];
  const waiter: Waiter = {
    held: (note, seconds, leave) => held.push({ note, seconds, leave }),
    definition: async () => definition,
  };
  return { held, hold: { seconds: 25, waiter } };
}

const NOBODY = { reason: undefined, grantMinutes: undefined };

describe("a call that is held", () => {
  test("goes out when it is approved, with who did it and how long it waited", async () => {
    const { desk } = bench();
    const { held, hold: waits } = hold();
    const asking = desk.ask(QUESTION, waits);
    expect(held).toMatchObject([
      { seconds: 25, note: { id: "approval-1", state: "pending", leftSeconds: 300, waitedMs: 0 } },
    ]);
    await vi.advanceTimersByTimeAsync(4_000);
    expect(desk.approve("approval-1", "operator")).toMatchObject({ kind: "done" });
    expect(await asking).toEqual({
      kind: "approved",
      note: {
        id: "approval-1",
        state: "approved",
        askedUnixMs: 1_700_000_000_000,
        decided: { by: "operator", unixMs: 1_700_000_004_000, ...NOBODY },
        byGrant: false,
        waitedMs: 4_000,
        leftSeconds: 296,
        url: "http://gate/console/approvals/approval-1",
      },
    });
    expect(desk.find("approval-1")?.state).toBe("used");
  });

  test("is told the reason when it is denied", async () => {
    const { desk } = bench();
    const asking = desk.ask(QUESTION, hold().hold);
    void desk.deny("approval-1", "operator", "not on a Friday");
    expect(await asking).toMatchObject({
      kind: "refused",
      problem: "it was denied: not on a Friday",
      note: { state: "denied", decided: { reason: "not on a Friday" } },
    });
  });

  test("is told that nobody has decided when it was held long enough, and may come back", async () => {
    const { desk } = bench();
    const asking = desk.ask(QUESTION, hold().hold);
    await vi.advanceTimersByTimeAsync(25_000);
    expect(await asking).toMatchObject({
      kind: "refused",
      note: { state: "pending", waitedMs: 25_000, leftSeconds: 275 },
    });
    void desk.approve("approval-1", "operator");
    expect(await desk.ask(QUESTION, hold().hold)).toMatchObject({
      kind: "approved",
      note: { id: "approval-1", waitedMs: 0 },
    });
    const again = desk.ask(QUESTION, undefined);
    expect(await again).toMatchObject({ kind: "refused", note: { id: "approval-2", state: "pending" } });
  });

  test("is told that nobody decided in time when it lapses before", async () => {
    const { desk } = bench();
    const asking = desk.ask({ ...QUESTION, timeoutSeconds: 3 }, hold().hold);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(await asking).toMatchObject({
      kind: "refused",
      problem: "nobody decided within 3 s",
      note: { state: "lapsed", waitedMs: 3_000, leftSeconds: 0 },
    });
  });

  test.each([
    [
      "the policy changes",
      (made: Bench) => {
        made.current.revision = "r2";
        made.desk.policyChanged();
      },
    ],
    ["its session ends", ({ desk }: Bench) => desk.sessionEnded(QUESTION.session)],
  ])("is refused when %s", async (_title, happen) => {
    const made = bench();
    const asking = made.desk.ask(QUESTION, hold().hold);
    happen(made);
    expect(await asking).toMatchObject({ kind: "refused", note: { state: "voided" } });
    expect(made.desk.approve("approval-1", "operator")).toMatchObject({ kind: "refused" });
  });

  test("does not wait when another session ends, or the same policy comes again", async () => {
    const { desk } = bench();
    const asking = desk.ask(QUESTION, hold().hold);
    desk.sessionEnded("session-2");
    desk.policyChanged();
    void desk.approve("approval-1", "operator");
    expect(await asking).toMatchObject({ kind: "approved" });
  });

  test.each([["cd"], [undefined]])("does not go out where the tool's definition is %s by then", async (definition) => {
    const { desk } = bench();
    const { waiter } = hold().hold;
    const asking = desk.ask(QUESTION, { seconds: 25, waiter: { ...waiter, definition: async () => definition } });
    void desk.approve("approval-1", "operator");
    expect(await asking).toMatchObject({ kind: "refused", note: { state: "voided" } });
    expect(desk.find("approval-1")?.state).toBe("voided");
  });

  test("that nobody waits for any more is not let through, and its request stays for the same call", async () => {
    const { desk } = bench();
    const { held, hold: waits } = hold();
    const asking = desk.ask(QUESTION, waits);
    held[0]?.leave();
    expect(await asking).toMatchObject({ kind: "refused", problem: expect.stringContaining("nobody waits") });
    expect(desk.find("approval-1")?.state).toBe("pending");
    void desk.approve("approval-1", "operator");
    expect(await desk.ask(QUESTION, hold().hold)).toMatchObject({ kind: "approved", note: { id: "approval-1" } });
  });

  test("is let through alone where the same call waits twice", async () => {
    const { desk } = bench();
    const asking = [desk.ask(QUESTION, hold().hold), desk.ask(QUESTION, hold().hold)];
    void desk.approve("approval-1", "operator");
    const outcomes: Approval[] = await Promise.all(asking);
    expect(outcomes.map(({ kind }) => kind).toSorted()).toEqual(["approved", "refused"]);
    expect(outcomes.find(({ kind }) => kind === "refused")).toMatchObject({ note: { state: "used" } });
  });

  test("is let through beside the same call where it was granted", async () => {
    const { desk } = bench();
    desk.ask(QUESTION, undefined).catch(() => {});
    void desk.approve("approval-1", "operator", 1);
    expect(await desk.ask(QUESTION, undefined)).toMatchObject({ kind: "approved", note: { byGrant: false } });
    const granted = await desk.ask(QUESTION, undefined);
    expect(granted).toMatchObject({ kind: "approved", note: { byGrant: true, decided: { grantMinutes: 1 } } });
    if (granted.kind === "approved") desk.release(granted.note);
    expect(desk.find("approval-1")?.state).toBe("used");
  });

  test("ends when the gate does", async () => {
    const { desk } = bench();
    const asking = desk.ask(QUESTION, hold().hold);
    desk.close();
    expect(await asking).toMatchObject({ kind: "refused", note: { state: "pending" } });
  });
});

describe("a call", () => {
  test("is refused at once where there is no approver, and nothing is kept of it", async () => {
    const { desk, store } = bench({ hasApprover: () => false });
    expect(await desk.ask(QUESTION, hold().hold)).toEqual({ kind: "refused", problem: "no approver is configured" });
    expect(store.rows.size).toBe(0);
  });

  test("is refused where the bundle that asked is not the one that judges now", async () => {
    const { desk, store } = bench();
    expect(await desk.ask({ ...QUESTION, revision: "r0" }, hold().hold)).toMatchObject({ kind: "refused" });
    expect(store.rows.size).toBe(0);
  });

  test("is not held where nobody waits for it, or no time is given", async () => {
    const { desk } = bench();
    const { hold: waits, held } = hold();
    for (const how of [undefined, { ...waits, seconds: 0 }])
      expect(await desk.ask(QUESTION, how)).toMatchObject({ kind: "refused", note: { state: "pending" } });
    expect(held).toEqual([]);
  });

  test("is refused where it can't be written down", async () => {
    const { desk, store } = bench();
    store.full = true;
    await expect(desk.ask(QUESTION, hold().hold)).rejects.toThrow("no space left");
    store.full = false;
    expect(desk.list()).toEqual([]);
  });

  test("that did not go out may go out on the same approval", async () => {
    const { desk } = bench();
    const asking = desk.ask(QUESTION, hold().hold);
    void desk.approve("approval-1", "operator");
    const approval = await asking;
    if (approval.kind === "approved") desk.release(approval.note);
    expect(await desk.ask(QUESTION, undefined)).toMatchObject({ kind: "approved", note: { id: "approval-1" } });
  });
});

describe("an operator", () => {
  test("sees the newest request first, and those of one state", async () => {
    const { desk } = bench();
    for (const argsText of ["[1]", "[2]", "[3]"]) await desk.ask({ ...QUESTION, argsText }, undefined);
    void desk.approve("approval-2", "operator");
    expect(desk.list().map(({ id }) => id)).toEqual(["approval-3", "approval-2", "approval-1"]);
    expect(desk.list({ state: "pending" }).map(({ id }) => id)).toEqual(["approval-3", "approval-1"]);
  });

  test("is told of each change, lapsing too, until that is enough", async () => {
    const { desk } = bench();
    let changes = 0;
    const end = desk.onChange(() => (changes += 1));
    await desk.ask(QUESTION, undefined);
    expect(changes).toBe(1);
    await vi.advanceTimersByTimeAsync(300_000);
    expect(changes).toBe(2);
    expect(desk.list()[0]?.state).toBe("lapsed");
    end();
    await desk.ask(QUESTION, undefined);
    expect(changes).toBe(2);
  });

  test("is told of each new request once, with its link", async () => {
    const { desk, announced } = bench();
    for (let n = 0; n < 2; n += 1) await desk.ask(QUESTION, undefined);
    expect(announced).toEqual(["approval-1 43"]);
  });
});

test("after a restart what another bundle asked for is void", async () => {
  const first = bench();
  await first.desk.ask(QUESTION, undefined);
  void first.desk.approve("approval-1", "operator");
  const second = bench({ store: first.store, revision: () => "r2" });
  expect(second.desk.find("approval-1")?.state).toBe("voided");
});
