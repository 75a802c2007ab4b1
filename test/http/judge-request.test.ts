// The body of a question about a call: what two readers could read differently, or what means nothing, is no call.
import { describe, expect, test } from "vitest";
import { readCallToJudge } from "../../src/http/judge-request.ts";
import { sha256OfDefinition } from "../../src/mcp/canonical.ts";

const MAX_DEPTH = 16;

const read = (body: string | Uint8Array) =>
  readCallToJudge(typeof body === "string" ? Buffer.from(body) : body, MAX_DEPTH);

describe("a call to be judged", () => {
  test("has its arguments and its definition as they were received", () => {
    const argsText = '{ "n" : 9007199254740993, "s":"\\u00e9" }';
    const definitionText = '{"name":"pay", "inputSchema":{"type":"object"}}';
    const body = `{"server":"bank","tool":"pay","arguments":${argsText},"session":"s-1","definition":${definitionText}}`;
    expect(read(body)).toEqual({
      kind: "read",
      call: {
        server: "bank",
        tool: "pay",
        args: { text: argsText, value: JSON.parse(argsText) },
        session: "s-1",
        definition: { text: definitionText, sha256: sha256OfDefinition(definitionText) },
      },
    });
  });

  test("needs a server and a tool only", () => {
    expect(read('{"tool":"pay","server":"bank"}')).toEqual({ kind: "read", call: { server: "bank", tool: "pay" } });
  });
});

describe("what is no call is refused, and says what is wrong", () => {
  test.each([
    ["nothing", "", /refused: .*(?:expected|ends)/],
    ["no UTF-8", Uint8Array.of(0x22, 0xff, 0x22), /not UTF-8/],
    ["a byte order mark", '\ufeff{"server":"a","tool":"b"}', /refused/],
    ["an array around a call", '[{"server":"a","tool":"b"}]', /must be \{"server"/],
    ["a key that is there twice", '{"server":"a","tool":"b","tool":"c"}', /twice/],
    ["a key of the arguments that is there twice", '{"server":"a","tool":"b","arguments":{"x":1,"x":2}}', /twice/],
    ["another spelling of a key", '{"server":"a","tool":"b","Tool":"c"}', /another spelling of "tool"/],
    ["a key that means nothing", '{"server":"a","tool":"b","args":{}}', /"args" means nothing/],
    ["no server", '{"tool":"b"}', /"server" must be a name/],
    ["a server that is no text", '{"server":7,"tool":"b"}', /"server" must be a name/],
    ["an empty tool", '{"server":"a","tool":""}', /"tool" must be a name/],
    ["a tool with a control character", '{"server":"a","tool":"b\\u0000c"}', /"tool" must be a name/],
    ["arguments that are a list", '{"server":"a","tool":"b","arguments":[]}', /"arguments" must be an object/],
    ["arguments that are null", '{"server":"a","tool":"b","arguments":null}', /"arguments" must be an object/],
    ["a session with a blank", '{"server":"a","tool":"b","session":"a b"}', /"session" must be 1 to 128/],
    ["an empty session", '{"server":"a","tool":"b","session":""}', /"session" must be 1 to 128/],
    ["a session that is too long", `{"server":"a","tool":"b","session":"${"s".repeat(129)}"}`, /"session" must be/],
    ["the definition of another tool", '{"server":"a","tool":"b","definition":{"name":"c"}}', /"definition" must be/],
    ["a definition that is text", '{"server":"a","tool":"b","definition":"b"}', /"definition" must be/],
    [
      "a definition with another spelling",
      '{"server":"a","tool":"b","definition":{"name":"b","inputschema":{}}}',
      /another spelling of "inputSchema"/,
    ],
    ["a lone surrogate", '{"server":"a","tool":"b","arguments":{"x":"\\ud800"}}', /refused/],
    ["a number beyond doubles", '{"server":"a","tool":"b","arguments":{"x":1e999}}', /refused/],
    ["nesting without end", `{"server":"a","tool":"b","arguments":{"x":${"[".repeat(20)}${"]".repeat(20)}}}`, /16/],
  ])("%s", (_, body, problem) => {
    expect(read(body)).toEqual({ kind: "refused", problem: expect.stringMatching(problem) });
  });
});
