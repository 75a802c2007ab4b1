// What a stdio server reads and what its clients get, message by message.
import { describe, expect, test } from "vitest";
import {
  answerOf,
  collect,
  eventsOf,
  makeRecorder,
  messagesOf,
  RawClient,
  startHarness,
  until,
} from "./stdio-harness.ts";

async function openSession(version?: string) {
  const recorder = await makeRecorder();
  const harness = await startHarness({ args: recorder.args });
  const client = new RawClient(harness.url);
  await client.initialize(version);
  return { recorder, harness, client };
}

describe("what the server reads", () => {
  test("is one line for a body with raw line breaks in it, and only that", async () => {
    const { recorder, client } = await openSession();
    const inner = '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"crash"}}';
    const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call",\r\n"params":{"name":"echo","arguments":{"x":1}\n,"z":[\n${inner}\n]}}\r\n`;
    expect(await answerOf(await client.post(body))).toBe('{"x":1}');
    expect(recorder.lines().map(({ text }) => text)).toEqual([expect.any(String), body.replaceAll(/[\r\n]/g, " ")]);
  });

  test("keeps every lexeme, escape and unknown field of the judged bytes", async () => {
    const { recorder, client } = await openSession();
    const body =
      '{ "jsonrpc" : "2.0", "id":"\\u0061b", "method":"tools/call", "x-extra":[1.0,1e2], "params":{"name":"echo",' +
      '"arguments":{"big":9007199254740993,"exact":100.0000000000000001,"text":"\\u00e9é\\n\\/\u2028"}}}';
    const [answer] = await messagesOf(await client.post(body));
    expect(answer?.id).toBe("ab");
    expect(recorder.lines().at(-1)?.text).toBe(body);
  });

  test("includes notifications and the client's responses, each answered with 202 and no body", async () => {
    const { recorder, client } = await openSession();
    const bodies = [
      '{"jsonrpc":"2.0","method":"notifications/initialized"}',
      '{"jsonrpc":"2.0","id":7,"result":{"n":1.0}}',
    ];
    for (const body of bodies) {
      const response = await client.post(body);
      expect([response.status, await response.text()]).toEqual([202, ""]);
    }
    await answerOf(await client.call(1, "echo"));
    const lines = recorder.lines().map(({ text }) => text);
    expect(lines.slice(1, 3)).toEqual(bodies);
  });
});

describe("what clients get", () => {
  test("a legacy answer is an event stream, with ids that go on from one request to the next", async () => {
    const { client } = await openSession();
    const response = await client.call("seven", "echo", { a: 1 });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(response.headers.get("cache-control")).toBe("no-cache, no-transform");
    expect(response.headers.get("mcp-session-id")).toBe(client.sessionId);
    const events = await collect(eventsOf(response));
    expect(events).toEqual([
      { id: expect.stringMatching(/^p\d+_\d+$/), data: expect.stringContaining('"id":"seven"') },
    ]);
  });

  test("a client that takes no event stream gets JSON", async () => {
    const { client } = await openSession();
    const call = {
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: { name: "later", arguments: { text: "unheard" } },
    };
    const response = await client.post(call, { accept: "application/json" });
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await answerOf(response)).toBe("soon");
  });

  test("garbage on stdout is dropped and logged, and the answer still comes", async () => {
    const { client, harness } = await openSession();
    expect(await messagesOf(await client.call(1, "garbage"))).toHaveLength(1);
    expect(await answerOf(await client.call(2, "garbage"))).toBe("after the garbage");
    const log = harness.log.join("\n");
    expect(log).toContain(
      "fixture: dropped: a line that is not a JSON-RPC message: Listening on port 3000\\u{001b}[2J",
    );
    expect(log).toContain("fixture: sent a line that is not UTF-8 (4 bytes), dropped");
    expect(log).toContain("fixture: stderr: bad \\u{001b}[31mnews");
    expect(log).toContain("fixture: dropped: an answer to no request");
  });

  test("a carriage return between the tokens of an answer does not break the event", async () => {
    const { client } = await openSession();
    const [event] = await collect(eventsOf(await client.call(1, "spaced")));
    expect(event?.data.trimEnd()).toBe('{"jsonrpc":"2.0", "id":1, "result":{"content":[]}}');
  });

  test("an id that waits for its answer can't be used again, and can afterwards", async () => {
    const { client, harness, recorder } = await openSession();
    const held = client.call(5, "hold");
    await client.call(6, "echo").then(answerOf);
    const refused = await client.call(5, "echo");
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ id: 5, error: { code: -32600 } });
    expect(harness.nothingWritten).toEqual([5]);
    await answerOf(await client.call(7, "release"));
    expect(await answerOf(await held)).toBe("released");
    expect(await answerOf(await client.call(5, "echo", { again: true }))).toBe('{"again":true}');
    expect(recorder.lines()).toHaveLength(5);
  });

  test("a string id and a number id that look alike are two requests", async () => {
    const { client } = await openSession();
    const held = client.call("5", "hold");
    expect(await answerOf(await client.call(5, "echo", { n: 5 }))).toBe('{"n":5}');
    await answerOf(await client.call(6, "release"));
    expect((await messagesOf(await held)).at(-1)?.id).toBe("5");
  });
});

