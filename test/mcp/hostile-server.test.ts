// Servers that mean harm or are broken: what they say without end is bounded in time and memory, the caller gets one error that
// says so, the log has it, and the gate serves on. Real sockets and processes.
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { callBody, messagesOf, post } from "../e2e/harness-wire.ts";
import { startChain } from "./chain/chain.ts";
import { openSession } from "./chain/client.ts";
import { beginEvents, type Script } from "./chain/scripted-server.ts";
import { startHarness } from "./stdio-harness.ts";

const PROGRESS = '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}}';

/** Says the same again and again until nobody listens. */
const repeating =
  (text: string): Script =>
  (_, response) => {
    beginEvents(response);
    const timer = setInterval(() => response.write(text), 10);
    response.on("close", () => clearInterval(timer));
  };

describe("a server over HTTP", () => {
  test.each([
    [
      "comments without end",
      ": still here\n\n",
      /^The server scripted failed: it said nothing to the request for 0\.5 s$/,
    ],
    ["messages without end", `data: ${PROGRESS}\n\n`, /^The server scripted failed: it did not answer within 1\.5 s$/],
  ])("that streams %s in the place of an answer gets an error for it, in time", async (_title, text, problem) => {
    const chain = await startChain({
      server: { calls: { drips: repeating(text) } },
      upstream: { answerTimeoutMs: 500, totalTimeoutMs: 1_500 },
    });
    const session = await openSession(chain);
    const answer = (await messagesOf(await session.post(callBody(1, "drips")))).at(-1);
    expect(answer).toMatchObject({ id: 1, error: { code: 1002, message: expect.stringMatching(problem) } });
    expect(chain.log.join("\n")).toMatch(/it said nothing|it did not answer/);
    expect((await session.call("echo")).result).toBeDefined();
  });

  test("whose stream goes on saying something may take longer than it may be silent", async () => {
    const slow: Script = async (received, response) => {
      beginEvents(response);
      for (let step = 0; step < 8; step += 1) {
        response.write(`data: ${PROGRESS}\n\n`);
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
      response.end(`data: {"jsonrpc":"2.0","id":${received.message.id},"result":{"content":[]}}\n\n`);
    };
    const chain = await startChain({ server: { calls: { slow } }, upstream: { answerTimeoutMs: 1_500 } });
    const session = await openSession(chain);
    expect((await messagesOf(await session.post(callBody(1, "slow")))).at(-1)).toMatchObject({ id: 1, result: {} });
  });

  test.each([
    ["headers without end", (n: number) => `X-${n}: ${"y".repeat(1_000)}\r\n`],
    ["one header without end", () => "z".repeat(1_000)],
  ])("that sends %s is cut off", async (_title, more) => {
    let sent = 0;
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => {
        socket.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-A: ");
        const timer = setInterval(() => socket.write(more(++sent)), 1);
        socket.on("close", () => clearInterval(timer));
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => void server.close());
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const chain = await startChain({ upstream: { url } });
    const [answer] = await messagesOf(await post(chain.url, '{"jsonrpc":"2.0","id":1,"method":"ping"}'));
    expect(answer).toMatchObject({ id: 1, error: { code: 1002 } });
    expect(sent).toBeLessThan(2_000);
  });

  test("that redirects to an address inside is not followed there", async () => {
    const asked: string[] = [];
    const inside = createServer((socket) => {
      asked.push("connected");
      socket.destroy();
    });
    inside.listen(0, "127.0.0.1");
    await once(inside, "listening");
    onTestFinished(() => void inside.close());
    const location = `http://127.0.0.1:${(inside.address() as AddressInfo).port}/latest/meta-data/`;
    const chain = await startChain({
      server: { calls: { moved: (_, response) => response.writeHead(307, { location }).end() } },
    });
    const session = await openSession(chain);
    const answer = await session.post(callBody(1, "moved"));
    expect(await messagesOf(answer)).toMatchObject([{ id: 1, error: { code: 1002 } }]);
    expect([answer.headers.location, asked]).toEqual([undefined, []]);
  });

  test("that compresses what it was asked not to, a bomb or not, is not unpacked and not handed on", async () => {
    const bomb: Script = (_, response) => {
      response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
      response.end(Buffer.from("1f8b0800000000000003", "hex"));
    };
    const chain = await startChain({ server: { calls: { bomb }, on: { "tools/list": bomb } } });
    const session = await openSession(chain);
    expect(await messagesOf(await session.post('{"jsonrpc":"2.0","id":2,"method":"tools/list"}'))).toMatchObject([
      { id: 2, error: { code: 1002, message: expect.stringContaining("content-encoding gzip") } },
    ]);
    expect(chain.server.received.every(({ headers }) => headers["accept-encoding"] === "identity")).toBe(true);
  });
});

const INITIALIZE =
  '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}';
/** A stdio server that answers initialize, and then does as `then` says. */
const serverThat = (then: string): readonly string[] => [
  "-e",
  `process.stdin.once("data", () => {
    process.stdout.write('{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-11-25","capabilities":{},"serverInfo":{"name":"s","version":"1"}}}\\n');
    ${then}
  });`,
];

describe("a server over stdio", () => {
  test("that floods its standard error is heard out, in bounded lines of log, and answers still come", async () => {
    const flood = `for (let n = 0; n < 20000; n += 1) process.stderr.write("noise " + n + "\\u001b[2J\\n");
      process.stdin.on("data", () => process.stdout.write('{"jsonrpc":"2.0","id":2,"result":{"content":[]}}\\n'));`;
    const harness = await startHarness({ args: serverThat(flood) });
    const opened = await post(harness.url.href, INITIALIZE);
    const id = String(opened.headers["mcp-session-id"]);
    const answer = await post(harness.url.href, callBody(2, "any"), { "mcp-session-id": id });
    expect((await messagesOf(answer)).at(-1)).toMatchObject({ id: 2, result: {} });
    await harness.close();
    const noise = harness.log.filter((line) => line.includes("stderr:"));
    expect(noise.length).toBeGreaterThan(0);
    expect(harness.log.length).toBeLessThan(2_000);
    expect(harness.log.join("\n")).toMatch(/\d+ more lines were kept back/);
    expect(harness.log.join("\n")).not.toContain("\u001b");
  });

  test("that never reads what it is sent gets no more than is bounded, and calls are told so", async () => {
    const harness = await startHarness({ args: serverThat("process.stdin.pause(); setInterval(() => {}, 1000);") });
    const opened = await post(harness.url.href, INITIALIZE);
    const id = String(opened.headers["mcp-session-id"]);
    const long = "x".repeat(3 * 1024 * 1024);
    const calls = [2, 3, 4, 5].map((call) =>
      post(harness.url.href, callBody(call, "any", { long }), { "mcp-session-id": id }),
    );
    const told = await Promise.race(calls);
    expect((await messagesOf(told)).at(-1)).toMatchObject({
      error: { code: 1002, message: expect.stringContaining("it does not read what it is sent") },
    });
    expect(harness.nothingWritten).toHaveLength(1);
    await harness.close();
    await Promise.all(calls);
  });

  test("that goes on saying something in the place of an answer gets an error for it, in time", async () => {
    const drip = `setInterval(() => process.stdout.write('${PROGRESS}\\n'), 20);`;
    const harness = await startHarness({ args: serverThat(drip), answerTimeoutMs: 10_000, totalTimeoutMs: 700 });
    const opened = await post(harness.url.href, INITIALIZE);
    const id = String(opened.headers["mcp-session-id"]);
    const answer = await post(harness.url.href, callBody(2, "any", {}, { _meta: { progressToken: 1 } }), {
      "mcp-session-id": id,
    });
    expect((await messagesOf(answer)).at(-1)).toMatchObject({
      id: 2,
      error: { message: expect.stringContaining("it did not answer within 0.7 s") },
    });
    await harness.close();
  });
});
