// Event streams of a stdio server's sessions: what goes on which, resumption, clients that leave, and clients that don't read.
import { describe, expect, test } from "vitest";
import type { StdioUpstreamOptions } from "../../src/mcp/upstream-stdio.ts";
import {
  answerOf,
  collect,
  eventsOf,
  makeRecorder,
  messagesOf,
  RawClient,
  type SseEvent,
  startHarness,
  until,
} from "./stdio-harness.ts";

async function openSession(version = "2025-11-25", options: Partial<StdioUpstreamOptions> = {}) {
  const recorder = await makeRecorder();
  const harness = await startHarness({ args: recorder.args, ...options });
  const client = new RawClient(harness.url);
  await client.initialize(version);
  const sent = (part: string) => recorder.lines().some(({ text }) => text.includes(part));
  return { recorder, harness, client, sent };
}

/** The next event of a stream that goes on. */
async function next(events: AsyncGenerator<SseEvent>): Promise<SseEvent> {
  const { value, done } = await events.next();
  if (done) throw new Error("the stream is over");
  return value;
}

const resume = (client: RawClient, lastEventId: string | undefined) =>
  client.send("GET", undefined, { "last-event-id": lastEventId ?? "" });

describe("a GET stream", () => {
  test("gets what concerns no request, also what came before it was opened, in order", async () => {
    const { client } = await openSession("2025-06-18");
    await answerOf(await client.call(1, "later", { text: "early", times: 3 }));
    const events = eventsOf(await client.send("GET", undefined));
    for (const at of [0, 1, 2]) expect((await next(events)).data).toContain(`early ${at}`);
    await answerOf(await client.call(2, "later", { text: "late" }));
    expect((await next(events)).data).toContain("late");
  });

  test("opened last gets each message, and an older one again when that is closed", async () => {
    const { client } = await openSession("2025-06-18");
    const older = eventsOf(await client.send("GET", undefined));
    const newer = eventsOf(await client.send("GET", undefined));
    await answerOf(await client.call(1, "later", { text: "one" }));
    expect((await next(newer)).data).toContain("one");
    await newer.return(undefined);
    // until the gate has noticed that the connection is gone
    let heard: string | undefined;
    const listening = next(older).then(({ data }) => {
      heard = data;
    });
    for (let id = 2; heard === undefined; id++) await answerOf(await client.call(id, "later", { text: "two" }));
    await listening;
    expect(heard).toContain("two");
  });

  test("is refused to a client that takes no events, and beyond eight", async () => {
    const { client } = await openSession();
    expect((await client.send("GET", undefined, { accept: "application/json" })).status).toBe(406);
    const streams = await Promise.all(Array.from({ length: 9 }, () => client.send("GET", undefined)));
    expect(streams.map(({ status }) => status).sort()).toEqual([...Array<number>(8).fill(200), 409]);
    expect((await resume(client, "g99_1")).status).toBe(409);
  });

  test("resumes after the last event that the client names, and gets what came meanwhile once", async () => {
    const { client } = await openSession();
    const events = eventsOf(await client.send("GET", undefined));
    const primed = await next(events);
    expect(primed).toEqual({ id: expect.stringMatching(/^g1_\d+$/), data: "" });
    await answerOf(await client.call(1, "later", { text: "first" }));
    // a call that is under way when it comes would have it on its own stream
    const first = await next(events);
    await answerOf(await client.call(2, "later", { text: "second" }));
    await next(events);
    await events.return(undefined);
    await answerOf(await client.call(3, "later", { text: "third" }));
    const resumed = eventsOf(await resume(client, first.id));
    expect((await next(resumed)).data).toContain("second");
    expect((await next(resumed)).data).toContain("third");
    await answerOf(await client.call(4, "later", { text: "fourth" }));
    expect((await next(resumed)).data).toContain("fourth");
  });
});

describe("the server's own requests", () => {
  test("come on the stream of the call that is being answered, and the client's response is written", async () => {
    const { client, recorder } = await openSession("2025-06-18");
    const events = eventsOf(await client.call(9, "ask"));
    expect(JSON.parse((await next(events)).data)).toMatchObject({ id: 1, method: "sampling/createMessage" });
    const response = await client.post('{"jsonrpc":"2.0","id":1,"result":{"model":"m","exact":1.50}}');
    expect(response.status).toBe(202);
    expect((await next(events)).data).toContain('\\"exact\\":1.5');
    expect(recorder.lines().at(-1)?.text).toContain("1.50");
  });

  test("wait for a GET stream where the calling client takes none", async () => {
    const { client } = await openSession("2025-06-18");
    const call = { jsonrpc: "2.0", id: 9, method: "tools/call", params: { name: "ask" } };
    const answer = client.post(call, { accept: "application/json" });
    const events = eventsOf(await client.send("GET", undefined));
    expect((await next(events)).data).toContain("sampling/createMessage");
    await client.post('{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"no"}}');
    expect(await answerOf(await answer)).toContain('"message":"no"');
  });

  test("are answered with an error where there is no room to wait for a client", async () => {
    const { client, sent } = await openSession();
    // in one call: one that is under way would have them on its own stream
    await answerOf(await client.call(1, "asklater", { text: "note", times: 100 }));
    await until(() => sent('"id":1,"error":{"code":1002,"message":"no client listens"}'));
    const events = eventsOf(await client.send("GET", undefined));
    await next(events);
    expect((await next(events)).data).toContain("note 0");
  });
});

