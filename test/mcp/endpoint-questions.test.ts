// What the server asks of its client: judged, refused by the gate itself where it is denied, answered by the client else.
import { describe, expect, test } from "vitest";
import { callBody, type EventStream } from "../e2e/harness-wire.ts";
import { type Chain, type Policy, startChain, usualPolicy } from "./chain/chain.ts";
import { openSession } from "./chain/client.ts";
import { UPSTREAM_SESSION } from "./chain/mcp-script.ts";
import { signal } from "./chain/raw.ts";
import { beginEvents, type Script } from "./chain/scripted-server.ts";

const sampling = (id: string, prompt: string) =>
  `{"jsonrpc":"2.0","id":${id},"method":"sampling/createMessage","params":{"prompt":"${prompt}","n":9007199254740993}}`;
const progress = (step: number) =>
  `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":${step}}}`;
const RESULT = '{"jsonrpc":"2.0","id":"c","result":{"content":[]}}';

/** Denies what the server asks where it is forbidden. */
const policy: Policy = (call) =>
  call.direction === "from_server" && call.params?.text.includes("forbidden")
    ? { action: "deny", reasons: ["Not for servers"] }
    : usualPolicy(call);

/** A tool that sends these events, waits for the answer to `id`, and ends with its result. */
function asking(server: () => Chain["server"], id: string, events: readonly string[]): Script {
  return async (_, response) => {
    beginEvents(response);
    for (const event of events) response.write(`data: ${event}\n\n`);
    await server().until(({ body }) => String(body).includes(`"id":${id},`) && !String(body).includes("method"));
    response.end(`data: ${RESULT}\n\n`);
  };
}

async function startAsking(id: string, events: readonly string[]): Promise<Chain> {
  const chain: Chain = await startChain({
    policy,
    server: { calls: { echo: asking(() => chain.server, id, events) } },
  });
  return chain;
}

async function dataOf(stream: EventStream): Promise<string[]> {
  const data: string[] = [];
  for (let event = await stream.next(); event !== undefined; event = await stream.next()) data.push(event.data);
  return data;
}

describe("a request of the server's that is denied", () => {
  test("is answered by the gate, in the server's session, and the client never sees it", async () => {
    const chain = await startAsking('"q-1"', [progress(1), sampling('"q-1"', "a forbidden thing"), progress(2)]);
    const session = await openSession(chain);
    const stream = await session.stream({ authorization: "Bearer of-the-client" }, callBody("c", "echo"));
    expect(await dataOf(stream)).toEqual([progress(1), progress(2), RESULT]);
    const reply = chain.server.received.at(-1);
    expect(reply?.message).toMatchObject({ id: "q-1", error: { code: 1001 } });
    expect(reply?.message.error?.message).toContain(
      "sampling/createMessage on test.server is denied. Not for servers.",
    );
    expect(reply?.headers).toMatchObject({
      "mcp-session-id": UPSTREAM_SESSION,
      authorization: "Bearer of-the-gate",
      "content-type": "application/json",
    });
    expect(chain.judged.at(-1)?.call).toMatchObject({
      direction: "from_server",
      method: "sampling/createMessage",
      params: { text: '{"prompt":"a forbidden thing","n":9007199254740993}' },
    });
  });

  test("is answered to its own id, as it was written", async () => {
    const id = "123456789012345678901";
    const chain = await startAsking(id, [sampling(id, "forbidden")]);
    const stream = await (await openSession(chain)).stream({}, callBody("c", "echo"));
    expect(await dataOf(stream)).toEqual([RESULT]);
    expect(String(chain.server.received.at(-1)?.body)).toMatch(new RegExp(`^\\{"jsonrpc":"2.0","id":${id},"error":`));
  });

  test("is refused on the server's own stream too, where it is replayed or not", async () => {
    const GET: Script = (_, response) => {
      beginEvents(response).write(`id: 1\ndata: ${sampling("7", "forbidden")}\n\nid: 2\ndata: ${progress(1)}\n\n`);
    };
    const chain = await startChain({ policy, server: { on: { GET } } });
    const stream = await (await openSession(chain)).stream();
    expect(await stream.next()).toMatchObject({ id: "2", data: progress(1) });
    expect((await chain.server.until(({ message }) => message.error !== undefined)).message.id).toBe(7);
    stream.leave();
  });

  test("is answered one after the other: a server that asks without end takes no more than one connection", async () => {
    const questions = Array.from({ length: 40 }, (_, id) => `data: ${sampling(String(id), "forbidden")}\n\n`);
    const echo: Script = (_, response) => beginEvents(response).end(`${questions.join("")}data: ${RESULT}\n\n`);
    const [first, goOn] = [signal(), signal()];
    let replies = 0;
    const response: Script = async (_, answer) => {
      replies += 1;
      first.fire();
      await goOn.fired;
      answer.writeHead(202).end();
    };
    const chain = await startChain({ policy, server: { calls: { echo }, on: { response } } });
    const session = await openSession(chain);
    const answered = session.post(callBody("c", "echo"));
    await first.fired;
    for (let call = 0; call < 20; call += 1) await session.call("other");
    expect(replies).toBe(1);
    goOn.fire();
    expect((await answered).text).toBe(`data: ${RESULT}\n\n`);
    await chain.server.until(({ message }) => message.id === questions.length - 1);
  });

  test("costs the client nothing where the refusal can't be delivered, and the log says so", async () => {
    let isDown = false;
    const echo: Script = (_, response) => {
      isDown = true;
      beginEvents(response).end(`data: ${sampling("7", "forbidden")}\n\ndata: ${RESULT}\n\n`);
    };
    const chain = await startChain({
      policy,
      server: {
        calls: { echo },
        on: {
          response: (_, response) => {
            if (isDown) response.writeProcessing();
            response.writeHead(isDown ? 500 : 202).end();
          },
        },
      },
    });
    const session = await openSession(chain);
    expect((await session.post(callBody("c", "echo"))).text).toBe(`data: ${RESULT}\n\n`);
    await chain.server.until(({ message }) => message.error !== undefined);
    while (chain.log.length === 0) await session.post('{"jsonrpc":"2.0","id":1,"method":"ping"}');
    expect(chain.log).toEqual(["scripted: a refusal could not be delivered: it answered with HTTP status 500"]);
  });
});

