import { describe, expect, test } from "vitest";
import type { Gate } from "../../src/gate/gate.ts";
import type { Call } from "../../src/gate/types.ts";
import { createContinuations } from "../../src/mcp/continuations.ts";
import { createDefinitions } from "../../src/mcp/definitions.ts";
import { createScreen } from "../../src/mcp/screen.ts";
import { bench, decided } from "../gate/ports.ts";
import { CALLER, lookup } from "./exchanges.ts";

const TOOLS_CALL: Call = { ...CALLER, direction: "to_server", method: "tools/call", tool: "echo" };

/** A screen before a gate that hides and denies what `forbidden` says. */
function screenOf(forbidden: (call: Call) => boolean = () => false, call: Call | undefined = undefined) {
  const judged: Call[] = [];
  const gate: Gate = bench({
    evaluate(call) {
      judged.push(call);
      return forbidden(call) ? decided({ action: "deny", hidden: true, reasons: ["No"], rate_limits: [] }) : decided();
    },
  }).gate;
  const [definitions, continuations] = [createDefinitions(1_000), createContinuations()];
  const screen = createScreen({ gate, definitions, continuations, caller: CALLER, call });
  return { screen, judged, definitions, continuations };
}

const result = (text: string) => `{"jsonrpc":"2.0","id":1,"result":${text}}`;
const TOOL = (name: string) => `{ "name":"${name}", "inputSchema":{"maximum":9007199254740993} }`;

describe("a message that can't be read for certain", () => {
  test.each([
    ["no JSON", "hello"],
    ["a batch", '[{"jsonrpc":"2.0","id":1,"result":{}}]'],
    ["a duplicate key", '{"jsonrpc":"2.0","id":1,"result":{},"result":{"tools":[]}}'],
    ["a duplicate key deep inside", result('{"structuredContent":{"a":1,"a":2}}')],
    ["another spelling of a key", '{"jsonrpc":"2.0","id":1,"result":{},"Result":{"tools":[]}}'],
    ["a request and an answer at once", '{"jsonrpc":"2.0","id":1,"method":"m","result":{}}'],
    ["no JSON-RPC", '{"tools":[]}'],
    ["a notification with an id", '{"jsonrpc":"2.0","id":1,"method":"notifications/tools/list_changed"}'],
    ["a server's request with an infinite number", '{"jsonrpc":"2.0","id":1,"method":"m","params":{"n":1e999}}'],
  ])("is kept from the client: %s", async (_title, text) => {
    expect(await screenOf().screen(text)).toMatchObject({ kind: "drop", problem: expect.any(String) });
  });
});

describe("an answer without tools", () => {
  test.each([
    ["a tool's result", result('{"content":[{"type":"text","text":"n 9007199254740993 \\u00e9"}]}')],
    ["an error", '{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"no tools","data":{"tools":[{"name":"x"}]}}}'],
    ["an error that answers nothing", '{"jsonrpc":"2.0","id":null,"error":{"code":-1,"message":"m"}}'],
    ["a text that speaks of tools", result('{"content":[{"type":"text","text":"\\"tools\\""}]}')],
    ["a notification", '{"jsonrpc":"2.0","method":"notifications/message","params":{"tools":[]}}'],
  ])("passes unjudged: %s", async (_title, text) => {
    const { screen, judged } = screenOf(() => true);
    expect(await screen(text)).toMatchObject({ kind: "pass" });
    expect(judged).toEqual([]);
  });
});

