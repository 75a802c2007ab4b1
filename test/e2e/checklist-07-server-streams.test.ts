// Row 7 of the checklist: the stream that a server keeps open to its client, several at once, resumed, and filtered.
import { beforeAll, describe, expect, test } from "vitest";
import { type RecorderGate, startRecorderGate, TRANSPORTS } from "./harness-recorders.ts";
import { callBody, type Message, messagesOf, openSession, openStream, type Session } from "./harness-wire.ts";

const listBody = '{"jsonrpc":"2.0","id":"list","method":"tools/list"}';
const unsolicited = (number: number) =>
  callBody(`notify-${number}`, "notify", { method: "notifications/vendor", params: { number }, unsolicited: true });

describe.each(TRANSPORTS)("before a server over %s, the gate", (transport) => {
  let setup: RecorderGate;
  let url: string;

  beforeAll(async () => {
    setup = await startRecorderGate();
    url = setup.gate.url(transport);
  });

  test("hands on what the server says unasked, in order", async () => {
    const session = await openSession(url);
    const stream = await session.openStream();
    expect(stream.headers["content-type"]).toContain("text/event-stream");
    // over stdio, what comes while a call is under way goes on the stream of its answer
    for (const number of [1, 2, 3]) {
      await session.post(unsolicited(number));
      expect((await stream.nextMessage()).params).toEqual({ number });
    }
  });

  test("refuses a stream to whoever has no session", async () => {
    const stream = await openStream(url);
    expect(stream.status).toBeGreaterThanOrEqual(400);
    stream.leave();
  });

  test("gives each session its own stream", async () => {
    const [one, other] = [await openSession(url), await openSession(url)];
    const [first, second] = [await one.openStream(), await other.openStream()];
    expect([first.status, second.status]).toEqual([200, 200]);
    first.leave();
    second.leave();
  });
});

describe("before a server over http, the gate", () => {
  test("keeps ids, retry and comments of a stream", async () => {
    const { gate } = await startRecorderGate();
    const session = await openSession(gate.url("http"));
    const stream = await session.openStream();
    expect(await stream.next()).toMatchObject({ comments: [expect.stringMatching(/^standing s\d+$/)], retry: "1234" });
    await session.post(unsolicited(1));
    expect(await stream.next()).toMatchObject({ id: expect.stringMatching(/^s\d+-\d+$/) });
    stream.leave();
  });

  test("keeps several streams of one session open at once", async () => {
    const { gate, recorded } = await startRecorderGate();
    const session = await openSession(gate.url("http"));
    const streams = [await session.openStream(), await session.openStream(), await session.openStream()];
    const names = await Promise.all(streams.map(async (stream) => (await stream.next())?.comments[0]));
    expect(new Set(names).size).toBe(3);
    const opened = recorded.http.entries().filter((entry) => entry.kind === "request" && entry.method === "GET");
    expect(opened).toHaveLength(3);
    for (const stream of streams) stream.leave();
  });
});

describe.each(["lf", "crlf", "cr", "spread"])("before a server over http that spells events %s, the gate", (style) => {
  let setup: RecorderGate;
  let session: Session;

  beforeAll(async () => {
    setup = await startRecorderGate("--sse", style);
    session = await openSession(setup.gate.url("http"));
  });

  test("filters tools/list", async () => {
    const answer = await session.post(listBody);
    expect(answer.headers["content-type"]).toContain("text/event-stream");
    const names = toolNames(await messagesOf(answer));
    expect(names).toContain("echo");
    expect(names).not.toContain("denied");
    expect(answer.text).not.toContain("Must never be reached");
  });

  test("filters tools/list in a replayed stream", async () => {
    const listed = await session.post(listBody);
    // The server numbers events: the one before the list's own is what a client saw last when it lost the connection.
    const [, name = "", number = ""] = /id: ?(s\d+)-(\d+)/.exec(listed.text) ?? [];
    const lastEventId = `${name}-${Number(number) - 1}`;
    const stream = await session.openStream({ "last-event-id": lastEventId });
    const replayed = await stream.nextMessage();
    expect(replayed.id).toBe("list");
    expect(toolNames([replayed])).toEqual(toolNames(await messagesOf(listed)));
    expect(toolNames([replayed])).not.toContain("denied");
    stream.leave();
    const resumed = setup.recorded.http.entries().filter((entry) => entry.kind === "request" && entry.method === "GET");
    expect(resumed.at(-1)).toMatchObject({ headers: { "last-event-id": lastEventId } });
  });
});

describe("before a server over stdio, the gate", () => {
  test("replays what came after the last event that the client saw", async () => {
    const { gate } = await startRecorderGate();
    const session = await openSession(gate.url("stdio"));
    const stream = await session.openStream();
    await session.post(unsolicited(1));
    let event = await stream.next();
    while (event !== undefined && event.data === "") event = await stream.next();
    // each before the next is asked for: what comes while a call is under way goes on the stream of its answer
    for (const number of [2, 3]) {
      await session.post(unsolicited(number));
      expect((await stream.nextMessage()).params).toEqual({ number });
    }
    stream.leave();
    const resumed = await session.openStream({ "last-event-id": event?.id ?? "" });
    for (const number of [2, 3]) expect((await resumed.nextMessage()).params).toEqual({ number });
    resumed.leave();
  });
});

function toolNames(messages: readonly Message[]): unknown[] {
  const tools = messages.find((message) => message.result?.tools !== undefined)?.result?.tools;
  if (!Array.isArray(tools)) throw new Error(`no tools in ${JSON.stringify(messages)}`);
  return tools.map((tool: { name: unknown }) => tool.name);
}
