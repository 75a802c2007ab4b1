// Processes of a stdio server: one for each session, never more than allowed, none left behind, and nobody left waiting.
import { tmpdir } from "node:os";
import { describe, expect, test } from "vitest";
import type { StdioUpstreamOptions } from "../../src/mcp/upstream-stdio.ts";
import { answerOf, isAlive, makeRecorder, messagesOf, RawClient, startHarness, until } from "./stdio-harness.ts";

async function start(options: Partial<StdioUpstreamOptions> = {}, ...flags: string[]) {
  const recorder = await makeRecorder(...flags);
  const harness = await startHarness({ args: recorder.args, ...options });
  const pids = () => [...new Set(recorder.lines().map(({ pid }) => pid))];
  const connect = async (principal = "p1") => {
    const client = new RawClient(harness.url, { "x-principal": principal });
    const response = await client.initialize();
    return { client, response };
  };
  return { recorder, harness, pids, connect };
}

describe("sessions", () => {
  test("each have a process of their own", async () => {
    const { connect, pids } = await start();
    const [one, two] = [await connect(), await connect()];
    expect(one.client.sessionId).not.toBe(two.client.sessionId);
    await answerOf(await one.client.call(1, "echo"));
    await answerOf(await two.client.call(1, "echo"));
    expect(pids()).toHaveLength(2);
  });

  test("of another principal are not found", async () => {
    const { connect, harness, recorder } = await start();
    const { client } = await connect("alice");
    const mallory = new RawClient(harness.url, { "x-principal": "mallory" });
    mallory.sessionId = client.sessionId;
    expect((await mallory.call(1, "echo")).status).toBe(404);
    expect((await mallory.send("GET", undefined)).status).toBe(404);
    expect((await mallory.send("DELETE", undefined)).status).toBe(404);
    expect(await answerOf(await client.call(1, "echo", { mine: 1 }))).toBe('{"mine":1}');
    expect(recorder.lines()).toHaveLength(2);
    expect(harness.nothingWritten).toEqual([1]);
  });

  test("are needed for all but initialize, and initialized once", async () => {
    const { connect, harness } = await start();
    const stranger = new RawClient(harness.url);
    expect((await stranger.call(1, "echo")).status).toBe(400);
    expect((await stranger.send("GET", undefined)).status).toBe(400);
    expect((await stranger.send("DELETE", undefined)).status).toBe(400);
    const { client } = await connect();
    expect((await client.initialize()).status).toBe(400);
    expect(harness.nothingWritten).toEqual([1, 0]);
  });

  test("end with DELETE: 200, then 404, and the process is gone", async () => {
    const { connect, harness, pids } = await start();
    const { client } = await connect();
    const held = client.call(1, "hold");
    await answerOf(await client.call(2, "echo"));
    const response = await client.send("DELETE", undefined);
    expect([response.status, await response.text()]).toEqual([200, ""]);
    expect(harness.ended).toEqual([client.sessionId]);
    expect(await answerOf(await held)).toBe("The server fixture failed: its session was ended");
    expect((await client.call(3, "echo")).status).toBe(404);
    expect((await client.send("DELETE", undefined)).status).toBe(404);
    await until(() => !pids().some(isAlive));
  });

  test("that the server refuses to initialize have no id and leave no process", async () => {
    const { connect, pids } = await start({}, "--refuses");
    const { response } = await connect();
    expect(response.headers.get("mcp-session-id")).toBeNull();
    expect(await response.json()).toMatchObject({ id: 0, error: { code: -32602, message: "not you" } });
    await until(() => !pids().some(isAlive));
  });

  test("whose client leaves before they begin leave no process", async () => {
    const { harness, pids } = await start({}, "--mute");
    const client = new RawClient(harness.url);
    const leave = new AbortController();
    const left = client
      .post({ jsonrpc: "2.0", id: 0, method: "initialize", params: {} }, {}, leave.signal)
      .catch(() => "left");
    await until(() => pids().length === 1);
    leave.abort();
    expect(await left).toBe("left");
    await until(() => !pids().some(isAlive));
  });

  test("end when nobody uses them for a while", async () => {
    const { connect, pids } = await start({ idleMs: 50 });
    const { client } = await connect();
    await until(() => !pids().some(isAlive));
    expect((await client.call(1, "echo")).status).toBe(404);
  });
});