describe("a list of tools", () => {
  test("loses the hidden ones, whatever call it answers, and no other byte", async () => {
    const { screen } = screenOf(({ tool }) => tool === "b", TOOLS_CALL);
    const text = result(`{"tools":[${["a", "b", "c"].map(TOOL).join(" , ")}],"x":1.0}`);
    const filtered = result(`{"tools":[${["a", "c"].map(TOOL).join(" , ")}],"x":1.0}`);
    expect(await screen(text)).toEqual({ kind: "replace", text: filtered });
  });

  test("that is long lets others have their turn while it is judged", async () => {
    const { screen, judged } = screenOf(({ tool }) => tool === "t499");
    const names = Array.from({ length: 500 }, (_, n) => `t${n}`);
    const screening = screen(result(`{"tools":[${names.map(TOOL)}]}`));
    const judgedBefore = await new Promise((resolve) => setImmediate(() => resolve(judged.length)));
    expect(await screening).toEqual({
      kind: "replace",
      text: result(`{"tools":[${names.slice(0, -1).map(TOOL)}]}`),
    });
    expect(judgedBefore).toBeLessThan(500);
    expect(judged).toHaveLength(500);
  });

  test("passes where none is hidden", async () => {
    expect(await screenOf().screen(result(`{"tools":[${TOOL("a")}]}`))).toEqual({ kind: "pass" });
  });

  test("is judged tool by tool, without arguments, by the definition that it lists", async () => {
    const { screen, judged } = screenOf();
    await screen(result(`{"tools":[${TOOL("a")}]}`));
    expect(judged).toEqual([
      {
        ...CALLER,
        direction: "to_server",
        method: "tools/call",
        tool: "a",
        definition: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/), text: TOOL("a") },
      },
    ]);
  });

  test("is found behind escapes in its key", async () => {
    const { screen } = screenOf(() => true);
    expect(await screen(result(String.raw`{"too\u006Cs":[${TOOL("a")}]}`))).toEqual({
      kind: "replace",
      text: result(String.raw`{"too\u006Cs":[]}`),
    });
  });

  test.each(['{"tools":7}', '{"Tools":[]}', '{"tools":[],"TOOLS":[]}', '{"tools":{"0":{"name":"a"}}}'])(
    "that is malformed becomes an error for the same id: %s",
    async (text) => {
      const screened = await screenOf().screen(result(text));
      if (screened.kind !== "replace") throw new Error(`it is ${screened.kind}`);
      expect(JSON.parse(screened.text)).toMatchObject({ id: 1, error: { code: 1002 } });
    },
  );

  test("is learnt with the hidden tools, so that a call of one is judged by its definition", async () => {
    const { screen, definitions } = screenOf(() => true);
    await screen(result(`{"tools":[${TOOL("a")}]}`));
    expect(await lookup(definitions, "a")).toMatchObject({ kind: "listed" });
  });

  const LIST_CALL: Call = { ...CALLER, direction: "to_server", method: "tools/list" };
  const paged = (text: string): Call => ({ ...LIST_CALL, params: { text, value: JSON.parse(text) } });

  test.each([
    ["the answer to a list from its beginning", LIST_CALL, "", ["mark", "whole"]],
    ["with params that name no cursor", paged('{"_meta":{}}'), "", ["mark", "whole"]],
    ["the first of several pages", LIST_CALL, ',"nextCursor":"2"', ["mark"]],
    ["a later page", paged('{"cursor":"2"}'), "", []],
    ["a later page by an empty cursor", paged('{"cursor":""}'), "", []],
    ["replayed on a stream", undefined, "", []],
    ["the answer to another call", TOOLS_CALL, "", []],
  ])("is a whole one only where that is known: %s", async (_title, call, rest, expected) => {
    const seen: string[] = [];
    const definitions = createDefinitions(1_000, {
      listed() {},
      mark: () => seen.push("mark"),
      wasWhole: () => seen.push("whole"),
    });
    const screen = createScreen({
      gate: bench().gate,
      definitions,
      continuations: createContinuations(),
      caller: CALLER,
      call,
    });
    await screen(result(`{"tools":[${TOOL("a")}]${rest}}`));
    expect(seen).toEqual(expected);
  });

  test("lets others have their turn sooner where a tool takes long to be judged", async () => {
    const { screen, judged } = screenOf(() => {
      const endMs = performance.now() + 11;
      while (performance.now() < endMs);
      return false;
    });
    const screening = screen(result(`{"tools":[${["a", "b", "c", "d"].map(TOOL)}]}`));
    const judgedBefore = await new Promise((resolve) => setImmediate(() => resolve(judged.length)));
    await screening;
    expect(judgedBefore).toBeLessThan(4);
    expect(judged).toHaveLength(4);
  });

  test("is forgotten when the server says that it changed", async () => {
    const { screen, definitions } = screenOf();
    await screen(result(`{"tools":[${TOOL("a")}]}`));
    expect(await screen('{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}')).toEqual({ kind: "pass" });
    expect(await lookup(definitions, "a")).toMatchObject({
      kind: "failed",
      problem: expect.stringContaining("nobody"),
    });
  });
});

