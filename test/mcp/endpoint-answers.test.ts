// Answers judged at the endpoint, however a server over HTTP gives them: whole, as events, replayed, in the middle of other
// messages, as an error. What can't be told to a call does not pass. The policy is Rego, built by OPA.
import { beforeAll, describe, expect, test } from "vitest";
import { createAnswerJudge } from "../../src/answers/answer-judge.ts";
import type { ResultEvent } from "../../src/log/result-line.ts";
import type { ActivePolicy } from "../../src/policy/active-policy.ts";
import { policyOf } from "../answers/support.ts";
import { callBody, isToolError, type Message, messagesOf, textOf } from "../e2e/harness-wire.ts";
import { type ChainOptions, startChain } from "./chain/chain.ts";
import { openSession } from "./chain/client.ts";
import { answerText, beginEvents, type Script } from "./chain/scripted-server.ts";

const KEY = "AKIAIOSFODNN7EXAMPLE";
const contentOf = (text: string): string => `{"content":[{"type":"text","text":${JSON.stringify(text)}}]}`;
const event = (message: string, id?: string): string => `${id === undefined ? "" : `id: ${id}\n`}data: ${message}\n\n`;
const resultOf = (id: string | number, text: string): string =>
  `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${contentOf(text)}}`;
const notice = (method: string, params: unknown): string => JSON.stringify({ jsonrpc: "2.0", method, params });

const RULES = `package policy.servers["test.server"]

rules["*"] contains {"id": "all", "action": "allow"}

results.secretive contains {"id": "secretive", "action": "refuse", "reason": "Its answers are not for agents"}
`;
const GUARDRAILS = `package policy.guardrails

results contains {"id": "no-secrets", "action": "redact", "secrets": true}

results contains {"id": "no-chatter", "action": "refuse", "reason": "No"} if input.method == "notifications/chatter"
`;

