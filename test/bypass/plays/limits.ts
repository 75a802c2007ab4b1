// The ways around limits and approvals. What is counted is what the server has done, not what the gate says.
import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { approvalIn } from "../../e2e/harness-approvals.ts";
import { OPERATOR_KEY } from "../../e2e/harness-gate.ts";
import { isToolError, type Message, post, textOf } from "../../e2e/harness-wire.ts";
import { modernHeaders } from "../bytes.ts";
import type { Caller } from "../callers.ts";
import type { Stage } from "../stage.ts";

const DAY_MS = 86_400_000;
const HOURS_MS = 20 * 3_600_000;
/** No gate of the corpus admits so many sessions at once. */
const MANY = 20;

export async function newSessions(stage: Stage): Promise<void> {
  const mark = stage.effects.all().length;
  // a relay takes a process of its own
  const most = stage.column === "client" ? 3 : MANY;
  let opened = 0;
  try {
    for (; opened < most; opened += 1) await (await stage.open("opener")).call("once");
  } catch (error) {
    expect(String(error)).toMatch(/429.*Too many new sessions/);
  }
  expect(opened).toBeGreaterThan(1);
  expect(opened).toBeLessThan(MANY);
  expect(done(stage, mark, "once")).toBe(1);
}

export async function inventedRelays(stage: Stage): Promise<void> {
  const mark = stage.effects.all().length;
  const statuses: number[] = [];
  for (let tries = 0; tries < MANY; tries += 1) {
    const id = `invented-${tries}`;
    const params = { name: "once", arguments: {}, ...(stage.era === "modern" && { _meta: CLAIMS }) };
    const body = JSON.stringify({ jsonrpc: "2.0", id, method: "tools/call", params });
    const era = stage.era === "modern" ? modernHeaders("tools/call", "once") : {};
    const answer = await post(stage.url, body, { ...stage.bearer("inventor"), ...era, "regate-stdio": randomUUID() });
    statuses.push(answer.status);
  }
  expect(statuses.filter((status) => status !== 429).length).toBeLessThan(MANY);
  expect(statuses.at(-1)).toBe(429);
  expect(done(stage, mark, "once")).toBeLessThanOrEqual(1);
}

const CLAIMS = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": { name: "corpus", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": {},
};

export async function limitByCasing(stage: Stage, main: Caller): Promise<void> {
  const mark = stage.effects.all().length;
  await useUp(stage, main, "limited", 3);
  for (const name of [
    "Limited",
    "LIMITED",
    "limited ",
    "lim\u200bited",
    "lim-ited",
    "ｌｉｍｉｔｅｄ",
    "bypass__limited",
  ]) {
    expect(isRefused(await main.call(name))).toBe(true);
  }
  expect(isRefused(await main.call("limited", { other: 1 }))).toBe(true);
  expect(isRefused(await main.call("limited", {}, { task: { ttl: 1_000 } }))).toBe(true);
  expect(stage.effects.all().slice(mark)).toHaveLength(3);
}

export async function limitByClock(stage: Stage, main: Caller): Promise<void> {
  const mark = stage.effects.all().length;
  await useUp(stage, main, "once", 1);
  try {
    for (const ms of [-DAY_MS, HOURS_MS, 0]) {
      await stage.shiftClock(ms);
      expect(textOf(await main.call("once"))).toMatch(/^Rate limit/);
    }
  } finally {
    await stage.shiftClock(0);
  }
  expect(done(stage, mark, "once")).toBe(1);
}

export async function limitByCancelling(stage: Stage, main: Caller): Promise<void> {
  const mark = stage.effects.all().length;
  for (let call = 0; call < 3; call += 1) await main.callAndCancel("slow", { ms: 200 }, stage.effects);
  for (let call = 0; call < 2; call += 1) expect(textOf(await main.call("slow"))).toMatch(/^Rate limit/);
  expect(done(stage, mark, "slow")).toBe(3);
}

export async function limitByFailing(stage: Stage, main: Caller): Promise<void> {
  const mark = stage.effects.all().length;
  for (let call = 0; call < 5; call += 1) expect(isToolError(await main.call("failing"))).toBe(true);
  expect(done(stage, mark, "failing")).toBe(3);
}

export async function limitByCost(stage: Stage, main: Caller): Promise<void> {
  const mark = stage.effects.all().length;
  const worthless = [-100, -0.5, -1e-9, "-100", "1", null, [1], true];
  for (const units of worthless) expect(isRefused(await main.call("spend", { units }))).toBe(true);
  expect(isRefused(await main.call("spend"))).toBe(true);
  expect(isRefused(await main.call("spend", { units: 6 }))).toBe(false);
  for (const units of worthless) expect(isRefused(await main.call("spend", { units }))).toBe(true);
  expect(isRefused(await main.call("spend", { units: 3.5 }))).toBe(false);
  for (const units of [1, 0.75, 9]) expect(isRefused(await main.call("spend", { units }))).toBe(true);
  expect(stage.effects.all().slice(mark)).toMatchObject([{ did: "spend 6" }, { did: "spend 3.5" }]);
}

export async function replayedQuestion(stage: Stage, main: Caller): Promise<void> {
  const mark = stage.effects.all().length;
  const asked = await main.call("confirm", { a: 1 });
  const { requestState } = asked.result ?? {};
  expect(requestState).toEqual(expect.any(String));
  const retry = { requestState, inputResponses: { sure: { action: "accept", content: {} } } };
  expect(isRefused(await main.call("confirm", { a: 2 }, retry))).toBe(true);
  expect(isRefused(await main.call("confirm", { a: 1 }, { ...retry, requestState: "another" }))).toBe(true);
  expect(isRefused(await main.call("confirm", { a: 1 }, retry))).toBe(false);
  expect(isRefused(await main.call("confirm", { a: 1 }, retry))).toBe(true);
  expect(stage.effects.all().slice(mark)).toMatchObject([{ did: 'confirm {"a":1}' }]);
}

export async function replayedApproval(stage: Stage, main: Caller): Promise<void> {
  const mark = stage.effects.all().length;
  const other = await stage.open("other");
  const { id } = approvalIn(await main.call("transfer", { to: "ann" }));
  const url = `${stage.gate.base}/v1/approvals/${id}/approve`;
  expect((await post(url, "{}", { authorization: `Bearer ${OPERATOR_KEY}` })).status).toBe(200);
  expect(isRefused(await main.call("transfer", { to: "bob" }))).toBe(true);
  expect(isRefused(await main.call("transfer", { to: "ann", amount: 1 }))).toBe(true);
  expect(isRefused(await other.call("transfer", { to: "ann" }))).toBe(true);
  expect(isRefused(await main.call("transfer", { to: "ann" }))).toBe(false);
  expect(isRefused(await main.call("transfer", { to: "ann" }))).toBe(true);
  expect(stage.effects.all().slice(mark)).toMatchObject([{ did: 'transfer {"to":"ann"}' }]);
}

async function useUp(stage: Stage, caller: Caller, tool: string, max: number): Promise<void> {
  const mark = stage.effects.all().length;
  for (let call = 0; call < max; call += 1) expect(isRefused(await caller.call(tool))).toBe(false);
  expect(textOf(await caller.call(tool))).toMatch(/^Rate limit/);
  expect(done(stage, mark, tool)).toBe(max);
}

function done(stage: Stage, mark: number, what: string): number {
  return stage.effects
    .all()
    .slice(mark)
    .filter(({ did }) => did === what).length;
}

function isRefused(message: Message): boolean {
  return message.error !== undefined || isToolError(message);
}
