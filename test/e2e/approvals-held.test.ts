// What a client hears while its call is held for a person, in every era and over every transport; and how it ends the wait.
import { join } from "node:path";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ElicitationCompleteNotificationSchema, ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { beforeAll, describe, expect, test } from "vitest";
import { approvalIn, approvals, listApprovals, pendingFor } from "./harness-approvals.ts";
import { connectV2 } from "./harness-clients.ts";
import { startHttpFixture } from "./harness-fixtures.ts";
import { type Gate, startGate } from "./harness-gate.ts";
import { ROOT, waitFor, whenDone } from "./harness-process.ts";
import { type RecorderGate, startRecorderGate, TRANSPORTS } from "./harness-recorders.ts";
import { callBody, type Message, messagesOf, modernRequest, openSession, post, textOf } from "./harness-wire.ts";

const ABOUT = { name: "waits", version: "1.0.0" };
const isProgress = (message: Message) => message.method === "notifications/progress";

describe.each(TRANSPORTS)("before a server over %s, a call that is held", (transport) => {
  let setup: RecorderGate;
  let gate: Gate;
  let url: string;

  beforeAll(async () => {
    setup = await startRecorderGate();
    gate = setup.gate;
    url = gate.url(transport);
  });

  test.each(["token-1", 7])("reports to progressToken %j, below what the server reports later", async (token) => {
    const session = await openSession(url);
    const meta = { _meta: { progressToken: token } };
    const body = callBody("s", "slow", { steps: 2, ms: 1, approve: true, for: token }, meta);
    const stream = await session.openStream({}, body);
    expect(stream.headers["content-type"]).toBe("text/event-stream");
    const waiting = await stream.nextMessage(isProgress);
    const { id } = await pendingFor(gate, JSON.stringify(token));
    expect(waiting.params).toEqual({
      progressToken: token,
      progress: -600,
      message: `Waiting for a person's approval (${id})`,
    });
    await approvals(gate, "approve", id);
    const steps = [await stream.nextMessage(isProgress), await stream.nextMessage(isProgress)];
    expect(steps.map(({ params }) => params?.progress)).toEqual([1, 2]);
    expect(await stream.nextMessage()).toMatchObject({ id: "s", result: { content: [{ text: "2 steps" }] } });
    expect(await stream.next()).toBeUndefined();
  });

  test("gives the number of a token back as it came", async () => {
    const session = await openSession(url);
    const body = callBody(1, "echo", { approve: true, big: 1 }).replace(
      '"name"',
      '"_meta":{"progressToken":9007199254740993},"name"',
    );
    const stream = await session.openStream({}, body);
    expect((await stream.next())?.data).toContain('"progressToken":9007199254740993,"progress":-600');
    const { id } = await pendingFor(gate, '"big":1');
    await approvals(gate, "deny", id, "--reason", "no");
    const answer = await stream.nextMessage(({ id: answered }) => answered === 1);
    expect(approvalIn(answer)).toMatchObject({ id, state: "denied" });
    expect(await stream.next()).toBeUndefined();
  });

  test("may be asked something by the server on the stream that the wait began", async () => {
    const session = await openSession(url);
    const args = { method: "roots/list", params: {}, approve: true };
    const stream = await session.openStream({}, callBody(1, "ask", args, { _meta: { progressToken: "t" } }));
    await stream.nextMessage(isProgress);
    await approvals(gate, "approve", (await pendingFor(gate, "roots/list")).id);
    const question = await stream.nextMessage(({ method }) => method === "roots/list");
    await session.post(JSON.stringify({ jsonrpc: "2.0", id: question.id, result: { roots: [] } }));
    expect(textOf(await stream.nextMessage(({ id }) => id === 1))).toContain("roots");
  });

  test("ends when its client cancels it: it is not carried out when it is approved, and the server hears of none of it", async () => {
    const session = await openSession(url);
    const before = setup.recorded[transport].calls("echo");
    const call = callBody("to-cancel", "echo", { approve: true, cancelled: transport });
    const waiting = session.post(call);
    const { id } = await pendingFor(gate, "cancelled");
    const cancel = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: "to-cancel" } };
    expect((await session.post(JSON.stringify(cancel))).status).toBe(202);
    expect(textOf((await messagesOf(await waiting))[0])).toContain(`Approval pending, ${id}`);
    await approvals(gate, "approve", id);
    await session.call("echo", {});
    expect(setup.recorded[transport].calls("echo")).toBe(before + 1);
    expect(setup.recorded[transport].bodies().join()).not.toContain("to-cancel");
    // the same call again goes out on it
    expect((await messagesOf(await session.post(call)))[0]?.result?.isError).toBeUndefined();
    expect(setup.recorded[transport].calls("echo")).toBe(before + 2);
  });

  test("shows its person where to approve, where the client said that it can, and says when that is done", async () => {
    const client = new ClientV1(ABOUT, { capabilities: { elicitation: { url: {} } } });
    const shown: unknown[] = [];
    const completed: string[] = [];
    client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
      shown.push(params);
      return { action: "accept" };
    });
    client.setNotificationHandler(ElicitationCompleteNotificationSchema, ({ params }) => {
      completed.push(params.elicitationId);
    });
    await client.connect(new StreamableHTTPClientTransport(new URL(url)));
    whenDone(() => client.close());
    const waiting = client.callTool({ name: "echo", arguments: { approve: true, shown: 1 } });
    const { id } = await pendingFor(gate, '"shown":1');
    await waitFor("the client to be asked", () => shown.length > 0);
    expect(shown).toEqual([
      {
        mode: "url",
        message: "echo on recorder waits for a person's approval: who may approve it decides there.",
        url: `${gate.base}/console/approvals/${id}`,
        elicitationId: id,
      },
    ]);
    // that the person accepted to be shown it approves nothing
    expect(await listApprovals(gate)).toContainEqual(expect.objectContaining({ id, state: "pending" }));
    await approvals(gate, "approve", id);
    expect((await waiting).isError).toBeUndefined();
    await waitFor("the end of it", () => completed.includes(id));
    expect(setup.recorded[transport].bodies().join()).not.toContain('"action":"accept"');
  });

  test("shows no URL to a client that did not say so", async () => {
    const session = await openSession(url);
    const stream = await session.openStream(
      {},
      callBody(1, "echo", { approve: true, plain: 1 }, { _meta: { progressToken: 1 } }),
    );
    const { id } = await pendingFor(gate, '"plain":1');
    await approvals(gate, "approve", id);
    const methods: unknown[] = [];
    for (let message = await stream.nextMessage(); message.id !== 1; message = await stream.nextMessage())
      methods.push(message.method);
    expect(new Set(methods)).toEqual(new Set(["notifications/progress"]));
  });
});

