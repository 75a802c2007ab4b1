// What the agent sees of a call that does not go out, and what becomes of its tokens.
import { describe, expect, test } from "vitest";
import { callBody, isToolError, type Message, messagesOf, parseMessage, post, textOf } from "../e2e/harness-wire.ts";
import { type Chain, startChain } from "./chain/chain.ts";
import { openSession } from "./chain/client.ts";

const REFUSED = 1001;
const dataOf = (message: Message | undefined) => {
  const meta = message?.result?._meta;
  return typeof meta === "object" && meta !== null && "regate/decision" in meta ? meta["regate/decision"] : undefined;
};

async function callOnce(chain: Chain, tool: string, id: unknown = 1): Promise<Message | undefined> {
  const answer = await post(chain.url, callBody(id, tool));
  expect(answer.status).toBe(200);
  expect(answer.headers["content-type"]).toBe("application/json");
  return (await messagesOf(answer))[0];
}

describe("a denied call", () => {
  test("never reaches the server, and says why as a tool result, in words and as data", async () => {
    const chain = await startChain();
    const message = await callOnce(chain, "denied");
    expect(isToolError(message)).toBe(true);
    expect(textOf(message)).toBe(
      "Policy violation: denied on test.server is denied. It is forbidden. (rule no, decision decision-1)",
    );
    expect(dataOf(message)).toEqual({
      action: "deny",
      reasons: ["It is forbidden"],
      rules: ["policy.test/no"],
      decision_id: "decision-1",
      bundle_revision: "r1",
    });
    expect(chain.server.bodiesOf("tools/call")).toEqual([]);
    expect(chain.taken()).toBe(0);
    expect(chain.judged.map(({ verdict }) => verdict.kind)).toEqual(["denied"]);
  });

  test.each([["1"], [1], [-7], [9007199254740991], ['a "b" é'], [""], [0]])(
    "is answered to its own id, in its own type: %j",
    async (id) => {
      expect((await callOnce(await startChain(), "denied", id))?.id).toStrictEqual(id);
    },
  );

  test("is answered to an id that no double can hold", async () => {
    const { url } = await startChain();
    const answer = await post(url, callBody(7, "denied").replace('"id":7', '"id":123456789012345678901'));
    expect(answer.text).toContain('"id":123456789012345678901,');
  });

  test("is denied whatever session it comes in, or none", async () => {
    const chain = await startChain();
    const session = await openSession(chain);
    expect(isToolError(await session.call("denied"))).toBe(true);
    expect(isToolError(await callOnce(chain, "denied"))).toBe(true);
    expect(chain.server.bodiesOf("tools/call")).toEqual([]);
  });

  test("that names no tool is a JSON-RPC error", async () => {
    const chain = await startChain({ policy: ({ method }) => (method === "resources/read" ? { action: "deny" } : {}) });
    const answer = await post(
      chain.url,
      '{"jsonrpc":"2.0","id":"r","method":"resources/read","params":{"uri":"file:///etc/passwd"}}',
    );
    expect(answer.status).toBe(200);
    expect(parseMessage(answer.text)).toMatchObject({ id: "r", error: { code: REFUSED } });
    expect(chain.server.received).toEqual([]);
  });
});

describe("a denied notification", () => {
  test("is swallowed: 202, and the server never sees it", async () => {
    const chain = await startChain({ policy: ({ method }) => (method.endsWith("roots") ? { action: "deny" } : {}) });
    const answer = await post(chain.url, '{"jsonrpc":"2.0","method":"notifications/roots"}');
    expect(answer).toMatchObject({ status: 202, text: "" });
    expect(chain.server.received).toEqual([]);
    expect(chain.judged).toHaveLength(1);
  });
});