describe("the screen", () => {
  test("sees each message of the server's once, in order, and before the client", async () => {
    const { client, harness } = await openSession();
    const seen: string[] = [];
    harness.screen = async (text) => {
      // The first one takes longest: order must not depend on it.
      if (seen.push(text) === 1) await new Promise((resolve) => setTimeout(resolve, 50));
      return { kind: "pass" };
    };
    const got = await collect(eventsOf(await client.call(1, "flood", { messages: 5, size: 1 })));
    expect(got.map(({ data }) => data)).toEqual(seen);
    expect(seen).toHaveLength(6);
  });

  test("replaces an answer, and keeps one back with an error in its place", async () => {
    const { client, harness } = await openSession();
    harness.screen = (text) => ({ kind: "replace", text: text.replace("secret", "******") });
    expect(await answerOf(await client.call(1, "echo", { a: "secret" }))).toBe('{"a":"******"}');
    harness.screen = () => ({ kind: "drop", problem: "a duplicate key" });
    const [answer] = await messagesOf(await client.call(2, "echo", { a: "secret" }));
    expect(answer).toEqual({ id: 2, error: { code: 1002, message: expect.stringContaining("kept back") } });
    expect(harness.log.join("\n")).toContain("an answer that is kept back: a duplicate key");
  });

  test("that throws keeps the message back", async () => {
    const { client, harness } = await openSession();
    harness.screen = () => {
      throw new Error("broken policy");
    };
    expect(await answerOf(await client.call(1, "echo", { a: "secret" }))).toContain("its answer was kept back");
  });

  test("refuses the server's own request with the gate's reply, which the client never sees", async () => {
    const { client, harness, recorder } = await openSession();
    const replyText = '{"jsonrpc":"2.0","id":1,"error":{"code":1001,"message":"sampling is denied"}}';
    harness.screen = (text) =>
      text.includes("sampling/createMessage") ? { kind: "refuse", replyText } : { kind: "pass" };
    const messages = await messagesOf(await client.call(9, "ask"));
    expect(messages.map(({ id }) => id)).toEqual([9]);
    expect(messages[0]?.result?.content?.[0]?.text).toContain("sampling is denied");
    expect(recorder.lines().at(-1)?.text).toBe(replyText);
  });
});

describe("requests of the gate's own", () => {
  test("are answered beside the client's, and nothing of them reaches it", async () => {
    const { client, harness, recorder } = await openSession();
    const held = client.call(1, "hold");
    await client.call(2, "echo").then(answerOf);
    const answer = await harness.ask(client.sessionId, "tools/list", 5000);
    expect(answer).toEqual({ kind: "answered", text: expect.stringContaining('"result":{"tools":[]}') });
    await client.call(3, "release").then(answerOf);
    expect(await messagesOf(await held)).toHaveLength(1);
    expect(
      recorder
        .lines()
        .some(({ text }) => /^{"jsonrpc":"2.0","id":"regate:[^"]+","method":"tools\/list","params":{}}$/.test(text)),
    ).toBe(true);
  });

  test("fail when the server does not answer in time, which it is told, or where there is no session", async () => {
    const { client, harness, recorder } = await openSession();
    const late = await harness.ask(client.sessionId, "silent", 50);
    expect(late).toEqual({ kind: "failed", problem: "it did not answer silent within 0.05 s" });
    expect(await harness.ask("sealed:unknown", "tools/list", 50)).toEqual({
      kind: "failed",
      problem: "its session is over",
      sessionLost: true,
    });
    expect(await harness.ask(undefined, "tools/list", 50, "legacy")).toEqual({
      kind: "failed",
      problem: "no session was opened: initialize comes first",
      sessionLost: false,
    });
    await until(() => recorder.lines().length === 3);
    expect(recorder.lines().at(-1)?.text).toMatch(/"method":"notifications\/cancelled","params":{"requestId":"regate:/);
  });
});
