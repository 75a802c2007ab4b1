// Rows 4 to 6 of the checklist: progress unbuffered, cancellation, and what a server asks its client in mid-call.
import { beforeAll, describe, expect, test } from "vitest";
import { type RecorderGate, startRecorderGate, TRANSPORTS } from "./harness-recorders.ts";
import { callBody, type Message, modernRequest, openSession, openStream } from "./harness-wire.ts";

const isProgress = (message: Message) => message.method === "notifications/progress";
const slow = (id: unknown, steps: number, progressToken: unknown) =>
  callBody(id, "slow", { steps }, { _meta: { progressToken } });

describe.each(TRANSPORTS)("before a server over %s, the gate", (transport) => {
  let setup: RecorderGate;
  let url: string;

  beforeAll(async () => {
    setup = await startRecorderGate();
    url = setup.gate.url(transport);
  });

  // The server sends step n+1 only after the client, who has seen step n, calls `release`: a buffering gate would stand still.
  test.each(["token-1", 7])(
    "hands on each step of a call with progressToken %j before the next is made",
    async (token) => {
      const session = await openSession(url);
      const stream = await session.openStream({}, slow("s", 3, token));
      for (const progress of [1, 2, 3]) {
        const step = await stream.nextMessage(isProgress);
        expect(step.params).toEqual({ progressToken: token, progress, total: 3 });
        await session.call("release");
      }
      const answer = await stream.nextMessage();
      expect(answer).toMatchObject({ id: "s", result: { content: [{ text: "3 steps" }] } });
      expect(await stream.next()).toBeUndefined();
    },
  );

  test("keeps two calls under way in one session apart", async () => {
    const session = await openSession(url);
    const first = await session.openStream({}, slow("a", 1, "for-a"));
    expect((await first.nextMessage(isProgress)).params).toMatchObject({ progressToken: "for-a" });
    const second = await session.openStream({}, slow("b", 1, "for-b"));
    expect((await second.nextMessage(isProgress)).params).toMatchObject({ progressToken: "for-b" });
    await session.call("release");
    await session.call("release");
    expect((await first.nextMessage()).id).toBe("a");
    expect((await second.nextMessage()).id).toBe("b");
  });

  test("keeps two sessions that use the same id apart", async () => {
    const [one, other] = [await openSession(url), await openSession(url)];
    const [first, second] = [
      await one.openStream({}, slow(1, 1, "one")),
      await other.openStream({}, slow(1, 1, "other")),
    ];
    expect((await first.nextMessage(isProgress)).params).toMatchObject({ progressToken: "one" });
    expect((await second.nextMessage(isProgress)).params).toMatchObject({ progressToken: "other" });
    first.leave();
    second.leave();
  });

  test("forwards a cancellation", async () => {
    const session = await openSession(url);
    const stream = await session.openStream({}, slow("cancel-me", 2, "t"));
    await stream.nextMessage(isProgress);
    const body =
      '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"cancel-me","reason":"enough"}}';
    const answer = await session.post(body);
    expect(answer).toMatchObject({ status: 202, text: "" });
    const cancelled = await setup.recorded[transport].until("cancelled", ({ id }) => id === "cancel-me");
    expect(cancelled.reason).toBe("enough");
    expect(setup.recorded[transport].bodies()).toContain(body);
  });

  test("lets the client answer what the server asks in mid-call", async () => {
    const session = await openSession(url);
    const stream = await session.openStream({}, callBody(1, "sampling", { prompt: "Say hello" }));
    const question = await stream.nextMessage((message) => message.method === "sampling/createMessage");
    expect(question.params).toMatchObject({ messages: [{ content: { text: "Say hello" } }], maxTokens: 10 });
    const content = '{"type":"text","text":"h\\u00e9llo 9007199254740993"}';
    const response = `{"jsonrpc":"2.0","id":${JSON.stringify(question.id)},"result":{"role":"assistant","content":${content},"model":"m"}}`;
    expect(await session.post(response)).toMatchObject({ status: 202, text: "" });
    expect(JSON.stringify((await stream.nextMessage()).result)).toContain("héllo 9007199254740993");
    expect(setup.recorded[transport].bodies()).toContain(response);
  });

  test("hands an error that the client answers with back to the server", async () => {
    const session = await openSession(url);
    const stream = await session.openStream({}, callBody(1, "ask", { method: "roots/list" }));
    const question = await stream.nextMessage((message) => message.method === "roots/list");
    const error = { code: -1, message: "User rejected the request" };
    await session.post(JSON.stringify({ jsonrpc: "2.0", id: question.id, error }));
    expect(JSON.stringify((await stream.nextMessage()).result)).toContain("User rejected the request");
  });

  test.each([
    ["a forbidden sampling request", callBody(1, "sampling", { prompt: "the forbidden thing" })],
    ["a request that no rule allows", callBody(1, "ask", { method: "vendor/question", params: {} })],
  ])("answers %s of the server's itself, and the client never sees it", async (_title, body) => {
    const session = await openSession(url);
    const stream = await session.openStream({}, body);
    const answer = await stream.nextMessage();
    expect(answer.id).toBe(1);
    expect(answer.method).toBeUndefined();
    expect(JSON.stringify(answer.result)).toContain("error");
  });
});

describe("before a server over http, the gate", () => {
  test("breaks the upstream request off when the client goes away", async () => {
    const { gate, recorded } = await startRecorderGate();
    const session = await openSession(gate.url("http"));
    const stream = await session.openStream({}, slow("left", 2, "t"));
    await stream.nextMessage(isProgress);
    stream.leave();
    await recorded.http.until("disconnected", ({ id }) => id === "left");
  });
});

describe("before a server over stdio, the gate", () => {
  // Of the modern era only: a legacy client may come back for the answer, so its leaving cancels nothing.
  test("cancels the request of a modern client that goes away", async () => {
    const { gate, recorded } = await startRecorderGate();
    const call = modernRequest("gone", "tools/call", { name: "slow", arguments: { steps: 1 } });
    const body = call.body.replace('"_meta":{', '"_meta":{"progressToken":"t",');
    const stream = await openStream(gate.url("stdio"), call.headers, body);
    await stream.nextMessage(isProgress);
    stream.leave();
    await recorded.stdio.until("cancelled");
  });
});
