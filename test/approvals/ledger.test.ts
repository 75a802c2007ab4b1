// What may become of a request for approval: each way out of each state, and what is left of it on disk.
import { describe, expect, test } from "vitest";
import type { ApprovalRequest, Found, Ledger, Question } from "../../src/approvals/approval.ts";
import { MAX_PENDING } from "../../src/approvals/bounds.ts";
import { benchLedger, QUESTION } from "./support.ts";

function asked(ledger: Ledger, change: Partial<Question> = {}): ApprovalRequest {
  const found = ledger.ask({ ...QUESTION, ...change });
  if (found.kind !== "standing") throw new Error(`it found ${found.kind}`);
  return found.request;
}

function kindOf(found: Found): string {
  return found.kind === "full" ? "full" : `${found.kind} ${found.request.state}`;
}

const refusedBecause = (problem: string) => ({ kind: "refused", problem: expect.stringContaining(problem) });

describe("a call that needs approval", () => {
  test("is asked about once: the same call finds the same request", () => {
    const { ledger, store } = benchLedger();
    const request = asked(ledger);
    expect(request).toMatchObject({
      id: "approval-1",
      state: "pending",
      argsText: QUESTION.argsText,
      principal: "ann",
    });
    expect(request.lapsesUnixMs - request.askedUnixMs).toBe(300_000);
    expect(asked(ledger, { decisionId: "decision-2" })).toEqual(request);
    expect(store.rows.size).toBe(1);
  });

  test.each([{ argsText: "{}" }, { session: "session-2" }, { principal: "bob" }, { definitionSha256: "cd" }])(
    "that differs in %j neither finds the request nor goes out on it",
    (change) => {
      const { ledger } = benchLedger();
      ledger.approve(asked(ledger).id, "operator", undefined);
      expect(asked(ledger, change)).toMatchObject({ id: "approval-2", state: "pending" });
    },
  );

  test("goes out once it is approved, and the next one asks anew", () => {
    const { ledger } = benchLedger();
    const { id } = asked(ledger);
    expect(ledger.approve(id, "operator", undefined)).toMatchObject({ kind: "done", request: { state: "approved" } });
    expect(kindOf(ledger.ask(QUESTION))).toBe("through approved");
    expect(ledger.claim(id)).toBe(true);
    expect(ledger.claim(id)).toBe(false);
    expect(asked(ledger).id).toBe("approval-2");
  });

  test("may go out again where the one that did was not written", () => {
    const { ledger } = benchLedger();
    const { id } = asked(ledger);
    ledger.approve(id, "operator", undefined);
    ledger.claim(id);
    ledger.release(id);
    expect(kindOf(ledger.ask(QUESTION))).toBe("through approved");
  });

  test.each([
    ["it has lapsed meanwhile", (bench: ReturnType<typeof benchLedger>) => bench.pass(300)],
    ["the policy has changed meanwhile", (bench: ReturnType<typeof benchLedger>) => bench.setRevision("r2")],
  ])("stays used where %s", (_title, happen) => {
    const bench = benchLedger();
    const { id } = asked(bench.ledger);
    bench.ledger.approve(id, "operator", undefined);
    bench.ledger.claim(id);
    happen(bench);
    bench.ledger.release(id);
    expect(bench.ledger.find(id)?.state).toBe("used");
  });

  test("is told no for as long as it could have been approved, then it may ask anew", () => {
    const { ledger, pass } = benchLedger();
    const { id } = asked(ledger);
    expect(ledger.deny(id, "operator", " not today ")).toMatchObject({
      kind: "done",
      request: { state: "denied", decided: { by: "operator", reason: "not today" } },
    });
    pass(299);
    expect(asked(ledger)).toMatchObject({ id, state: "denied" });
    pass(1);
    expect(asked(ledger)).toMatchObject({ id: "approval-2", state: "pending" });
    expect(ledger.find(id)?.state).toBe("denied");
  });

  test("lapses, approved or not, and the next one asks anew", () => {
    const { ledger, pass } = benchLedger();
    const [one, two] = [asked(ledger), asked(ledger, { argsText: "{}" })];
    ledger.approve(one.id, "operator", undefined);
    pass(300);
    ledger.lapse();
    expect([one, two].map(({ id }) => ledger.find(id)?.state)).toEqual(["lapsed", "lapsed"]);
    expect(ledger.claim(one.id)).toBe(false);
    expect(asked(ledger).id).toBe("approval-3");
    expect(ledger.approve(one.id, "operator", undefined)).toMatchObject(refusedBecause("lapsed"));
  });
});

