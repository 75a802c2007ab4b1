// Several gates on one real redis-server: what they let through together stays within each limit, counted by the server behind
// them, whatever becomes of the store meanwhile.
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, expect, test } from "vitest";
import { boundAfter, type Fleet, load, METERED, startFleet } from "./harness-fleet.ts";
import { type Gate, OPERATOR_KEY, operate } from "./harness-gate.ts";
import { waitFor } from "./harness-process.ts";
import { callBody, isToolError, messagesOf, openSession, post, send, textOf } from "./harness-wire.ts";

let fleet: Fleet;
/** On the same store; they go on without it, each with its share. */
let locals: readonly Gate[];
const SHARE = 0.25;
beforeAll(async () => {
  fleet = await startFleet(4);
  const store = { failure: "local", localShare: SHARE };
  locals = await Promise.all([fleet.add(store), fleet.add(store)]);
});

async function isReady(base: string): Promise<boolean> {
  return (await send(`${base}/readyz`, "GET")).status === 200;
}

/** Polls: what is waited for comes by itself. */
async function until(what: string, probe: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 400; tries += 1) {
    if (await probe()) return;
    await sleep(25);
  }
  throw new Error(`waited in vain until ${what}`);
}

test.each([2, 4])("%i gates under load over one session let no more through than one bucket holds", async (count) => {
  const gates = fleet.gates.slice(0, count);
  const session = await openSession(fleet.gates[0]?.url("recorder") ?? "");
  const before = fleet.recorder.calls("echo");
  const startedMs = Date.now();
  const ledger = await load(gates, session.headers, () => Date.now() - startedMs > 1_500);
  const admitted = fleet.recorder.calls("echo") - before;
  expect(ledger.other).toEqual([]);
  expect(ledger).toMatchObject({ allowed: admitted, failed: 0 });
  expect(admitted).toBeLessThanOrEqual(boundAfter(Date.now() - startedMs));
  expect(admitted).toBeGreaterThanOrEqual(METERED.max);
  expect(ledger.limited).toBeGreaterThan(0);
});

