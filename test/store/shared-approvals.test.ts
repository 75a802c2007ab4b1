// Requests for approval at two gates on one real store: asked at one, decided at the other, used once at either.
import { randomUUID } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import type { ApprovalRequest, Question } from "../../src/approvals/approval.ts";
import { type ApprovalDesk, createApprovals, type Hold } from "../../src/approvals/approvals.ts";
import type { Approval } from "../../src/gate/gate.ts";
import { createSharedApprovals } from "../../src/store/shared-approvals.ts";
import { MemoryStore, QUESTION } from "../approvals/support.ts";
import { type RedisServer, startRedis } from "./redis-server.ts";
import { openLink, useRedis } from "./support.ts";

const redis = useRedis("--appendonly", "no");

type TestGate = {
  readonly desk: ApprovalDesk;
  readonly prefix: string;
  readonly links: string[];
  readonly problems: string[];
};

async function gateAt(prefix?: string, server: Pick<RedisServer, "url"> = redis()): Promise<TestGate> {
  const opened = await openLink(server, { ...(prefix !== undefined && { prefix }), isLazy: true });
  const links: string[] = [];
  const problems: string[] = [];
  const desk = createApprovals({
    store: new MemoryStore(),
    shared: createSharedApprovals(opened.link, opened.prefix),
    unixMs: Date.now,
    monotonicMs: () => performance.now(),
    newId: randomUUID,
    fourEyes: false,
    revision: () => "r1",
    hasApprover: () => true,
    urlOf: () => undefined,
    announce: (_, link) => links.push(link),
    onProblem: (problem) => problems.push(problem),
  });
  onTestFinished(() => desk.close());
  await opened.link.open();
  return { desk, prefix: opened.prefix, links, problems };
}

async function twoGates() {
  const a = await gateAt();
  return { a, b: await gateAt(a.prefix) };
}

async function idOf(gate: TestGate, change: Partial<Question> = {}): Promise<string> {
  const asked = await gate.desk.ask({ ...QUESTION, ...change }, undefined);
  if (asked.note === undefined) throw new Error(JSON.stringify(asked));
  return asked.note.id;
}

function hold(held: () => void): Hold {
  return { seconds: 60, waiter: { held, definition: async () => QUESTION.definitionSha256 } };
}

async function isAt(gate: TestGate, id: string, state: ApprovalRequest["state"]): Promise<void> {
  await expect.poll(() => gate.desk.find(id)?.state, { timeout: 5_000 }).toBe(state);
}

test("a call that is held at one gate goes out when it is approved at the other, and its approval is used up at both", async () => {
  const { a, b } = await twoGates();
  let held = (): void => {};
  const waiting = new Promise<void>((resolve) => {
    held = resolve;
  });
  const outcome = a.desk.ask(QUESTION, hold(held));
  await waiting;
  await expect.poll(() => b.desk.list({ state: "pending" }).length).toBe(1);
  const [request] = b.desk.list({ state: "pending" });
  expect(request).toMatchObject({ tool: QUESTION.tool, argsText: QUESTION.argsText });
  expect(await b.desk.approve(request?.id ?? "", "operator")).toMatchObject({ kind: "done" });
  expect(await outcome).toMatchObject({ kind: "approved", note: { id: request?.id, decided: { by: "operator" } } });
  await isAt(b, request?.id ?? "", "used");
  expect(await idOf(b)).not.toBe(request?.id);
  // the gate that was asked has told whoever is told, once
  expect([a.links.length, b.links.length]).toEqual([1, 1]);
});

test("an approval is used once, however many calls come to both gates at once", async () => {
  const { a, b } = await twoGates();
  const id = await idOf(a);
  await isAt(b, id, "pending");
  await b.desk.approve(id, "operator");
  await isAt(a, id, "approved");
  const calls = Array.from({ length: 20 }, (_, index) => (index % 2 ? a : b).desk.ask(QUESTION, undefined));
  const through = (await Promise.all(calls)).filter(({ kind }) => kind === "approved");
  expect(through).toHaveLength(1);
});