describe("answers, where rules speak to them,", () => {
  let guarded: ActivePolicy;
  let byTool: ActivePolicy;

  beforeAll(async () => {
    [guarded, byTool] = await Promise.all([
      policyOf({ "policy/own.rego": RULES, "policy/guardrails.rego": GUARDRAILS }),
      policyOf({ "policy/own.rego": RULES }),
    ]);
  });

  async function startJudged(options: ChainOptions = {}, policy = guarded) {
    const events: ResultEvent[] = [];
    const answers = createAnswerJudge({
      policy,
      maxBytes: 50_000,
      timezone: "UTC",
      unixMs: () => 0,
      record: (one) => void events.push(one),
    });
    const chain = await startChain({ ...options, endpoint: { answers } });
    return { chain, events, session: await openSession(chain) };
  }

  /** A tool that streams what `say` makes of the request's id. */
  const streaming =
    (say: (id: string | number) => string): Script =>
    ({ message }, response) =>
      void beginEvents(response).end(say(message.id as string));

  test("lose their secrets as JSON and as events, and the messages before them too", async () => {
    const { session, events } = await startJudged({
      server: {
        calls: {
          whole: contentOf(`a ${KEY}`),
          streamed: streaming(
            (id) =>
              event(notice("notifications/message", { level: "info", data: `log ${KEY}` })) +
              event(notice("notifications/progress", { progressToken: "t", progress: 1 })) +
              event(resultOf(id, `a ${KEY}`)),
          ),
        },
      },
    });
    expect(textOf(await session.call("whole"))).toBe("a **masked**");
    const messages = await messagesOf(await session.post(callBody(7, "streamed")));
    expect(messages.map(({ method, id }) => method ?? id)).toEqual([
      "notifications/message",
      "notifications/progress",
      7,
    ]);
    expect(messages[0]?.params).toEqual({ level: "info", data: "log **masked**" });
    expect(messages[1]?.params).toEqual({ progressToken: "t", progress: 1 });
    expect(textOf(messages[2])).toBe("a **masked**");
    expect(messages[2]?.result?._meta).toMatchObject({
      "regate/decision": { action: "redact_answer", decision_id: events[2]?.about.decisionId },
    });
    expect(events.map(({ said, about }) => [said, about.tool])).toEqual([
      ["result", "whole"],
      ["notification", undefined],
      ["result", "streamed"],
    ]);
  });

  test("are refused as tool errors, and a notification that is refused does not come", async () => {
    const { session, chain } = await startJudged({
      server: {
        calls: {
          secretive: contentOf("x"),
          chatty: streaming((id) => event(notice("notifications/chatter", { a: 1 })) + event(resultOf(id, "fine"))),
        },
      },
    });
    const refused = await session.call("secretive");
    expect(isToolError(refused)).toBe(true);
    expect(textOf(refused)).toMatch(
      /^Policy violation: secretive on test\.server was called, but its answer is withheld\. Its answers are not for agents\. Calling it again does not help\. \(rules no-secrets, secretive, decision decision-\d+\)$/,
    );
    expect(refused.result?._meta).toMatchObject({ "regate/decision": { action: "refuse_answer" } });
    expect(await messagesOf(await session.post(callBody(2, "chatty")))).toMatchObject([{ id: 2 }]);
    expect(chain.log.join()).toContain("notifications/chatter is refused by the policy");
  });

  test("of other requests that return content are judged by guardrails, errors too, and lists are not", async () => {
    const { session } = await startJudged({
      server: {
        on: {
          "resources/read": `{"contents":[{"uri":"a:b","text":"${KEY}"}]}`,
          "resources/list": `{"resources":[{"uri":"a:b","name":"${KEY}"}]}`,
          "vendor/peek": `{"seen":"${KEY}"}`,
        },
        calls: {
          fails: (received, response) =>
            answerText(
              response,
              `{"jsonrpc":"2.0","id":${received.message.id},"error":{"code":-1,"message":"no ${KEY}"}}`,
            ),
        },
      },
    });
    const ask = async (method: string): Promise<Message | undefined> =>
      (await messagesOf(await session.post(`{"jsonrpc":"2.0","id":1,"method":"${method}","params":{"uri":"a:b"}}`)))[0];
    expect(await ask("resources/read")).toMatchObject({ result: { contents: [{ uri: "a:b", text: "**masked**" }] } });
    expect(await ask("resources/list")).toMatchObject({ result: { resources: [{ name: KEY }] } });
    expect(await ask("vendor/peek")).toMatchObject({ result: { seen: "**masked**" } });
    const failed = await messagesOf(await session.post(callBody(3, "fails")));
    expect(failed).toMatchObject([{ id: 3, error: { code: -1, message: "no **masked**" } }]);
  });

  test("that come on a resumed stream are judged as answers to their calls, and as nothing where no call is known", async () => {
    const replay = [1, 2, 99].map((id) => event(resultOf(id, `${KEY} ${id}`), `e${id}`)).join("");
    const { session } = await startJudged({
      server: {
        calls: { "*": streaming(() => "id: e0\ndata:\n\n") },
        on: { GET: (_, response) => void beginEvents(response).end(replay) },
      },
    });
    await session.post(callBody(1, "echo"));
    await session.post(callBody(2, "secretive"));
    const stream = await session.stream({ "last-event-id": "e0" });
    const messages = [await stream.nextMessage(), await stream.nextMessage(), await stream.nextMessage()];
    expect(textOf(messages[0])).toBe("**masked** 1");
    expect(textOf(messages[1])).toContain("Its answers are not for agents");
    expect(messages[2]).toMatchObject({ id: 99, error: { code: 1001 } });
    expect(JSON.stringify(messages)).not.toContain(KEY);
  });

  test("under an id that two calls had are told to neither", async () => {
    const { session } = await startJudged({
      server: {
        calls: { "*": streaming(() => "id: e0\ndata:\n\n") },
        on: { GET: (_, response) => void beginEvents(response).end(event(resultOf(1, "x"))) },
      },
    });
    await session.post(callBody(1, "secretive"));
    await session.post(callBody(1, "echo"));
    const stream = await session.stream({ "last-event-id": "e0" });
    expect(await stream.nextMessage()).toMatchObject({ id: 1, error: { code: 1001 } });
  });

  test("of tasks are refused where rules are about tools, for nobody knows which tool it was", async () => {
    const server = { on: { "tasks/result": contentOf("x"), "tasks/get": '{"taskId":"1","status":"working"}' } };
    const { session } = await startJudged({ server }, byTool);
    const ask = async (method: string) =>
      (
        await messagesOf(await session.post(`{"jsonrpc":"2.0","id":1,"method":"${method}","params":{"taskId":"1"}}`))
      )[0];
    expect(await ask("tasks/result")).toMatchObject({ error: { code: 1001 } });
    expect(await ask("tasks/get")).toMatchObject({ result: { status: "working" } });
  });

  test("keep the text of an HTTP error from the client, which no rule can judge", async () => {
    const errors: Record<string, Script> = {
      plain: (_, response) => response.writeHead(500, { "content-type": "text/plain" }).end(`see ${KEY}`),
      broken: (_, response) => response.writeHead(400, { "content-type": "application/json" }).end(`{"x":"${KEY}"`),
      foreign: (_, response) => response.writeHead(400, { "content-type": "application/json" }).end(resultOf(77, KEY)),
      own: ({ message }, response) =>
        response.writeHead(400, { "content-type": "application/json" }).end(resultOf(message.id as number, KEY)),
    };
    const { session } = await startJudged({ server: { calls: errors } });
    for (const tool of Object.keys(errors)) {
      const answer = await session.post(callBody(1, tool));
      expect([400, 500]).toContain(answer.status);
      expect(answer.text).not.toContain(KEY);
    }
    const chatty = {
      on: {
        "notifications/progress": ((_, response) =>
          response.writeHead(200, { "content-type": "text/plain" }).end(`see ${KEY}`)) satisfies Script,
      },
    };
    const { session: told } = await startJudged({ server: chatty });
    expect((await told.post(notice("notifications/progress", {}))).text).toBe("");
    const { session: free } = await startJudged({ server: { calls: errors } }, byTool);
    // its server has rules for another tool only: that is enough
    expect((await free.post(callBody(1, "plain"))).text).toBe("");
  });

  test("that are longer than may be judged are refused, and the next one comes", async () => {
    const { session } = await startJudged({
      server: { calls: { long: contentOf("x".repeat(60_000)), ok: contentOf("ok") } },
    });
    expect(textOf(await session.call("long"))).toMatch(
      /is withheld\. It is too long to be judged \(\d+ bytes, at most 50000\)/,
    );
    expect(textOf(await session.call("ok"))).toBe("ok");
  });
});

describe("without rules for answers", () => {
  test("an answer to a call that was never made is dropped, and logged, on every stream but a resumed one", async () => {
    const made = event(resultOf("nobody", "x"), "e1");
    const chain = await startChain({
      server: {
        calls: {
          echo: ({ message }, response) =>
            void beginEvents(response).end(made + event(resultOf(message.id as string, "mine"))),
        },
        on: { GET: (_, response) => void beginEvents(response).end(made + event(notice("notifications/message", {}))) },
      },
    });
    const session = await openSession(chain);
    expect((await messagesOf(await session.post(callBody(5, "echo")))).map(({ id }) => id)).toEqual([5]);
    expect(await (await session.stream()).nextMessage()).toMatchObject({ method: "notifications/message" });
    expect(chain.log.filter((line) => line.includes("an answer to no request of this exchange"))).toHaveLength(2);
    expect(await (await session.stream({ "last-event-id": "e0" })).nextMessage()).toMatchObject({ id: "nobody" });
  });
});
