import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sha256OfDefinition } from "../../src/mcp/canonical.ts";
import { listedTools, mayHoldTools, withoutTools } from "../../src/mcp/list-filter.ts";
import { anyJson, distinctJson, parses, spelledString } from "./json-arbitraries.ts";

const answer = (result: string) => `{"jsonrpc":"2.0","id":1,"result":${result}}`;
const hide = (...names: string[]) => new Set(names);

const A =
  '{"name":"a","inputSchema":{"$schema":"https://json-schema.org/draft/2020-12/schema","$defs":{"n":{"maximum":1.0}}}}';
const B = '{ "inputSchema" : {"properties":{"r":{"x-mcp-header":"Region"}}} , "name":"b" }';
const C = '{"name":"c","_meta":{"k":9007199254740993}}';
const PAGE = `{"jsonrpc":"2.0","id":"\\u0031","result":{ "_meta":{"x":1} ,"tools": [ ${A} ,\n ${B}\t, ${C} ], "nextCursor":"p\\u0032"} }`;

/** The listed tools, or what the message is instead. */
function tools(text: string) {
  const listed = listedTools(text);
  if (listed.kind !== "tools") throw new Error(JSON.stringify(listed));
  return listed;
}

describe("a list of tools", () => {
  test("is found with each definition as it was sent, and its hash", () => {
    expect(tools(PAGE)).toEqual({
      kind: "tools",
      tools: [
        { name: "a", text: A, sha256: sha256OfDefinition(A) },
        { name: "b", text: B, sha256: sha256OfDefinition(B) },
        { name: "c", text: C, sha256: sha256OfDefinition(C) },
      ],
      malformed: [],
      cursorText: '"p\\u0032"',
    });
  });

  test("may be empty, or the last page", () => {
    expect(tools(answer('{"tools":[]}'))).toEqual({ kind: "tools", tools: [], malformed: [], cursorText: undefined });
  });

  test("is found however its keys and names are escaped", () => {
    const spelled = fc.tuple(...["result", "tools", "name", "secret"].map(spelledString));
    fc.assert(
      fc.property(spelled, ([result, key, name, value]) => {
        const text = `{"jsonrpc":"2.0","id":1,${result}:{${key}:[{${name}:${value}}]}}`;
        expect(mayHoldTools(text)).toBe(true);
        expect(tools(text).tools.map((tool) => tool.name)).toEqual(["secret"]);
        expect(tools(withoutTools(text, hide("secret"))).tools).toEqual([]);
      }),
    );
  });

  test.each([
    ["another result", answer('{"content":[{"type":"text","text":"\\"tools\\":[]"}]}')],
    ["tools deeper in the result", answer('{"structuredContent":{"tools":[{"name":"a"}]}}')],
    ["tools beside the result", '{"jsonrpc":"2.0","id":1,"result":{},"tools":[{"name":"a"}]}'],
    ["tools in params", '{"jsonrpc":"2.0","id":1,"method":"sampling/createMessage","params":{"tools":[]}}'],
    ["an error", '{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"tools"}}'],
    ["no object", '"tools"'],
  ])("is not %s", (_, text) => {
    expect(listedTools(text)).toEqual({ kind: "none" });
  });

  test.each([
    ["tools as an object", answer('{"tools":{"a":{"name":"a"}}}'), '"tools" is not an array'],
    ["tools null", answer('{"tools":null}'), '"tools" is not an array'],
    ["Tools in another case", answer('{"Tools":[]}'), 'a key of the result is another spelling of "tools"'],
    ["TOOLS beside tools", answer('{"tools":[],"TOOLS":[]}'), 'a key of the result is another spelling of "tools"'],
    ["toolſ", answer('{"toolſ":[]}'), 'a key of the result is another spelling of "tools"'],
    ["NextCursor", answer('{"tools":[],"NextCursor":"x"}'), 'a key of the result is another spelling of "nextCursor"'],
    ["Result", '{"jsonrpc":"2.0","id":1,"Result":{"tools":[]}}', 'a key is another spelling of "result"'],
    ["tools twice", answer('{"tools":[],"tools":[{"name":"a"}]}'), "a key appears twice in one object (character 45)"],
    ["a result twice", '{"result":{},"result":{"tools":[]}}', "a key appears twice in one object (character 13)"],
    ["a name twice", answer('{"tools":[{"name":"a","name":"b"}]}'), "a key appears twice in one object (character 55)"],
    ["no JSON", '{"result":{"tools":[}', "a JSON value is expected (character 20)"],
  ])("is malformed with %s, and not to be relayed", (_, text, problem) => {
    expect(listedTools(text)).toEqual({ kind: "malformed", problem });
    expect(() => withoutTools(text, hide())).toThrow("holds no list");
  });
});

test("a list of more than 5,000 tools is malformed, one of 5,000 is not", () => {
  const list = (count: number) => answer(`{"tools":[${Array.from({ length: count }, (_, n) => `{"name":"${n}"}`)}]}`);
  expect(tools(list(5_000)).tools).toHaveLength(5_000);
  expect(listedTools(list(5_001))).toEqual({ kind: "malformed", problem: "it lists more than 5000 tools at once" });
});