describe("a request of the server's that is allowed", () => {
  test("reaches the client as it was, in its order, and the client's answer the server", async () => {
    const question = sampling('"q-1"', "hello");
    const chain = await startAsking('"q-1"', [progress(1), question, progress(2)]);
    const session = await openSession(chain);
    const stream = await session.stream({}, callBody("c", "echo"));
    for (const data of [progress(1), question, progress(2)]) expect((await stream.next())?.data).toBe(data);
    const answer = '{"jsonrpc":"2.0", "id":"q-1","result":{"role":"assistant","n":9007199254740993}}';
    expect(await session.post(answer)).toMatchObject({ status: 202, text: "" });
    expect(String(chain.server.received.at(-1)?.body)).toBe(answer);
    expect(await dataOf(stream)).toEqual([RESULT]);
  });

  test.each([
    '{"jsonrpc":"2.0","id":"q-1","error":{"code":-1,"message":"User rejected sampling"}}',
    '{"jsonrpc":"2.0","id":"q-1","result":{"roots":[{"uri":"file:///a"}]}}',
  ])("may be answered so: %s", async (answer) => {
    const chain = await startAsking('"q-1"', [sampling('"q-1"', "hello")]);
    const session = await openSession(chain);
    const stream = await session.stream({}, callBody("c", "echo"));
    await stream.next();
    await session.post(answer);
    expect(await dataOf(stream)).toEqual([RESULT]);
    expect(String(chain.server.received.at(-1)?.body)).toBe(answer);
  });

  test("is refused where the gate fails to judge it", async () => {
    const chain: Chain = await startChain({
      policy(call) {
        if (call.direction === "from_server") throw new Error("broken");
        return {};
      },
      server: { calls: { echo: asking(() => chain.server, "7", [sampling("7", "hello")]) } },
    });
    const stream = await (await openSession(chain)).stream({}, callBody("c", "echo"));
    expect(await dataOf(stream)).toEqual([RESULT]);
    expect(chain.server.received.at(-1)?.message).toMatchObject({ id: 7, error: { code: 1001 } });
  });
});
