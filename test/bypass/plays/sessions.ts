// The ways that need an HTTP session: each tries an allowed call in a session that is not the caller's, and nothing may
// come of it. A session of one's own works, or the play shows nothing.
import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { callBody, LEGACY_VERSION, openSession, post, type Session, send } from "../../e2e/harness-wire.ts";
import { type PrincipalName, type Stage, speakRaw } from "../stage.ts";

type Headers = Readonly<Record<string, string>>;

export async function stolenSession(stage: Stage): Promise<void> {
  const victim = await openOwn(stage, "other");
  await expectUnknown(stage, stage.url, victim.headers, stage.bearer("thief"));
}

export async function foreignSession(stage: Stage): Promise<void> {
  const own = await openOwn(stage, "other");
  await expectUnknown(stage, stage.otherUrl, own.headers, stage.bearer("other"));
}

export async function endedSession(stage: Stage): Promise<void> {
  const own = await openOwn(stage, "thief");
  await end(stage, own);
  await expectUnknown(stage, stage.url, own.headers, {});
}

export async function respeltSession(stage: Stage): Promise<void> {
  const own = await openOwn(stage, "thief");
  const id = own.id ?? "";
  await end(stage, own);
  const spare = alphabet(id.at(-1) ?? "").map((last) => id.slice(0, -1) + last);
  const others = [
    `${id}=`,
    `${id}==`,
    id.replaceAll("-", "+").replaceAll("_", "/"),
    id.toUpperCase(),
    `${id}.`,
    `"${id}"`,
  ];
  for (const other of [...spare, ...others]) {
    await expectUnknown(stage, stage.url, { ...own.headers, "mcp-session-id": other }, {});
  }
}

export async function forgedSession(stage: Stage): Promise<void> {
  const own = await openOwn(stage, "thief");
  const id = own.id ?? "";
  const changed = Array.from({ length: Math.ceil(id.length / 3) }, (_, third) => changedAt(id, 3 * third));
  for (const forged of [randomUUID(), "1", id.slice(0, -1), id + id, ...changed]) {
    await expectUnknown(stage, stage.url, { ...own.headers, "mcp-session-id": forged }, {});
  }
  await end(stage, own);
}

export async function chosenSession(stage: Stage): Promise<void> {
  const chosen = { ...stage.bearer("thief"), "mcp-session-id": randomUUID(), "mcp-protocol-version": LEGACY_VERSION };
  const params = { protocolVersion: LEGACY_VERSION, capabilities: {}, clientInfo: { name: "n", version: "1" } };
  const body = JSON.stringify({ jsonrpc: "2.0", id: "chosen", method: "initialize", params });
  expect((await post(stage.url, body, chosen)).headers["mcp-session-id"]).not.toBe(chosen["mcp-session-id"]);
  await expectUnknown(stage, stage.url, chosen, {});
}

export async function twoSessions(stage: Stage): Promise<void> {
  const victim = await openOwn(stage, "other");
  const own = await openOwn(stage, "thief");
  const { host, pathname } = new URL(stage.url);
  for (const [first, second] of [
    [own.id, victim.id],
    [victim.id, own.id],
  ]) {
    const mark = stage.effects.all().length;
    const body = callBody("two-sessions", "echo");
    const head = [
      `POST ${pathname} HTTP/1.1`,
      `host: ${host}`,
      `authorization: ${stage.bearer("thief").authorization}`,
      "content-type: application/json",
      "accept: application/json, text/event-stream",
      `mcp-session-id: ${first}`,
      `mcp-session-id: ${second}`,
      `content-length: ${body.length}`,
    ];
    const answer = await speakRaw(stage.url, Buffer.from(`${head.join("\r\n")}\r\n\r\n${body}`));
    expect(answer).toMatch(/^HTTP\/1\.1 4/);
    expect(stage.effects.all().slice(mark)).toEqual([]);
  }
  await end(stage, own);
}

/** With what shows that the session is a good one. */
async function openOwn(stage: Stage, principal: PrincipalName): Promise<Session> {
  const session = await openSession(stage.url, stage.bearer(principal));
  const mark = stage.effects.all().length;
  await session.call("echo");
  expect(stage.effects.all().slice(mark)).toMatchObject([{ did: "echo" }]);
  return session;
}

async function end(stage: Stage, session: Session): Promise<void> {
  expect((await send(stage.url, "DELETE", session.headers)).status).toBeLessThan(300);
}

async function expectUnknown(stage: Stage, url: string, headers: Headers, more: Headers): Promise<void> {
  const [mark, otherMark] = [stage.effects.all().length, stage.otherEffects.all().length];
  const answer = await post(url, callBody("not-mine", "echo"), { ...headers, ...more });
  expect(answer.status).toBe(404);
  expect([...stage.effects.all().slice(mark), ...stage.otherEffects.all().slice(otherMark)]).toEqual([]);
}

/** All other last characters. */
function alphabet(but: string): string[] {
  return [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"].filter((char) => char !== but);
}

function changedAt(id: string, at: number): string {
  return id.slice(0, at) + (id[at] === "A" ? "B" : "A") + id.slice(at + 1);
}