describe("an approver", () => {
  test("decides once, whoever comes second is told what was decided", () => {
    const { ledger } = benchLedger();
    const [one, two] = [asked(ledger), asked(ledger, { argsText: "{}" })];
    ledger.approve(one.id, "eve", undefined);
    ledger.deny(two.id, "eve", "no");
    for (const by of ["eve", "bob"]) {
      expect(ledger.approve(one.id, by, undefined)).toMatchObject(refusedBecause("approved already, by eve"));
      expect(ledger.deny(one.id, by, "no")).toMatchObject(refusedBecause("approved already, by eve"));
      expect(ledger.approve(two.id, by, undefined)).toMatchObject(refusedBecause("denied already, by eve"));
    }
    expect(ledger.approve(two.id, "bob", undefined)).toMatchObject({
      remedy: "the same call asks anew when the time for this one is over",
    });
    ledger.claim(one.id);
    expect(ledger.approve(one.id, "eve", undefined)).toMatchObject({
      problem: "it was approved already, by eve",
      remedy: "the same call, made again, asks anew",
    });
    expect(ledger.find(one.id)?.decided).toMatchObject({ by: "eve" });
  });

  test("decides on what is there only", () => {
    const { ledger, changes } = benchLedger();
    expect(ledger.approve("approval-9", "operator", undefined)).toMatchObject(refusedBecause("no request"));
    expect(ledger.deny("approval-9", "operator", "no")).toMatchObject(refusedBecause("no request"));
    expect(changes).toEqual([]);
  });

  test.each(["", "  ", "x".repeat(1_001)])("must give a reason that can be told: %j", (reason) => {
    const { ledger } = benchLedger();
    const { id } = asked(ledger);
    expect(ledger.deny(id, "operator", reason)).toMatchObject({ kind: "refused" });
    expect(ledger.find(id)?.state).toBe("pending");
  });

  test("can't approve what the same principal asked for, but may withdraw it", () => {
    const { ledger } = benchLedger({ fourEyes: true });
    const { id } = asked(ledger);
    expect(ledger.approve(id, "ann", undefined)).toMatchObject(refusedBecause("same principal"));
    expect(ledger.find(id)?.state).toBe("pending");
    expect(ledger.deny(id, "ann", "never mind")).toMatchObject({ kind: "done" });
  });

  test("may be the one who asked where callers are not told apart", () => {
    const { ledger } = benchLedger({ fourEyes: false });
    expect(ledger.approve(asked(ledger).id, "ann", undefined)).toMatchObject({ kind: "done" });
  });

  test("approves nothing where that can't be written", () => {
    const { ledger, store } = benchLedger();
    const { id } = asked(ledger);
    store.full = true;
    expect(() => ledger.approve(id, "operator", undefined)).toThrow("no space left");
    expect(ledger.find(id)?.state).toBe("pending");
    store.full = false;
    ledger.approve(id, "operator", undefined);
    store.full = true;
    expect(() => ledger.claim(id)).toThrow("no space left");
    expect(ledger.find(id)?.state).toBe("approved");
  });
});

describe("a grant", () => {
  test("lets every call of the tool in the session through for its minutes, whatever the arguments", () => {
    const { ledger, pass } = benchLedger();
    const { id } = asked(ledger);
    ledger.approve(id, "operator", 2);
    expect(kindOf(ledger.ask({ ...QUESTION, argsText: "{}" }))).toBe("through approved");
    expect(ledger.claim(id)).toBe(true);
    pass(119);
    expect(ledger.ask({ ...QUESTION, argsText: "[]" })).toMatchObject({
      kind: "through",
      byGrant: true,
      request: { id },
    });
    expect(ledger.ask(QUESTION)).toMatchObject({ kind: "through", byGrant: true });
    pass(1);
    expect(asked(ledger, { argsText: "{}" }).id).toBe("approval-2");
  });

  test.each([{ tool: "other" }, { session: "session-2" }, { principal: "bob" }, { definitionSha256: "cd" }])(
    "is for no call that differs in %j",
    (change) => {
      const { ledger } = benchLedger();
      ledger.approve(asked(ledger).id, "operator", 2);
      expect(asked(ledger, change).state).toBe("pending");
    },
  );

  test("of the very call is used up before the grant is", () => {
    const { ledger } = benchLedger();
    ledger.approve(asked(ledger).id, "operator", 2);
    expect(ledger.ask(QUESTION)).toMatchObject({ kind: "through", byGrant: false });
  });

  test.each([0, -1, 1.5, 1_441, Number.NaN, Number.POSITIVE_INFINITY])("can't be for %d minutes", (minutes) => {
    const { ledger } = benchLedger();
    const { id } = asked(ledger);
    expect(ledger.approve(id, "operator", minutes)).toMatchObject({ kind: "refused" });
    expect(ledger.find(id)?.state).toBe("pending");
  });

  test("ends with what it was bound to, though its request was used long ago", () => {
    const { ledger, setRevision, restart } = benchLedger();
    const { id } = asked(ledger);
    ledger.approve(id, "operator", 60);
    ledger.claim(id);
    setRevision("r2");
    ledger.void(({ revision }) => revision !== "r2");
    setRevision("r1");
    for (const one of [ledger, restart()]) expect(one.ask({ ...QUESTION, argsText: "{}" }).kind).toBe("standing");
    expect(ledger.find(id)?.state).toBe("used");
  });
});

