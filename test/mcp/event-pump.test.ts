import { describe, expect, test } from "vitest";
import { EventPump } from "../../src/mcp/event-pump.ts";
import type { Screen, Screened } from "../../src/mcp/upstream.ts";

/** A pump that writes down what it does, in order. */
function bench(screen: Screen, maxEventBytes = 1_000) {
  const trace: string[] = [];
  const pump = new EventPump({
    maxEventBytes,
    screen,
    write: (bytes) => trace.push(`write ${Buffer.from(bytes)}`),
    delivered: (text) => trace.push(`delivered ${text}`),
    dropped: (problem) => trace.push(`dropped ${problem}`),
    refused: (text) => trace.push(`refused ${text}`),
    pause: () => trace.push("pause"),
    resume: () => trace.push("resume"),
    ended: (fault) => trace.push(`ended ${fault ?? "cleanly"}`),
  });
  return { pump, trace, push: (text: string) => pump.push(Buffer.from(text)) };
}

const PASS: Screened = { kind: "pass" };

/** A screen whose answers the test gives, in any order. */
function slowScreen() {
  const waiting = new Map<string, (screened: Screened | Promise<never>) => void>();
  const screen: Screen = (text) => new Promise((resolve) => waiting.set(text, resolve));
  const answer = async (text: string, screened: Screened | Promise<never>) => {
    waiting.get(text)?.(screened);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { screen, answer };
}

describe("a stream that passes", () => {
  test("goes on byte for byte: comments, ids, retry and every line end, unknown fields as comments", () => {
    const unknown =
      ': hi\n\nretry: 10\n\nid: 1\nevent: message\ndata: {"a":\ndata: 1}\nx-y: z\r\n\r\nid: 2\rdata:b\r\r';
    const stream = unknown.replace("x-y: z", "::::::");
    const { trace, push } = bench(() => PASS);
    for (const byte of unknown) push(byte);
    const written = trace.filter((line) => line.startsWith("write ")).map((line) => line.slice("write ".length));
    expect(written.join("")).toBe(stream);
    expect(trace.filter((line) => line.startsWith("delivered"))).toEqual(['delivered {"a":\n1}', "delivered b"]);
  });

  test("of many small events in one chunk leaves everyone else a turn, with the server's side at a stand, and loses none", async () => {
    const { trace, push } = bench(() => PASS);
    const written = () => trace.filter((line) => line === "write \n").length;
    push("\n".repeat(450));
    const turns: number[] = [];
    while (trace.at(-1) !== "resume") {
      turns.push(written());
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(turns).toEqual([100, 200, 300, 400]);
    expect(written()).toBe(450);
    expect(trace.filter((line) => line !== "write \n")).toEqual(["pause", "resume"]);
  });

  test.each([["\u2028"], ["\u2029"], ["\u0085"]])(
    "holds no message that only readers who split at %j would see",
    (end) => {
      const hidden = `${end}${end}data: {"hidden":1}${end}${end}`;
      const { trace, push } = bench(() => PASS);
      push(`id: 1${hidden}\ndata: {"a":"${hidden.replaceAll('"', '\\"')}"}\n\n: x${hidden}\n\n`);
      const written = trace
        .filter((line) => line.startsWith("write "))
        .map((line) => line.slice("write ".length))
        .join("");
      expect(written).not.toContain(end);
      const [data] = /^data: (.*)$/m.exec(written)?.slice(1) ?? [];
      expect(JSON.parse(data ?? "")).toEqual({ a: hidden });
    },
  );

  test("is not screened where there is nothing to screen", () => {
    const { trace, push } = bench(() => {
      throw new Error("no message came");
    });
    push(": comment\n\nid: 1\n\ndata:\n\nid: 2\ndata: \n\n");
    expect(trace.every((line) => line.startsWith("write "))).toBe(true);
  });

  test("ends after everything that came was written; what is unfinished is dropped", () => {
    const { pump, trace, push } = bench(() => PASS);
    push("data: a\n\ndata: b");
    pump.end(undefined);
    expect(trace).toEqual(["write data: a\n\n", "delivered a", "ended cleanly"]);
  });

  test("says how it broke off", () => {
    const { pump, trace } = bench(() => PASS);
    pump.end("it broke");
    pump.end("again");
    expect(trace).toEqual(["ended it broke"]);
  });
});

describe("a message that does not pass", () => {
  test("is replaced in its event, whose other lines stay", () => {
    const { trace, push } = bench(() => ({ kind: "replace", text: "new" }));
    push(": why\nid: 7\nevent: message\ndata: old\nretry: 3\n\n");
    expect(trace).toEqual(["write : why\n", "write id: 7\nevent: message\ndata: new\nretry: 3\n\n", "delivered new"]);
  });

  test("is dropped with all of its event", () => {
    const { trace, push } = bench((text) => (text === "bad" ? { kind: "drop", problem: "unreadable" } : PASS));
    push("id: 1\ndata: bad\n\ndata: good\n\n");
    expect(trace).toEqual(["dropped unreadable", "write data: good\n\n", "delivered good"]);
  });

  test("is refused towards the server, and not written", () => {
    const { trace, push } = bench(() => ({ kind: "refuse", replyText: "no" }));
    push("data: ask\n\n");
    expect(trace).toEqual(["refused no"]);
  });
});

describe("a screen that has to wait", () => {
  test("holds what comes after it, in order, and the server's side too", async () => {
    const { screen, answer } = slowScreen();
    const { pump, trace, push } = bench((text) => (text.startsWith("slow") ? screen(text) : PASS));
    push("data: slow-1\n\ndata: 2\n\nid: c\n\n");
    push("data: 3\n\n");
    pump.end(undefined);
    expect(trace).toEqual(["pause"]);
    await answer("slow-1", PASS);
    expect(trace).toEqual([
      "pause",
      "write data: slow-1\n\n",
      "delivered slow-1",
      "write data: 2\n\n",
      "delivered 2",
      "write id: c\n\n",
      "write data: 3\n\n",
      "delivered 3",
      "ended cleanly",
    ]);
  });

  test("drops a message whose screening fails, and goes on", async () => {
    const { screen, answer } = slowScreen();
    const { trace, push } = bench((text) => (text === "slow" ? screen(text) : PASS));
    push("data: slow\n\ndata: next\n\n");
    await answer("slow", Promise.reject(new Error("the policy broke")));
    expect(trace).toEqual([
      "pause",
      "dropped Error: the policy broke",
      "write data: next\n\n",
      "delivered next",
      "resume",
    ]);
  });

  test("does nothing more once the client has gone", async () => {
    const { screen, answer } = slowScreen();
    const { pump, trace, push } = bench(screen);
    push("data: slow\n\ndata: next\n\n");
    pump.stop();
    await answer("slow", PASS);
    push("data: more\n\n");
    pump.end("it broke");
    expect(trace).toEqual(["pause"]);
  });
});

describe("an event that is too long", () => {
  test("ends the stream after the events before it", () => {
    const { trace, push } = bench(() => PASS, 20);
    push(`data: a\n\ndata: ${"x".repeat(50)}`);
    expect(trace).toEqual(["write data: a\n\n", "delivered a", "ended an event of the stream is longer than 20 bytes"]);
    push("\n\ndata: b\n\n");
    expect(trace).toHaveLength(3);
  });
});

describe("a stream can be resumed", () => {
  const resumable = (stream: string, screen: Screen = () => PASS) => {
    const { pump, push } = bench(screen, 40);
    push(stream);
    return pump.resumable;
  };

  test.each([
    ["an event with an id", true, "id: 1\ndata: a\n\n"],
    ["an event with an id and no data to speak of", true, "id: 1\ndata:\n\n"],
    ["no id", false, "data: a\n\n"],
    ["an empty id", false, "id:\ndata: a\n\n"],
    ["an id without an event, which clients forget", false, "id: 1\n\n"],
    ["an id in an event that never ended", false, "id: 1\ndata: a\n"],
  ])("after %s: %j", (_title, expected, stream) => {
    expect(resumable(stream)).toBe(expected);
  });

  test("not where a message was kept back: it would come again", () => {
    const screen: Screen = (text) => (text === "bad" ? { kind: "drop", problem: "p" } : PASS);
    expect(resumable("id: 1\ndata: a\n\nid: 2\ndata: bad\n\n", screen)).toBe(false);
  });

  test("not where an event was too long: it would come again", () => {
    expect(resumable(`id: 1\ndata: a\n\nid: 2\ndata: ${"x".repeat(50)}\n\n`)).toBe(false);
  });

  test("not by the id of an event that never reached the client", () => {
    expect(resumable("id: 1\ndata: ask\n\n", () => ({ kind: "refuse", replyText: "no" }))).toBe(false);
  });
});
