import { describe, expect, test } from "vitest";
import { inputRequestsOf, mayAskForInput } from "../../src/mcp/input-requests.ts";
import { MAX_DEPTH, scanJson } from "../../src/mcp/json-scan.ts";

function read(text: string) {
  const scan = scanJson(text, { maxDepth: MAX_DEPTH, tolerant: true });
  if (scan.kind === "refused" || scan.root.kind !== "object") throw new Error("not an object");
  return inputRequestsOf(text, scan.root);
}

const answer = (resultText: string) => `{"jsonrpc":"2.0","id":1,"result":${resultText}}`;
const asking = (rest: string) => answer(`{"resultType":"input_required",${rest}}`);

describe("an answer that asks for input", () => {
  test("yields each question with its params as they were received, and the state", () => {
    const text = asking(
      String.raw`"inputRequests":{"a":{"method":"sampling/createMessage","params":{ "n":9007199254740993 }},"b":{"method":"roots/list"}},"requestState":"\u00e9\/1"`,
    );
    expect(read(text)).toEqual({
      kind: "asked",
      requests: [
        {
          method: "sampling/createMessage",
          params: { text: '{ "n":9007199254740993 }', value: { n: Number("9007199254740993") } },
        },
        { method: "roots/list", params: undefined },
      ],
      requestState: "é/1",
    });
  });

  test("may have neither questions nor a state", () => {
    expect(read(answer('{"resultType":"input_required"}'))).toEqual({
      kind: "asked",
      requests: [],
      requestState: undefined,
    });
  });

  test("is found behind escapes, by the cheap look too", () => {
    const text = answer(String.raw`{"result\u0054ype":"input\u005Frequired"}`);
    expect(mayAskForInput(text)).toBe(true);
    expect(read(text).kind).toBe("asked");
  });

  test.each([
    ["a task that waits for input", '"taskId":"t","status":"input_required"'],
    ["a result of another type", '"resultType":"complete"'],
    ["a result of a type that is no string", '"resultType":null'],
    ["a result that says no type", '"x":1'],
  ])("is known by its questions: %s", (_title, rest) => {
    const text = answer(`{${rest},"inputRequests":{"a":{"method":"m"}}}`);
    expect(mayAskForInput(text)).toBe(true);
    expect(read(text)).toEqual({
      kind: "asked",
      requests: [{ method: "m", params: undefined }],
      requestState: undefined,
    });
  });

  test.each([
    "InputRequests",
    "INPUTREQUESTS",
    "input_requests",
    "inputRequeſts",
    String.raw`\u0069nputRequests\u0000`,
  ])("is malformed where its questions are spelt %s, whatever its type", (key) => {
    const text = answer(`{"${key}":{"a":{"method":"m"}}}`);
    expect(mayAskForInput(text)).toBe(true);
    expect(read(text).kind).toBe("malformed");
  });

  test.each([
    ["questions that are an array", '"inputRequests":[]'],
    ["questions that are null", '"inputRequests":null'],
    ["a question that is no object", '"inputRequests":{"a":"roots/list"}'],
    ["a question without a method", '"inputRequests":{"a":{}}'],
    ["a question whose method is no string", '"inputRequests":{"a":{"method":7}}'],
    ["a question whose method is empty", '"inputRequests":{"a":{"method":""}}'],
    ["a question whose method holds a NUL", String.raw`"inputRequests":{"a":{"method":"roots/list\u0000"}}`],
    [
      "a second method in another case",
      '"inputRequests":{"a":{"method":"roots/list","Method":"sampling/createMessage"}}',
    ],
    ["params that are an array", '"inputRequests":{"a":{"method":"m","params":[]}}'],
    ["params in another case", '"inputRequests":{"a":{"method":"m","Params":{}}}'],
    ["a key of params in another case", '"inputRequests":{"a":{"method":"m","params":{"Messages":[]}}}'],
    ["questions in another case", '"InputRequests":{"a":{"method":"m"}}'],
    ["a state in another case", '"requeststate":"s"'],
    ["a state that is no string", '"requestState":7'],
    ["a number that is not finite", '"inputRequests":{"a":{"method":"m","params":{"n":1e400}}}'],
    ["half a surrogate pair", String.raw`"inputRequests":{"a":{"method":"m","params":{"s":"\ud800"}}}`],
    ["a __proto__ key", '"inputRequests":{"a":{"method":"m","params":{"__proto__":{}}}}'],
    ["101 questions", `"inputRequests":{${Array.from({ length: 101 }, (_, n) => `"${n}":{"method":"m"}`).join(",")}}`],
  ])("is malformed with %s", (_title, rest) => {
    expect(read(asking(rest))).toMatchObject({ kind: "malformed", problem: expect.any(String) });
  });

  test.each(["ResultType", "resulttype", "result_type"])("is malformed where its type is spelt %s", (key) => {
    expect(read(answer(`{"${key}":"input_required"}`)).kind).toBe("malformed");
  });
});

describe("any other message", () => {
  test.each([
    ["a complete result", answer('{"resultType":"complete","inputRequests":null}')],
    ["questions further down", answer('{"structuredContent":{"inputRequests":{"a":{"method":"m"}}}}')],
    ["the word in a text", answer('{"content":[{"type":"text","text":"input_required"}]}')],
    ["the word further down", answer('{"structuredContent":{"resultType":"input_required"}}')],
    ["the word under another key", answer('{"kind":"input_required"}')],
    ["an error", '{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"input_required"}}'],
    ["what is only malformed where it asks", answer('{"resultType":"complete","n":1e400}')],
  ])("asks for nothing: %s", (_title, text) => {
    expect(read(text)).toEqual({ kind: "none" });
  });

  test("is told by the cheap look, escapes of other letters and all", () => {
    expect(mayAskForInput(answer(String.raw`{"content":[{"type":"text","text":"\u00e9\n\u4f60"}]}`))).toBe(false);
  });
});