describe("what ends", () => {
  test("is void, pending or approved, and lets nothing through", () => {
    const { ledger } = benchLedger();
    const [one, two, other] = [asked(ledger), asked(ledger, { argsText: "{}" }), asked(ledger, { session: "s-2" })];
    ledger.approve(one.id, "operator", undefined);
    ledger.void(({ session }) => session === QUESTION.session);
    expect([one, two, other].map(({ id }) => ledger.find(id)?.state)).toEqual(["voided", "voided", "pending"]);
    expect(ledger.claim(one.id)).toBe(false);
    expect(ledger.approve(two.id, "operator", undefined)).toMatchObject(refusedBecause("void"));
    expect(asked(ledger).id).toBe("approval-4");
  });

  test("is over though the disk is full, and that is told", () => {
    const { ledger, store, problems } = benchLedger();
    const { id } = asked(ledger);
    ledger.approve(id, "operator", undefined);
    store.full = true;
    ledger.void(() => true);
    expect(ledger.find(id)?.state).toBe("voided");
    expect(problems.join()).toContain(`approval ${id}: that it is voided can't be written: no space left`);
  });

  test("is not claimed by a bundle that has just come", () => {
    const { ledger, setRevision } = benchLedger();
    const { id } = asked(ledger);
    ledger.approve(id, "operator", undefined);
    setRevision("r2");
    expect(ledger.claim(id)).toBe(false);
  });
});

describe("a restart", () => {
  test("loses no request and lets none through twice", () => {
    const { ledger, restart } = benchLedger();
    const [pending, approved, used] = [
      asked(ledger),
      asked(ledger, { argsText: "[1]" }),
      asked(ledger, { argsText: "[2]" }),
    ];
    for (const { id } of [approved, used]) ledger.approve(id, "operator", undefined);
    ledger.claim(used.id);
    const again = restart();
    expect(asked(again)).toEqual(pending);
    expect(kindOf(again.ask({ ...QUESTION, argsText: "[1]" }))).toBe("through approved");
    expect(asked(again, { argsText: "[2]" }).id).not.toBe(used.id);
  });

  test("ends what lapsed while no gate ran, so that nobody approves it afterwards", () => {
    const { ledger, restart, pass } = benchLedger();
    const [pending, approved] = [asked(ledger), asked(ledger, { argsText: "[1]" })];
    ledger.approve(approved.id, "operator", undefined);
    pass(300);
    const again = restart();
    expect(again.approve(pending.id, "operator", 5)).toMatchObject({ kind: "refused" });
    for (const { id } of [pending, approved]) expect(again.find(id)?.state).toBe("lapsed");
    expect(kindOf(again.ask({ ...QUESTION, argsText: "[2]" }))).toBe("standing pending");
  });

  test("keeps a grant and a denial for the time that is left", () => {
    const { ledger, restart, pass } = benchLedger();
    const [granted, denied] = [asked(ledger), asked(ledger, { tool: "other" })];
    ledger.approve(granted.id, "operator", 2);
    ledger.deny(denied.id, "operator", "no");
    pass(60);
    const again = restart();
    expect(again.ask({ ...QUESTION, argsText: "{}" })).toMatchObject({ kind: "through", byGrant: true });
    expect(asked(again, { tool: "other" })).toMatchObject({ id: denied.id, state: "denied" });
  });
});