describe("the cheap look", () => {
  test("sees no list in ordinary answers", () => {
    expect(mayHoldTools(answer('{"content":[{"type":"text","text":"these tools: \\n \\u00e9"}]}'))).toBe(false);
  });

  test.each(["TOOLS", "tooLs", "toolſ"])("sees %s, which some readers take for it", (key) => {
    expect(mayHoldTools(answer(`{"${key}":[]}`))).toBe(true);
    expect(mayHoldTools(answer(`{"\\u${key.charCodeAt(4).toString(16).padStart(4, "0")}":[]}`))).toBe(true);
  });

  test("never overlooks a list that listedTools finds", () => {
    const key = fc.constantFrom("tools", "Tools", "toolS", "toolſ", "tools\0").chain(spelledString);
    fc.assert(
      fc.property(key, distinctJson, (spelled, value) => {
        const text = answer(`{"a":${value},${spelled}:[]}`);
        fc.pre(listedTools(text).kind !== "none");
        expect(mayHoldTools(text)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe("hiding tools", () => {
  const [head, tail] = PAGE.split(`${A} ,\n ${B}\t, ${C}`);

  test.each([
    ["the first", ["a"], `${B}\t, ${C}`],
    ["one in the middle", ["b"], `${A}\t, ${C}`],
    ["the last", ["c"], `${A} ,\n ${B}`],
    ["all but the last", ["a", "b"], C],
    ["all but the first", ["b", "c"], A],
    ["the first and the last", ["a", "c"], B],
    ["all", ["a", "b", "c"], ""],
  ])("leaves out %s and no byte of the others", (_, names, middle) => {
    expect(withoutTools(PAGE, hide(...names))).toBe(`${head}${middle}${tail}`);
  });

  test("of which there are none gives the very same text", () => {
    expect(withoutTools(PAGE, hide())).toBe(PAGE);
    expect(withoutTools(PAGE, hide("d", "A", ""))).toBe(PAGE);
    expect(withoutTools(answer('{"tools":[ ]}'), hide("a"))).toBe(answer('{"tools":[ ]}'));
  });

  test("compares names as they mean, not as they are spelled", () => {
    expect(withoutTools(answer('{"tools":[{"name":"\\u0061"}]}'), hide("a"))).toBe(answer('{"tools":[]}'));
  });

  test("keeps valid JSON, the order, and every definition that is not hidden, byte by byte", () => {
    const names = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e"));
    const space = fc.constantFrom("", " ", "\n\t");
    const list = names.chain((all) =>
      fc.tuple(
        fc.tuple(...all.map((name) => fc.tuple(space, spelledString(name), distinctJson, space))),
        fc.subarray(all),
        distinctJson,
      ),
    );
    fc.assert(
      fc.property(list, ([elements, hidden, rest]) => {
        const body = elements.map(([before, name, value, after]) => `${before}{"v":${value},"name":${name}}${after}`);
        const text = answer(`{"before":${rest},"tools":[${body.join(",")}],"after":${rest}}`);
        const filtered = withoutTools(text, hide(...hidden));
        expect(parses(filtered)).toBe(true);
        expect(tools(filtered).tools).toEqual(tools(text).tools.filter(({ name }) => !hide(...hidden).has(name)));
        const { tools: _, ...others } = JSON.parse(filtered).result;
        const { tools: __, ...expected } = JSON.parse(text).result;
        expect(others).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });
});

describe("elements that are no tool", () => {
  test.each([
    ["a string", '"a"', "is not an object"],
    ["null", "null", "is not an object"],
    ["a list", '[{"name":"a"}]', "is not an object"],
    ["without name", '{"title":"a"}', "has no name"],
    ["with a number for a name", '{"name":1}', "has no name"],
    ["with a name in another case", '{"Name":"x"}', 'has a key that is another spelling of "name"'],
    ["with two names in two cases", '{"name":"x","NAME":"c"}', 'has a key that is another spelling of "name"'],
    ["of a name that came before", '{"name":"a","description":"evil"}', "has the name of an earlier one"],
    ["of a name that came before, in escapes", '{"n\\u0061me":"\\u0061"}', "has the name of an earlier one"],
  ])("are named and dropped, though nothing is hidden: %s", (_, element, problem) => {
    const text = answer(`{"tools":[${A}, ${element} ,${C}]}`);
    expect(tools(text).malformed).toEqual([`element 1 ${problem}`]);
    expect(tools(text).tools.map(({ name }) => name)).toEqual(["a", "c"]);
    expect(withoutTools(text, hide())).toBe(answer(`{"tools":[${A} ,${C}]}`));
  });
});

describe("cacheScope", () => {
  test("becomes private, for another principal may see another list", () => {
    const page = (scope: string, list: string) => answer(`{"ttlMs":5,"cacheScope": ${scope} ,"tools":[${list}]}`);
    expect(withoutTools(page('"public"', `${A},${C}`), hide("a"))).toBe(page('"private"', C));
    expect(withoutTools(page('"public"', C), hide())).toBe(page('"private"', C));
    expect(withoutTools(page("7", C), hide())).toBe(page('"private"', C));
  });

  test("stays where it is private, and is not invented", () => {
    const text = answer(`{"tools":[${A},${C}],"cacheScope":"private"}`);
    expect(withoutTools(text, hide())).toBe(text);
    expect(withoutTools(text, hide("a"))).toBe(answer(`{"tools":[${C}],"cacheScope":"private"}`));
    expect(withoutTools(PAGE, hide("a"))).not.toContain("cacheScope");
  });

  test("is edited rightly after the list too", () => {
    const text = answer(`{"tools":[${A},${C}],"cacheScope":"public"}`);
    expect(withoutTools(text, hide("a"))).toBe(answer(`{"tools":[${C}],"cacheScope":"private"}`));
  });
});

test("never throws on what a server may send, and finds tools only in JSON", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        anyJson,
        anyJson.map((value) => answer(`{"tools":${value}}`)),
        fc.string(),
      ),
      (text) => {
        const listed = listedTools(text);
        if (listed.kind === "tools") expect(parses(withoutTools(text, hide("name", "a")))).toBe(true);
      },
    ),
    { numRuns: 1_000 },
  );
});