test("a session that ends at one gate is over at the others", async () => {
  const [first, second] = fleet.gates;
  if (first === undefined || second === undefined) throw new Error("no gates");
  const session = await openSession(first.url("recorder"));
  const ask = () =>
    send(second.url("recorder"), "POST", session.headers, JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" }));
  expect((await ask()).status).toBe(200);
  expect((await send(first.url("recorder"), "DELETE", session.headers)).status).toBeLessThan(300);
  await until("the other gate has heard of it", async () => (await ask()).status === 404);
});

test("a store that is killed under load refuses calls, gives no token twice, and is in use again by itself", async () => {
  const session = await openSession(fleet.gates[0]?.url("recorder") ?? "");
  const locally = await openSession(locals[0]?.url("recorder") ?? "");
  const before = fleet.recorder.calls("echo");
  const startedMs = Date.now();
  let over = false;
  const loading = load(fleet.gates, session.headers, () => over);
  await waitFor("the bucket to be in use", () => fleet.recorder.calls("echo") - before >= 10);
  await fleet.redis.kill();
  await until(
    "no gate is ready",
    async () => !(await Promise.all(fleet.gates.map(({ base }) => isReady(base)))).includes(true),
  );
  const [gate] = fleet.gates;
  if (gate === undefined) throw new Error("no gate");
  expect((await operate(gate, "status")).stdout).toMatch(
    /store +redis:\S+, OUT OF REACH: calls with limits are refused/,
  );
  // what needs no bucket goes on
  expect(await session.call("echo")).not.toHaveProperty("result.isError", true);

  // nothing else is let through meanwhile
  const beforeLocal = fleet.recorder.calls("echo");
  const localMs = Date.now();
  const least = locals.length * SHARE * METERED.max;
  const isOver = (): boolean => Date.now() - localMs > 1_000 && fleet.recorder.calls("echo") - beforeLocal >= least;
  const counted = await load(locals, locally.headers, isOver);
  const byLocals = fleet.recorder.calls("echo") - beforeLocal;
  expect(counted).toMatchObject({ allowed: byLocals, failed: 0, other: [] });
  expect(byLocals).toBeLessThanOrEqual(locals.length * SHARE * boundAfter(Date.now() - localMs));
  expect(byLocals).toBeGreaterThanOrEqual(least);
  for (const { base } of locals)
    expect((await send(`${base}/readyz`, "GET")).text).toMatch(/"status":"ready","degraded":"/);

  await fleet.redis.start();
  await until(
    "all gates are ready",
    async () => !(await Promise.all(fleet.gates.map(({ base }) => isReady(base)))).includes(false),
  );
  const readyMs = Date.now();
  // the one call without a limit was the server's too
  const admitted = (): number => fleet.recorder.calls("echo") - before - byLocals - 1;
  await until("more is let through", async () => admitted() > METERED.max && Date.now() - readyMs > 1_000);
  over = true;
  const ledger = await loading;
  expect(ledger.other).toEqual([]);
  expect(ledger.failed).toBeGreaterThan(0);
  expect(admitted()).toBeLessThanOrEqual(boundAfter(Date.now() - startedMs));
  expect(ledger.allowed).toBe(admitted());
});

test("a store that stands still holds no call longer than its deadline allows, and no gate is the worse for it", async () => {
  const [gate] = fleet.gates;
  if (gate === undefined) throw new Error("no gate");
  const session = await openSession(gate.url("recorder"));
  await fleet.redis.ask("CLIENT PAUSE 2500 ALL");
  const ledger = await load([gate], session.headers, () => true);
  expect(ledger).toEqual({ allowed: 0, limited: 0, failed: 0, other: [] });
  const refused = await load([gate], session.headers, once(), 1);
  expect(refused).toEqual({ allowed: 0, limited: 0, failed: 1, other: [] });
  expect(await isReady(gate.base)).toBe(false);
  await until("it is ready again", () => isReady(gate.base));
  expect(await load([gate], session.headers, once(), 1)).toMatchObject({ allowed: 1 });
});

/** False once. */
function once(): () => boolean {
  let asked = false;
  return () => {
    const before = asked;
    asked = true;
    return before;
  };
}

test("a call that is asked about at one gate is approved at another, and goes out once at a third", async () => {
  const [first, second, third] = fleet.gates;
  if (first === undefined || second === undefined || third === undefined) throw new Error("no gates");
  for (const { base } of [first, second, third]) await until("they have the store again", () => isReady(base));
  const session = await openSession(first.url("recorder"));
  const write = async (gate: Gate): Promise<string> =>
    textOf(
      (
        await messagesOf(await post(gate.url("recorder"), callBody("w", "write_file", { path: "/x" }), session.headers))
      )[0],
    );
  const [, id = ""] = /Approval pending, ([0-9a-f-]{36})/.exec(await write(first)) ?? [];
  const operator = { authorization: `Bearer ${OPERATOR_KEY}` };
  const approve = () => send(`${second.base}/v1/approvals/${id}/approve`, "POST", operator);
  await until("the other gate has heard of it", async () => (await approve()).status === 200);
  const before = fleet.recorder.calls("write_file");
  await until("the third has heard of the approval", async () => !(await write(third)).includes("Approval pending"));
  expect(fleet.recorder.calls("write_file")).toBe(before + 1);
  expect(await write(first)).toContain("Approval pending");
  expect(fleet.recorder.calls("write_file")).toBe(before + 1);
});

test("a gate that is told to stop is not ready first, finishes what is in flight, and its session goes on at another", async () => {
  const [first] = fleet.gates;
  const last = fleet.gates[3];
  if (first === undefined || last === undefined) throw new Error("no gates");
  await until("it has the store again", () => isReady(last.base));
  const session = await openSession(last.url("recorder"));
  const stream = await session.openStream();
  expect(stream.status).toBe(200);
  const slow = session.post(callBody("waits", "slow", { steps: 1 }));
  await fleet.recorder.until("call", ({ tool }) => tool === "slow");
  const stopped = last.process.stop("SIGTERM");
  await until("it is not ready", async () => !(await isReady(last.base)));
  // it goes on while balancers learn that
  expect(isToolError(await session.call("echo"))).toBe(false);
  const elsewhere = { ...session.headers };
  const released = await messagesOf(await post(first.url("recorder"), callBody("r", "release"), elsewhere));
  expect(isToolError(released[0])).toBe(false);
  const finished = (await messagesOf(await slow)).find(({ id }) => id === "waits");
  expect(finished).toMatchObject({ id: "waits", result: {} });
  let event = await stream.next();
  while (event !== undefined && event.retry !== "1000") event = await stream.next();
  expect(event).toBeDefined();
  expect(await stream.next()).toBeUndefined();
  expect(await stopped).toEqual({ code: 0, signal: null });
  const [pong] = await messagesOf(
    await post(first.url("recorder"), JSON.stringify({ jsonrpc: "2.0", id: "p", method: "ping" }), elsewhere),
  );
  expect(pong).toMatchObject({ id: "p", result: {} });
});