describe("a call without tokens", () => {
  test("is refused with the seconds to wait, and the server never sees it", async () => {
    const chain = await startChain();
    const session = await openSession(chain);
    const answers = [await session.call("limited"), await session.call("limited"), await session.call("limited")];
    expect(answers.map(isToolError)).toEqual([false, false, true]);
    expect(textOf(answers[2])).toContain(
      "limited on test.server allows 2 calls per 60 s in this session, one more every 30 s. Try again in 30 s.",
    );
    expect(dataOf(answers[2])).toMatchObject({ action: "rate_limit", retry_after: 30, rules: ["policy.test/few"] });
    expect(chain.server.bodiesOf("tools/call")).toHaveLength(2);
  });

  test("has none in its session only: another has its own", async () => {
    const chain = await startChain();
    const [one, other] = [await openSession(chain), await openSession(chain)];
    for (const session of [one, one, other, other]) expect(isToolError(await session.call("limited"))).toBe(false);
    for (const session of [one, other]) expect(isToolError(await session.call("limited"))).toBe(true);
  });

  test("is counted in one bucket, however many come at once", async () => {
    const chain = await startChain();
    const session = await openSession(chain);
    const answers = await Promise.all(Array.from({ length: 10 }, (_, id) => session.post(callBody(id, "limited"))));
    const messages = (await Promise.all(answers.map(messagesOf))).flat();
    expect(messages.filter((message) => !isToolError(message))).toHaveLength(2);
    expect(chain.server.bodiesOf("tools/call")).toHaveLength(2);
  });
});

describe("a call that waits for an approval", () => {
  test("is refused with the reason, and its token goes back", async () => {
    const chain = await startChain();
    const message = await callOnce(chain, "asked");
    expect(textOf(message)).toMatch(
      /^Approval needed: asked on test\.server waits for a person's decision, but no approver is configured\. A person decides\./,
    );
    expect(dataOf(message)).toMatchObject({ action: "require_approval" });
    expect(chain.taken()).toBe(0);
    expect(chain.server.bodiesOf("tools/call")).toEqual([]);
  });
});

describe("a step of the gate that fails", () => {
  const failing = {
    evaluate: () => {
      throw new Error("secret detail of the policy");
    },
  };

  test("refuses the call, names the step, and tells nothing else", async () => {
    const chain = await startChain({ ports: failing });
    const message = await callOnce(chain, "echo");
    expect(isToolError(message)).toBe(true);
    expect(textOf(message)).toMatch(/the decide step failed/);
    expect(dataOf(message)).toMatchObject({ action: "deny", failed_step: "decide" });
    expect(JSON.stringify(message)).not.toContain("secret detail");
    expect(chain.server.bodiesOf("tools/call")).toEqual([]);
  });

  test("refuses every other method too", async () => {
    const chain = await startChain({ ports: failing });
    const answer = await post(chain.url, '{"jsonrpc":"2.0","id":1,"method":"ping"}');
    expect(parseMessage(answer.text)).toMatchObject({ error: { code: REFUSED } });
    expect(chain.server.received).toEqual([]);
  });

  test("gives the tokens back where the record fails", async () => {
    const record = () => {
      throw new Error("the disk is full");
    };
    const chain = await startChain({ ports: { record } });
    expect(textOf(await callOnce(chain, "limited"))).toMatch(/the record step failed/);
    expect(chain.taken()).toBe(0);
    expect(chain.server.bodiesOf("tools/call")).toEqual([]);
  });
});

describe("what the policy is asked", () => {
  test("names server, place, direction, method, tool, arguments, session and principal of each call", async () => {
    const chain = await startChain();
    const headers = { "x-test-principal": "bob" };
    await post(chain.url, '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo"}}', headers);
    await post(chain.url, '{"jsonrpc":"2.0","id":2,"method":"x/y","params":{ "n":1.0 }}', headers);
    await post(chain.url, '{"jsonrpc":"2.0","id":3,"method":"ping"}', headers);
    const principal = { id: "bob", groups: [], claims: {} };
    const place = { key: "scripted", id: "test.place" };
    const common = { server: "test.server", place, direction: "to_server", session: "principal:bob", principal };
    expect(chain.judged.map(({ call }) => call)).toEqual([
      {
        ...common,
        method: "tools/call",
        tool: "echo",
        wholeParams: { text: '{"name":"echo"}', value: { name: "echo" } },
        definition: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/), text: expect.any(String) },
      },
      { ...common, method: "x/y", params: { text: '{ "n":1.0 }', value: { n: 1 } } },
      { ...common, method: "ping" },
    ]);
  });

  test("is nothing where a client answers the server: that was judged as it was asked", async () => {
    const chain = await startChain();
    const answer = await post(chain.url, '{"jsonrpc":"2.0","id":"q","result":{"n":9007199254740993}}');
    expect(answer).toMatchObject({ status: 202, text: "" });
    expect(chain.judged).toEqual([]);
    expect(String(chain.server.received[0]?.body)).toBe('{"jsonrpc":"2.0","id":"q","result":{"n":9007199254740993}}');
  });
});
