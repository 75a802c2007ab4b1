// The edge of the gate: who may come in at all, before any message is read.
import { createHash } from "node:crypto";
import { connect } from "node:net";
import { beforeAll, describe, expect, test } from "vitest";
import { type Recording, startRecorder } from "./harness-fixtures.ts";
import { type Gate, OPERATOR_KEY, startGate } from "./harness-gate.ts";
import { callBody, isToolError, messagesOf, openSession, openStream, post, send } from "./harness-wire.ts";

const KEYS = { one: `rgk_${"1".repeat(43)}`, two: `rgk_${"2".repeat(43)}` };
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

describe("an unauthenticated gate", () => {
  let gate: Gate;
  let recorded: Recording;
  let url: string;

  beforeAll(async () => {
    const recorder = await startRecorder("--sessions");
    recorded = recorder;
    gate = await startGate({ servers: { recorder: { url: recorder.url } } });
    url = gate.url("recorder");
  });

  test.each([
    ["another Host", { host: "evil.example.com" }],
    ["another Origin", { origin: "http://evil.example.com" }],
    ["the Origin null", { origin: "null" }],
    ["an Origin on the same host and another port", { origin: "http://127.0.0.1:1" }],
  ])("answers 403 to %s", async (_title, headers) => {
    const before = recorded.bodies().length;
    expect((await post(url, callBody(1, "echo"), headers)).status).toBe(403);
    expect((await send(url, "DELETE", headers)).status).toBe(403);
    const stream = await openStream(url, headers);
    expect(stream.status).toBe(403);
    stream.leave();
    expect(recorded.bodies()).toHaveLength(before);
  });

  test.each(["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip"])(
    "refuses what came through a proxy: %s",
    async (name) => {
      const before = recorded.bodies().length;
      const answer = await post(url, callBody(1, "echo"), { [name]: "for=192.0.2.1" });
      expect([400, 403]).toContain(answer.status);
      expect(recorded.bodies()).toHaveLength(before);
    },
  );

  test("answers 404 to a server it does not have, and to a path it does not know", async () => {
    for (const path of ["/mcp/other", "/mcp/", "/mcp/recorder/more", "/mcp/%72ecorder/..", "/etc/passwd", "/"]) {
      expect((await post(`${gate.base}${path}`, callBody(1, "echo"))).status, path).toBe(404);
    }
  });

  test("answers 405 to a method that MCP has no use for", async () => {
    expect((await send(url, "PUT", {}, callBody(1, "echo"))).status).toBe(405);
  });

  test("says that it is alive and ready to anyone, and reloads for the operator only", async () => {
    expect((await send(`${gate.base}/healthz`, "GET")).status).toBe(200);
    expect((await send(`${gate.base}/readyz`, "GET")).status).toBe(200);
    expect((await send(`${gate.base}/v1/reload`, "POST")).status).toBe(401);
    expect((await send(`${gate.base}/v1/reload`, "POST", bearer("wrong"))).status).toBe(401);
    expect((await send(`${gate.base}/v1/reload`, "POST", bearer(OPERATOR_KEY))).status).toBe(200);
  });

  test("reads one request where content-length and chunks disagree, or none", async () => {
    const before = recorded.calls();
    const smuggled = `POST /mcp/recorder HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n\r\n${callBody(2, "echo")}`;
    const head = "POST /mcp/recorder HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n";
    const answer = await speakRaw(
      gate.base,
      `${head}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400/);
    expect(recorded.calls()).toBe(before);
  });
});

describe("a gate with keys", () => {
  let gate: Gate;
  let url: string;

  beforeAll(async () => {
    const recorder = await startRecorder("--sessions");
    const keys = Object.entries(KEYS).map(([name, key]) => ({
      name,
      sha256: createHash("sha256").update(key).digest("hex"),
    }));
    gate = await startGate({ servers: { recorder: { url: recorder.url } }, config: { keys } });
    url = gate.url("recorder");
  });

  test.each([
    ["no key", {}],
    ["a wrong key", bearer(`rgk_${"3".repeat(43)}`)],
    ["another scheme", { authorization: `Basic ${KEYS.one}` }],
    ["the operator's key", bearer(OPERATOR_KEY)],
  ])("answers 401 to %s, and says how to ask", async (_title, headers) => {
    const answer = await post(url, callBody(1, "echo"), headers);
    expect(answer.status).toBe(401);
    expect(answer.headers["www-authenticate"]).toMatch(/^Bearer/);
  });

  test("lets a key in, and keeps its session from another key", async () => {
    const session = await openSession(url, bearer(KEYS.one));
    expect((await session.call("echo")).result).toBeDefined();
    expect((await session.post(callBody(1, "echo"), bearer(KEYS.two))).status).toBe(404);
    expect((await session.post(callBody(1, "echo"), { authorization: "" })).status).toBe(401);
  });

  test("is no operator for an agent's key", async () => {
    expect((await send(`${gate.base}/v1/reload`, "POST", bearer(KEYS.one))).status).toBe(401);
  });
});

describe("a gate that caps new sessions", () => {
  test("refuses the session that is one too many, and goes on serving the others", async () => {
    const recorder = await startRecorder("--sessions");
    // Half of them at once, the rest over the window.
    const limits = { newSessions: { max: 5, window: 600 } };
    const gate = await startGate({ servers: { recorder: { url: recorder.url } }, config: { limits } });
    const [first] = [
      await openSession(gate.url("recorder")),
      await openSession(gate.url("recorder")),
      await openSession(gate.url("recorder")),
    ];
    await expect(openSession(gate.url("recorder"))).rejects.toThrow(/answered 429.*Too many new sessions/);
    expect(isToolError(await first.call("echo"))).toBe(false);
    expect(await messagesOf(await first.post(callBody(9, "echo")))).toMatchObject([{ id: 9 }]);
  });
});

/** Writes bytes to the gate's port and returns what it says until it hangs up. */
async function speakRaw(base: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(base);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.end(bytes);
  return (await socket.setEncoding("utf8").toArray()).join("");
}
