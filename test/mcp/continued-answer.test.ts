// Whoever answers a request on a stream that the gate has begun writes as ever, over real HTTP; the client reads one stream.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { continueStream } from "../../src/mcp/continued-answer.ts";
import type { Outgoing } from "../../src/mcp/outgoing.ts";
import { answerNoSession } from "../../src/mcp/stdio-answers.ts";
import { EventStream } from "../../src/mcp/stdio-streams.ts";
import { endWith, writeEmpty, writeJson } from "../../src/mcp/write-answer.ts";
import { openStream } from "../e2e/harness-wire.ts";

/** What a client reads where `answer` answers request `"a"` after the stream was begun. */
async function readAnswer(answer: (outgoing: Outgoing) => void): Promise<string[]> {
  const server = createServer((_, outgoing) => {
    outgoing.writeHead(200, { "content-type": "text/event-stream" });
    outgoing.write('event: message\ndata: "waiting"\n\n');
    answer(continueStream(outgoing, '"a"'));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const stream = await openStream(`http://127.0.0.1:${port}/`, {}, "{}");
  const data: string[] = [];
  for (let event = await stream.next(); event !== undefined; event = await stream.next()) data.push(event.data);
  return data;
}

describe("an answer on a stream that was begun", () => {
  test("is its last event where it is whole, in one write or several", async () => {
    const text = '{"jsonrpc":"2.0",\n"id":"a","result":{}}';
    expect(await readAnswer((outgoing) => writeJson(outgoing, 200, text))).toEqual(['"waiting"', text]);
    const parts = await readAnswer((outgoing) => {
      outgoing.writeHead(200, { "content-type": "application/json" });
      outgoing.write(text.slice(0, 10));
      outgoing.end(Buffer.from(text.slice(10)));
    });
    expect(parts).toEqual(['"waiting"', text]);
  });

  test("keeps its characters, in whatever encoding it is handed over", async () => {
    const text = '{"id":"a","result":{"text":"Grüße, ☕, 𝄞"}}';
    const data = await readAnswer((outgoing) => {
      outgoing.writeHead(200, { "content-type": "application/json" });
      endWith(outgoing, Buffer.from(text));
    });
    expect(data).toEqual(['"waiting"', text]);
    const streamed = await readAnswer((outgoing) => {
      outgoing.writeHead(200, { "content-type": "text/event-stream" });
      outgoing.write(Buffer.from("data: ü\n\n").toString("latin1"), "latin1");
      endWith(outgoing, Buffer.from("data: ☕\n\n"));
    });
    expect(streamed).toEqual(['"waiting"', "ü", "☕"]);
  });

  test("goes on where it is a stream", async () => {
    const data = await readAnswer((outgoing) => {
      outgoing.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
      outgoing.flushHeaders();
      outgoing.write("data: 1\n\n");
      outgoing.write(Buffer.from("data: 2\n\n"));
      outgoing.end("data: 3\n\n");
    });
    expect(data).toEqual(['"waiting"', "1", "2", "3"]);
    const ended = await readAnswer((outgoing) => {
      outgoing.writeHead(200, { "content-type": "text/event-stream" });
      outgoing.end();
    });
    expect(ended).toEqual(['"waiting"']);
  });

  test("goes on in the gate's own streams", async () => {
    const data = await readAnswer((outgoing) => {
      const stream = new EventStream("p1", undefined, { stallMs: 1_000, log: () => {} });
      stream.attach(outgoing, {}, true);
      void stream.send("1").then(() => stream.finish("2"));
    });
    expect(data).toEqual(['"waiting"', "1", "2"]);
  });

  test.each<[string, (outgoing: Outgoing) => void, number, string]>([
    ["names no request", answerNoSession, 1003, "Session not found: initialize again"],
    ["is empty", (outgoing) => writeEmpty(outgoing, 502), 1002, "the server answered with HTTP status 502"],
    [
      "is no JSON",
      (outgoing) => {
        outgoing.writeHead(500);
        outgoing.end("<p>");
      },
      1002,
      "the server answered with HTTP status 500",
    ],
    [
      "has no words",
      (outgoing) => writeJson(outgoing, 400, '{"error":1}'),
      1002,
      "the server answered with HTTP status 400",
    ],
  ])("is an error of the request where it %s", async (_title, answer, code, message) => {
    const [, last = ""] = await readAnswer(answer);
    expect(JSON.parse(last)).toEqual({ jsonrpc: "2.0", id: "a", error: { code, message } });
  });

  test("looks unsent until it is begun, and is the connection's in all else", async () => {
    const seen: unknown[] = [];
    await readAnswer((outgoing) => {
      seen.push(outgoing.headersSent, outgoing.destroyed, outgoing.closed, outgoing.writableLength >= 0);
      outgoing.once("close", () => seen.push("closed"));
      writeJson(outgoing, 200, '{"id":"a"}');
      seen.push(outgoing.headersSent);
    });
    expect(seen.slice(0, 5)).toEqual([false, false, false, true, true]);
  });
});
