// Row 8 of the checklist: session ids that the gate issues, ends, and takes back only as they were issued.
import { beforeAll, describe, expect, test } from "vitest";
import { startGate } from "./harness-gate.ts";
import { type RecorderGate, startRecorderGate, TRANSPORTS } from "./harness-recorders.ts";
import { callBody, messagesOf, openSession, openStream, post, send } from "./harness-wire.ts";

describe.each(TRANSPORTS)("before a server over %s, the gate", (transport) => {
  let setup: RecorderGate;
  let url: string;

  beforeAll(async () => {
    setup = await startRecorderGate();
    url = setup.gate.url(transport);
  });

  test("answers a notification with 202 and an empty body", async () => {
    const session = await openSession(url);
    const body = '{"jsonrpc":"2.0","method":"notifications/roots/list_changed","params":{"x-kept":1}}';
    expect(await session.post(body)).toMatchObject({ status: 202, text: "" });
    // A 202 does not wait for a stdio server to read; an answer to what was sent after it does.
    await session.ask("ping");
    expect(setup.recorded[transport].bodies()).toContain(body);
  });

  test("answers 404 to a session that was ended", async () => {
    const session = await openSession(url);
    const ended = await send(url, "DELETE", session.headers);
    expect(ended.status).toBeLessThan(300);
    const before = setup.recorded[transport].calls();
    expect((await session.post(callBody(1, "echo"))).status).toBe(404);
    const stream = await session.openStream();
    expect(stream.status).toBe(404);
    stream.leave();
    expect((await send(url, "DELETE", session.headers)).status).toBe(404);
    expect(setup.recorded[transport].calls()).toBe(before);
  });

  test("takes no id that differs from the issued one in any way", async () => {
    const session = await openSession(url);
    const id = session.id ?? "";
    expect(id).toMatch(/^[\x21-\x7e]{32,}$/);
    // The last digit of base64 can hold unused bits: a neighbour of it may decode to the same bytes.
    const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const last = digits.indexOf(id.slice(-1));
    const neighbours = [...digits]
      .filter((_, at) => at !== last && (at ^ last) < 4)
      .map((digit) => id.slice(0, -1) + digit);
    const flipped = `${id.slice(0, 20)}${id[20] === "A" ? "B" : "A"}${id.slice(21)}`;
    for (const forged of [flipped, `${id}=`, `${id}A`, id.slice(1), id.toUpperCase(), "made-up", ...neighbours]) {
      const answer = await session.post(callBody(1, "echo"), { "mcp-session-id": forged });
      expect(answer.status, forged).toBe(404);
    }
    expect((await session.post(callBody(1, "echo"))).status).toBe(200);
  });

  test("takes no id of another server's session", async () => {
    const other = await openSession(setup.gate.url(transport === "http" ? "stdio" : "http"));
    const before = setup.recorded[transport].calls();
    expect((await post(url, callBody(1, "echo"), { ...other.headers })).status).toBe(404);
    expect(setup.recorded[transport].calls()).toBe(before);
  });

  test("keeps a session over a restart of the gate, and an ended one ended", { timeout: 60_000 }, async () => {
    const own = await startRecorderGate();
    const [kept, ended] = [await openSession(own.gate.url("http")), await openSession(own.gate.url("http"))];
    await send(own.gate.url("http"), "DELETE", ended.headers);
    await own.gate.process.stop();
    const gate = await startGate({ servers: { http: { url: own.direct, catalogue: "recorder" } }, dir: own.gate.dir });
    expect((await post(gate.url("http"), callBody(1, "echo"), { ...kept.headers })).status).toBe(200);
    expect((await post(gate.url("http"), callBody(1, "echo"), { ...ended.headers })).status).toBe(404);
  });
});

describe("before a server over http, the gate", () => {
  test("never shows the server's own session id, and never sends its own upstream", async () => {
    const { gate, recorded, direct } = await startRecorderGate();
    const session = await openSession(gate.url("http"));
    await session.call("echo");
    const upstreamIds = recorded.http
      .entries()
      .flatMap((entry) => (entry.kind === "request" ? [String(entry.headers["mcp-session-id"] ?? "")] : []))
      .filter((id) => id !== "");
    const [upstreamId = ""] = upstreamIds;
    expect(new Set(upstreamIds).size).toBe(1);
    expect(upstreamId).not.toBe(session.id);
    const [answer] = await messagesOf(await post(direct, callBody(1, "echo"), { "mcp-session-id": upstreamId }));
    expect(answer?.result).toBeDefined();
    expect((await session.post(callBody(1, "echo"), { "mcp-session-id": upstreamId })).status).toBe(404);
  });

  test("hands a session that the server forgot back as 404", async () => {
    const { gate, direct, recorded } = await startRecorderGate();
    const session = await openSession(gate.url("http"));
    await session.call("echo");
    const request = recorded.http.entries().findLast((entry) => entry.kind === "request");
    await send(direct, "DELETE", { "mcp-session-id": String(request?.headers["mcp-session-id"]) });
    expect((await session.post(callBody(1, "echo"))).status).toBe(404);
    const stream = await openStream(gate.url("http"), session.headers);
    expect(stream.status).toBe(404);
    stream.leave();
  });
});

describe("before a server over stdio, the gate", () => {
  test("starts one child for each session, and ends it with the session", async () => {
    const { gate, recorded } = await startRecorderGate();
    const [first, second] = [await openSession(gate.url("stdio")), await openSession(gate.url("stdio"))];
    const started = recorded.stdio.entries().flatMap((entry) => (entry.kind === "start" ? [entry.pid] : []));
    expect(started).toHaveLength(2);
    await send(gate.url("stdio"), "DELETE", first.headers);
    await recorded.stdio.until("end", ({ pid }) => pid === started[0]);
    expect((await second.call("echo")).result).toBeDefined();
    await gate.process.stop();
    await recorded.stdio.until("end", ({ pid }) => pid === started[1]);
  });
});