describe("a request of the server's", () => {
  const ask = '{"jsonrpc":"2.0","id":"q-1","method":"sampling/createMessage","params":{"n":9007199254740993}}';

  test("is judged as from the server, with its params as they were received", async () => {
    const { screen, judged } = screenOf();
    expect(await screen(ask)).toEqual({ kind: "pass" });
    expect(judged).toMatchObject([
      {
        ...CALLER,
        direction: "from_server",
        method: "sampling/createMessage",
        params: { text: '{"n":9007199254740993}' },
      },
    ]);
    expect(judged[0]).not.toHaveProperty("tool");
  });

  test("is refused towards the server where it is denied", async () => {
    const { screen } = screenOf(({ direction }) => direction === "from_server");
    const screened = await screen(ask);
    if (screened.kind !== "refuse") throw new Error(`it is ${screened.kind}`);
    expect(JSON.parse(screened.replyText)).toMatchObject({ id: "q-1", error: { code: 1001 } });
    expect(screened.replyText).toContain("sampling/createMessage on test.server is denied. No.");
  });
});

describe("an answer that asks for input", () => {
  const asking = (rest: string) => result(`{"resultType":"input_required","requestState":"state-1",${rest}}`);
  const question =
    '"inputRequests":{"a":{"method":"roots/list"},"b":{"method":"elicitation/create","params":{"m":1.0}}}';

  test("passes where each question is allowed, and its state continues the call", async () => {
    const { screen, judged, continuations } = screenOf(undefined, TOOLS_CALL);
    expect(await screen(asking(question))).toEqual({ kind: "pass" });
    expect(judged).toMatchObject([
      { direction: "from_server", method: "roots/list" },
      { direction: "from_server", method: "elicitation/create", params: { text: '{"m":1.0}' } },
    ]);
    expect(continuations.use(TOOLS_CALL, { inputResponses: {}, requestState: "state-1" })).toBe(true);
  });

  test("becomes an error for the same id where one question is denied, and continues nothing", async () => {
    const { screen, continuations } = screenOf(({ method }) => method === "elicitation/create", TOOLS_CALL);
    const screened = await screen(asking(question));
    if (screened.kind !== "replace") throw new Error(`it is ${screened.kind}`);
    expect(JSON.parse(screened.text)).toMatchObject({ id: 1, error: { code: 1001 } });
    expect(continuations.use(TOOLS_CALL, { inputResponses: {}, requestState: "state-1" })).toBe(false);
  });

  test.each(['"status":"input_required"', '"resultType":"complete"', '"x":1'])(
    "has its questions judged whatever it says it is: %s",
    async (rest) => {
      const { screen } = screenOf(({ method }) => method === "elicitation/create", TOOLS_CALL);
      const screened = await screen(result(`{${rest},${question}}`));
      if (screened.kind !== "replace") throw new Error(`it is ${screened.kind}`);
      expect(JSON.parse(screened.text)).toMatchObject({ id: 1, error: { code: 1001 } });
    },
  );

  test("has its questions judged though it lists tools too, and its tools hidden though it asks", async () => {
    const denied = screenOf(({ method }) => method === "roots/list", TOOLS_CALL);
    expect(await denied.screen(asking(`${question},"tools":[${TOOL("a")}]`))).toMatchObject({ kind: "replace" });
    const hiding = screenOf(({ tool }) => tool === "a", TOOLS_CALL);
    expect(await hiding.screen(asking(`${question},"tools":[${TOOL("a")}]`))).toEqual({
      kind: "replace",
      text: asking(`${question},"tools":[]`),
    });
  });

  test("is kept back where it can't be read for certain", async () => {
    expect(await screenOf().screen(asking('"inputRequests":{"a":{"Method":"m"}}'))).toMatchObject({ kind: "drop" });
  });

  test("continues nothing where nobody knows which call it answers", async () => {
    const { screen, continuations } = screenOf();
    expect(await screen(asking(question))).toEqual({ kind: "pass" });
    expect(continuations.use(TOOLS_CALL, { inputResponses: {}, requestState: "state-1" })).toBe(false);
  });
});