test("a client that only speaks stdio hears of the wait, is shown the URL, and gets its answer", async () => {
  const { gate, recorded } = await startRecorderGate();
  const client = new ClientV1(ABOUT, { capabilities: { elicitation: { url: {} } } });
  const shown: unknown[] = [];
  client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
    shown.push(params);
    return { action: "decline" };
  });
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [join(ROOT, "dist/main.js"), "stdio", "stdio", "-c", gate.configFile],
    }),
  );
  whenDone(() => client.close());
  const heard: unknown[] = [];
  const waiting = client.callTool({ name: "echo", arguments: { approve: true } }, undefined, {
    onprogress: (progress) => heard.push(progress),
  });
  const { id } = await pendingFor(gate, '"approve":true');
  await waitFor("the client to be asked", () => shown.length > 0 && heard.length > 0);
  expect(shown).toMatchObject([{ mode: "url", elicitationId: id }]);
  expect(heard[0]).toMatchObject({ progress: -600, message: expect.stringContaining(id) });
  await approvals(gate, "approve", id);
  expect((await waiting).isError).toBeUndefined();
  expect(recorded.stdio.calls("echo")).toBe(1);
});

describe("a call of the modern era", () => {
  let gate: Gate;

  beforeAll(async () => {
    const server = await startHttpFixture("modern-server.mjs", ["--http", "0"]);
    gate = await startGate({ servers: { modern: { url: server.url } } });
  });

  test("is held and reported, and its answer comes on the same stream", async () => {
    const client = await connectV2(gate.url("modern"));
    const heard: number[] = [];
    const waiting = client.callTool(
      { name: "progress", arguments: { steps: 2 } },
      { onprogress: ({ progress }) => heard.push(progress) },
    );
    const { id } = await pendingFor(gate, '"steps":2');
    await approvals(gate, "approve", id);
    expect(await waiting).toMatchObject({ content: [{ text: "2 steps" }] });
    expect(heard).toEqual([-600, 1, 2]);
  });

  test("is told to come back in a result of that era, and goes out once when it does", async () => {
    const { body, headers } = modernRequest(1, "tools/call", { name: "progress", arguments: { steps: 7 } });
    const call = async () =>
      (await messagesOf(await post(gate.url("modern"), body, headers))).find(({ id }) => id === 1) ?? {};
    const pending = await call();
    expect(pending.result).toMatchObject({ resultType: "complete", isError: true });
    const { id } = approvalIn(pending);
    await approvals(gate, "approve", id);
    expect(textOf(await call())).toBe("7 steps");
    expect(approvalIn(await call()).id).not.toBe(id);
  });
});