test("the same call at two gates at once is one request", async () => {
  const { a, b } = await twoGates();
  const ids = await Promise.all(Array.from({ length: 10 }, (_, index) => idOf(index % 2 ? a : b)));
  expect(new Set(ids).size).toBe(1);
  await expect.poll(() => b.desk.list().length).toBe(1);
});

test("of two people who decide at two gates at once the first counts, and the other is told", async () => {
  const { a, b } = await twoGates();
  const id = await idOf(a);
  await isAt(b, id, "pending");
  const outcomes = await Promise.all([a.desk.approve(id, "operator"), b.desk.deny(id, "operator", "no")]);
  expect(outcomes.map(({ kind }) => kind).sort()).toEqual(["done", "refused"]);
  const [approved] = outcomes;
  for (const gate of [a, b]) await isAt(gate, id, approved?.kind === "done" ? "approved" : "denied");
});

test("what did not go out at one gate may at the other; what ended is over at both", async () => {
  const { a, b } = await twoGates();
  const id = await idOf(a);
  await a.desk.approve(id, "operator");
  const through: Approval = await a.desk.ask(QUESTION, undefined);
  if (through.kind !== "approved") throw new Error(through.kind);
  await isAt(b, id, "used");
  a.desk.release(through.note);
  await isAt(b, id, "approved");
  expect((await b.desk.ask(QUESTION, undefined)).kind).toBe("approved");

  const other = await idOf(a, { session: "session-2" });
  await isAt(b, other, "pending");
  b.desk.sessionEnded("session-2");
  await isAt(a, other, "voided");
  expect(await a.desk.approve(other, "operator")).toMatchObject({ kind: "refused" });
});

test("a grant counts at both gates, until it ends at either", async () => {
  const { a, b } = await twoGates();
  const id = await idOf(a);
  await isAt(b, id, "pending");
  await b.desk.approve(id, "operator", 5);
  await isAt(a, id, "approved");
  const others = { ...QUESTION, argsText: '{"path":"/other"}' };
  expect(await a.desk.ask(others, undefined)).toMatchObject({ kind: "approved", note: { byGrant: true } });
  b.desk.sessionEnded(QUESTION.session);
  await isAt(a, id, "voided");
  expect((await a.desk.ask(others, undefined)).kind).toBe("refused");
});

test("a gate that starts knows what was asked before; a link leads to it once, at whichever gate", async () => {
  const { a } = await twoGates();
  const id = await idOf(a);
  const late = await gateAt(a.prefix);
  expect(late.desk.find(id)).toMatchObject({ state: "pending", argsText: QUESTION.argsText });
  const [link = ""] = a.links;
  const followed = await Promise.all([a.desk.followLink(id, link), late.desk.followLink(id, link)]);
  expect(followed.map(({ kind }) => kind).sort()).toEqual(["done", "refused"]);
});

test("while the store is out of reach nobody asks and nobody decides; then it goes on where it was", async () => {
  const own = await startRedis();
  onTestFinished(own.remove);
  const a = await gateAt(undefined, own);
  const b = await gateAt(a.prefix, own);
  const id = await idOf(a);
  const approved = await idOf(a, { session: "session-3" });
  await a.desk.approve(approved, "operator");
  await own.kill();
  await expect(Promise.resolve(a.desk.approve(id, "operator"))).rejects.toThrow("the store");
  expect(a.desk.find(id)?.state).toBe("pending");
  await expect(a.desk.ask({ ...QUESTION, argsText: "{}" }, undefined)).rejects.toThrow("the store");
  await expect(a.desk.ask({ ...QUESTION, session: "session-3" }, undefined)).rejects.toThrow("the store");
  await own.start();
  await expect
    .poll(async () => (await Promise.resolve(b.desk.deny(id, "operator", "no")).catch(() => undefined))?.kind, {
      timeout: 10_000,
    })
    .toBe("done");
  await isAt(a, id, "denied");
  await expect
    .poll(async () => (await b.desk.ask({ ...QUESTION, session: "session-3" }, undefined).catch(() => undefined))?.kind)
    .toBe("approved");
});