describe("a server that fails", () => {
  test("in mid-call: everyone who waits gets an error with the own id, and the session is over", async () => {
    const { connect, harness } = await start();
    const { client } = await connect();
    const stream = await client.send("GET", undefined);
    const held = client.call("h", "hold");
    await answerOf(await client.call(1, "echo"));
    const own = harness.ask(client.sessionId, "silent", 10_000);
    const [crashed] = await messagesOf(await client.call(2, "crash"));
    const message = "The server fixture failed: it ended unexpectedly, with exit code 3";
    expect(crashed).toEqual({ id: 2, error: { code: 1002, message } });
    expect(await messagesOf(await held)).toEqual([{ id: "h", error: { code: 1002, message } }]);
    expect(await own).toEqual({
      kind: "failed",
      problem: "it ended unexpectedly, with exit code 3",
      sessionLost: true,
    });
    expect(await messagesOf(stream)).toEqual([]);
    expect((await client.call(3, "echo")).status).toBe(404);
    expect(harness.log).toContain("fixture: it ended unexpectedly, with exit code 3");
    // The bytes of 2 were written: its tokens are gone.
    expect(harness.nothingWritten).toEqual([3]);
  });

  test("by a line without end: it is killed, and the error says why", async () => {
    const { connect, pids } = await start({ maxMessageBytes: 100_000 });
    const { client } = await connect();
    expect(await answerOf(await client.call(1, "endless"))).toContain(
      "it sent a line of more than 100000 bytes, and was killed",
    );
    await until(() => !pids().some(isAlive));
  });

  test("by not answering in time: an error, and the server is told", async () => {
    const { connect, recorder } = await start({ answerTimeoutMs: 2000 });
    const { client } = await connect();
    expect(await answerOf(await client.call(1, "silent"))).toBe(
      "The server fixture failed: it did not answer within 2 s",
    );
    await until(() => recorder.lines().length === 3);
    expect(JSON.parse(recorder.lines().at(-1)?.text ?? "")).toMatchObject({
      method: "notifications/cancelled",
      params: { requestId: 1, reason: "it did not answer within 2 s" },
    });
  });

  test("is one that says nothing: one that goes on saying something may take longer to answer", async () => {
    const { connect } = await start({ answerTimeoutMs: 2000 });
    const { client } = await connect();
    expect(await answerOf(await client.call(1, "drip", { times: 6, everyMs: 500 }))).toBe("dripped");
  });

  test.each([
    [{ command: "no-such-command" }, "it can't be started: the command no-such-command was not found"],
    [{ cwd: "/no/such/folder" }, "it can't be started: its working directory does not exist"],
    [{ command: tmpdir() }, "failed with EACCES"],
    [{ args: ["nul\0byte"] }, "failed with ERR_INVALID_ARG_VALUE"],
  ])("to start with %o: an error that says why, and the tokens go back", async (options, problem) => {
    const { connect, harness } = await start(options);
    const { response } = await connect();
    expect([response.status, response.headers.get("mcp-session-id")]).toEqual([200, null]);
    expect(await answerOf(response)).toContain(problem);
    expect(harness.nothingWritten).toEqual([0]);
  });

  test("again and again right after its start: it is started again only after a wait, for that principal", async () => {
    let nowMs = 0;
    const { connect, recorder } = await start({ now: () => nowMs }, "--dies");
    for (const starts of [1, 2, 3]) {
      expect(await answerOf((await connect()).response)).toContain("exit code 7");
      expect(recorder.lines()).toHaveLength(starts);
    }
    expect(await answerOf((await connect()).response)).toContain(
      "it ended 3 times soon after its start; it may be started again in 1 s",
    );
    expect(recorder.lines()).toHaveLength(3);
    expect(await answerOf((await connect("another")).response)).toContain("exit code 7");
    nowMs += 1000;
    expect(await answerOf((await connect()).response)).toContain("exit code 7");
    expect(await answerOf((await connect()).response)).toContain("it may be started again in 2 s");
  });
});

describe("the number of processes", () => {
  test("is capped for each principal; a session that somebody uses is not ended for another", async () => {
    const { connect, harness, pids } = await start({ maxChildrenPerPrincipal: 1 });
    const { client } = await connect();
    const listening = await client.send("GET", undefined);
    const refused = await connect();
    expect(await answerOf(refused.response)).toContain("this principal's 1 processes of it are in use");
    expect(harness.nothingWritten).toEqual([0]);
    const other = await connect("another");
    expect(other.response.headers.get("mcp-session-id")).not.toBeNull();
    expect(await answerOf(await client.call(1, "echo", { still: "here" }))).toBe('{"still":"here"}');
    await listening.body?.cancel();
    expect(pids()).toHaveLength(2);
  });

  test("makes room by ending the session that was idle longest", async () => {
    const { connect } = await start({ maxChildrenPerPrincipal: 2 });
    const [one, two] = [(await connect()).client, (await connect()).client];
    await answerOf(await one.call(1, "echo"));
    const three = (await connect()).client;
    expect((await two.call(1, "echo")).status).toBe(404);
    expect(await answerOf(await one.call(2, "echo"))).toBe("{}");
    expect(await answerOf(await three.call(1, "echo"))).toBe("{}");
  });

  test("is capped over all principals", async () => {
    const { connect } = await start({ maxChildren: 1 });
    await connect("alice");
    expect(await answerOf((await connect("bob")).response)).toContain("all 1 processes of it are in use");
  });
});

describe("the process", () => {
  test("sees of the gate's environment only what is safe, and what is configured", async () => {
    process.env.REGATE_TEST_SECRET = "hunter2";
    const { connect } = await start({ env: { TOKEN: "configured" } });
    const { client } = await connect();
    const environment = JSON.parse(await answerOf(await client.call(1, "environment")));
    expect(environment).toMatchObject({ TOKEN: "configured", PATH: process.env.PATH });
    expect(Object.keys(environment)).not.toContain("REGATE_TEST_SECRET");
    delete process.env.REGATE_TEST_SECRET;
  });

  test("that ignores the end of its input and SIGTERM is killed, and so is what it started", async () => {
    const { connect, harness, pids } = await start({}, "--stubborn");
    const { client } = await connect();
    const grandchild = Number(await answerOf(await client.call(1, "grandchild")));
    expect([...pids(), grandchild].filter(isAlive)).toHaveLength(2);
    await harness.close();
    expect([...pids(), grandchild].filter(isAlive)).toEqual([]);
  });

  test("that leaves another one behind takes it along when it crashes", async () => {
    const { connect } = await start();
    const { client } = await connect();
    const grandchild = Number(await answerOf(await client.call(1, "grandchild")));
    await answerOf(await client.call(2, "crash"));
    await until(() => !isAlive(grandchild));
  });
});