describe("how much may wait", () => {
  test(`is ${MAX_PENDING} requests of one principal`, () => {
    const { ledger } = benchLedger();
    const requests = Array.from({ length: MAX_PENDING }, (_, n) => asked(ledger, { argsText: `[${n}]` }));
    expect(ledger.ask({ ...QUESTION, argsText: "{}" })).toMatchObject({ kind: "full" });
    expect(asked(ledger, { argsText: "[0]" }).id).toBe(requests[0]?.id);
    expect(asked(ledger, { principal: "bob" }).state).toBe("pending");
    ledger.deny(requests[3]?.id ?? "", "operator", "no");
    expect(asked(ledger, { argsText: "{}" }).state).toBe("pending");
  });

  test("is bounded in characters too", () => {
    const { ledger } = benchLedger();
    asked(ledger, { argsText: `"${"x".repeat(8_000_000)}"` });
    expect(ledger.ask({ ...QUESTION, argsText: `"${"y".repeat(500_000)}"` })).toMatchObject({
      kind: "full",
      problem: expect.stringContaining("too long"),
    });
  });

  test("is asked for at most thirty days", () => {
    const { ledger } = benchLedger();
    const { askedUnixMs, lapsesUnixMs } = asked(ledger, { timeoutSeconds: 1e12 });
    expect(lapsesUnixMs - askedUnixMs).toBe(30 * 86_400_000);
  });
});

describe("what is over", () => {
  test("is forgotten after a week, on disk too; what stands is not", () => {
    const { ledger, store, pass } = benchLedger();
    const old = asked(ledger);
    const long = asked(ledger, { argsText: "[0]", timeoutSeconds: 20 * 86_400 });
    pass(7 * 86_400 + 1);
    const next = asked(ledger, { argsText: "{}" });
    expect([...store.rows.keys()]).toEqual([long.id, next.id]);
    expect(ledger.find(old.id)).toBeUndefined();
  });

  test("is kept a thousand deep, the newest", () => {
    const { ledger, store } = benchLedger();
    for (let n = 0; n <= 1_001; n += 1) {
      asked(ledger, { argsText: `[${n}]` });
      ledger.void(() => true);
    }
    asked(ledger);
    expect(store.rows.size).toBe(1_001);
    expect([...store.rows.keys()].slice(0, 1)).toEqual(["approval-3"]);
    expect(ledger.find("approval-1002")?.state).toBe("voided");
  });
});

describe("the arguments of what is over", () => {
  test("are kept to 8 Mi characters, the newest", () => {
    const { ledger, store } = benchLedger();
    for (let n = 0; n < 3; n += 1) {
      asked(ledger, { argsText: `"${n}${"x".repeat(4_000_000)}"` });
      ledger.void(() => true);
    }
    asked(ledger);
    expect([...store.rows.keys()]).toEqual(["approval-2", "approval-3", "approval-4"]);
  });
});

describe("a one-time link", () => {
  test("leads to its request once", () => {
    const { ledger, links, restart } = benchLedger();
    const { id } = asked(ledger);
    const link = links.get(id) ?? "";
    expect(link).toMatch(/^[\w-]{43}$/);
    expect(ledger.followLink(id, link)).toMatchObject({ kind: "done", request: { id, state: "pending" } });
    for (const one of [ledger, restart()])
      expect(one.followLink(id, link)).toMatchObject(refusedBecause("used already"));
  });

  test("of another request, or none, is refused", () => {
    const { ledger, links } = benchLedger();
    const [one, other] = [asked(ledger), asked(ledger, { argsText: "{}" })];
    for (const link of [links.get(other.id) ?? "", "", "guess"])
      expect(ledger.followLink(one.id, link)).toMatchObject(refusedBecause("no request that is here, or to another"));
    expect(ledger.followLink("approval-9", links.get(one.id) ?? "")).toMatchObject({ kind: "refused" });
    expect(ledger.followLink(one.id, links.get(one.id) ?? "")).toMatchObject({ kind: "done" });
  });

  test("is not made where none is sent, and nothing opens without one", () => {
    const { ledger, links } = benchLedger({ withLinks: false });
    const { id } = asked(ledger);
    expect(links.size).toBe(0);
    expect(ledger.followLink(id, "")).toMatchObject({ kind: "refused" });
  });

  test("is not on disk, only its hash", () => {
    const { ledger, links, store } = benchLedger();
    const { id } = asked(ledger);
    expect(JSON.stringify([...store.rows.values()])).not.toContain(links.get(id));
  });
});