describe("a client that loses its connection in mid-call", () => {
  test("and can resume gets the answer later, once, and the server is not told", async () => {
    const { client, sent } = await openSession();
    const events = eventsOf(await client.call(1, "hold"));
    const primed = await next(events);
    expect(primed).toEqual({ id: expect.stringMatching(/^p\d+_\d+$/), data: "" });
    await events.return(undefined);
    await answerOf(await client.call(2, "release"));
    const resumed = await collect(eventsOf(await resume(client, primed.id)));
    expect(resumed.map(({ data }) => JSON.parse(data))).toEqual([expect.objectContaining({ id: 1 })]);
    // All was said: a client need not come again.
    expect((await resume(client, resumed[0]?.id)).status).toBe(204);
    expect(sent("notifications/cancelled")).toBe(false);
  });

  test("and resumes before the answer is there gets it as it comes", async () => {
    const { client } = await openSession();
    const events = eventsOf(await client.call(1, "hold"));
    const primed = await next(events);
    const resumed = eventsOf(await resume(client, primed.id));
    await answerOf(await client.call(2, "release"));
    expect((await next(resumed)).data).toContain("released");
    // The new connection took the place of the old one.
    await expect(events.next()).rejects.toThrow();
  });

  test("and can't resume: the server is told, and the late answer goes to nobody", async () => {
    const { client, sent } = await openSession("2025-06-18");
    const leave = new AbortController();
    await client.call('q"1', "hold", {}, leave.signal);
    leave.abort();
    await until(() => sent('"method":"notifications/cancelled","params":{"requestId":"q\\"1",'));
    expect((await client.call('q"1', "echo")).status).toBe(400);
    expect(await messagesOf(await client.call(2, "release"))).toHaveLength(1);
    expect(await answerOf(await client.call('q"1', "echo"))).toBe("{}");
  });

  test("names only events of its own session", async () => {
    const { client } = await openSession();
    for (const id of ["p1_999", "x1_1", "p1", "../1", "p1_1 "]) {
      expect((await resume(client, id)).status, id).toBe(400);
    }
  });
});

describe("a cancellation by the client", () => {
  test("is written as it came, and ends the stream of that call only", async () => {
    const { client, recorder } = await openSession("2025-06-18");
    const [held, json] = [
      await client.call(1, "hold"),
      client.post(
        { jsonrpc: "2.0", id: 2, method: "tools/call", params: { name: "hold" } },
        { accept: "application/json" },
      ),
    ];
    const other = await client.call(3, "hold");
    const body = '{"jsonrpc":"2.0","method":"notifications/cancelled", "params":{"requestId":1}}';
    expect((await client.post(body)).status).toBe(202);
    await client.post({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 2 } });
    expect(await messagesOf(held)).toEqual([]);
    expect(await answerOf(await json)).toContain("the request was cancelled");
    await answerOf(await client.call(4, "release"));
    expect(recorder.lines().map(({ text }) => text)).toContain(body);
    expect(await answerOf(other)).toBe("released");
  });
});

describe("a client that does not read", () => {
  const FLOOD = { messages: 2000, size: 16_384 };

  test("makes the server wait, and loses nothing", async () => {
    const { client, sent } = await openSession("2025-06-18");
    const response = await client.call(1, "flood", FLOOD);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(sent("flooded")).toBe(false);
    const events = await collect(eventsOf(response));
    expect(events).toHaveLength(FLOOD.messages + 1);
    expect(events.every(({ data }, at) => at === FLOOD.messages || data.includes(`"data":"${at} `))).toBe(true);
  });

  test("for too long is disconnected, so that the session's other calls go on", async () => {
    const { client, harness, sent } = await openSession("2025-06-18", { stallMs: 100 });
    const stalled = await client.call(1, "flood", FLOOD);
    await until(() => harness.log.includes("fixture: a client that read nothing for 0.1 s was disconnected"));
    expect(await answerOf(await client.call(2, "echo", { on: "time" }))).toBe('{"on":"time"}');
    await until(() => sent("flooded"));
    await expect(collect(eventsOf(stalled))).rejects.toThrow();
  });
});
