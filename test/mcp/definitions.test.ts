import { describe, expect, test } from "vitest";
import { createDefinitions, type Definitions, type ListingObserver } from "../../src/mcp/definitions.ts";
import { listedTools } from "../../src/mcp/list-filter.ts";
import type { OwnAnswer, Upstream } from "../../src/mcp/upstream.ts";
import { definitionOf, pageOf } from "./chain/mcp-script.ts";
import { askable, exchangeOf, lookup } from "./exchanges.ts";

const answered = (resultText: string): OwnAnswer => ({
  kind: "answered",
  text: `{"jsonrpc":"2.0","id":"own","result":${resultText}}`,
});
const failedWith = (code: number): OwnAnswer => ({
  kind: "answered",
  text: `{"jsonrpc":"2.0","id":"own","error":{"code":${code},"message":"m"}}`,
});

function toolsOf(page: string) {
  const listed = listedTools(`{"jsonrpc":"2.0","id":1,"result":${page}}`);
  if (listed.kind !== "tools") throw new Error("it lists tools");
  return listed.tools;
}

const definition = { sha256: expect.stringMatching(/^[0-9a-f]{64}$/), text: expect.any(String) };
const find = (definitions: Definitions, tool: string, upstream: Upstream, metaText?: string) =>
  definitions.lookup(tool, upstream, exchangeOf(), metaText);

describe("a tool that was listed to the session", () => {
  test("has the definition that came last, and the server is not asked", async () => {
    const definitions = createDefinitions(1_000);
    definitions.learn("session-1", toolsOf(pageOf(["a", "b"])));
    const first = await lookup(definitions, "a");
    expect(first).toEqual({ kind: "listed", definition, paramHeaders: [] });
    definitions.learn("session-1", toolsOf('{"tools":[{"name":"a","description":"another"}]}'));
    const second = await lookup(definitions, "a");
    expect(second).toMatchObject({ kind: "listed" });
    expect(second).not.toEqual(first);
  });

  test("has its definition's text, as it was received", async () => {
    const definitions = createDefinitions(1_000);
    definitions.learn("session-1", toolsOf('{"tools":[{ "name":"a", "x":1.0 }]}'));
    expect(await lookup(definitions, "a")).toMatchObject({ definition: { text: '{ "name":"a", "x":1.0 }' } });
  });

  test("says which arguments it wants repeated in headers, behind escapes too", async () => {
    const definitions = createDefinitions(1_000);
    const schema = String.raw`{"properties":{"r":{"type":"integer","x-mcp-head\u0065r":"Region"}}}`;
    definitions.learn("session-1", toolsOf(`{"tools":[{"name":"a","inputSchema":${schema}}]}`));
    expect(await lookup(definitions, "a")).toMatchObject({
      paramHeaders: [{ header: "mcp-param-region", path: ["r"], numeric: true }],
    });
  });

  test("was not listed to another session", async () => {
    const definitions = createDefinitions(1_000);
    definitions.learn("session-1", toolsOf(pageOf(["a"])));
    expect(await lookup(definitions, "a", "session-2")).toMatchObject({ kind: "failed" });
  });

  test("no longer counts once it is forgotten", async () => {
    const definitions = createDefinitions(1_000);
    definitions.learn("session-1", toolsOf(pageOf(["a"])));
    definitions.forget("session-1");
    expect(await lookup(definitions, "a")).toMatchObject({ kind: "failed" });
  });
});

describe("a tool that was not listed yet", () => {
  test("is looked for page by page, once for all that wait", async () => {
    const definitions = createDefinitions(1_000);
    const pages = [pageOf(["a"], "x/1"), pageOf(["b"], 'x"2'), pageOf(["c"])];
    const { upstream, asked } = askable(() => answered(pages.shift() ?? ""));
    const found = await Promise.all(["c", "a", "nowhere"].map((tool) => find(definitions, tool, upstream)));
    expect(found).toMatchObject([{ kind: "listed", definition }, { kind: "listed", definition }, { kind: "absent" }]);
    expect(asked).toEqual(["tools/list {}", 'tools/list {"cursor":"x/1"}', String.raw`tools/list {"cursor":"x\"2"}`]);
    expect(await find(definitions, "b", upstream)).toMatchObject({ kind: "listed" });
    expect(await find(definitions, "other", upstream)).toEqual({ kind: "absent" });
    expect(asked).toHaveLength(3);
  });

  test("is another spelling of one that was, of the last list too", async () => {
    const definitions = createDefinitions(1_000);
    const { upstream } = askable(() => answered(pageOf(["read_file"])));
    expect(await find(definitions, "Read_File", upstream)).toEqual({ kind: "absent", misspelt: true });
    expect(await find(definitions, "Delete", upstream)).toEqual({ kind: "absent" });
    definitions.learn("session-1", toolsOf(pageOf(["delete"])));
    expect(await find(definitions, "Delete", upstream)).toEqual({ kind: "absent", misspelt: true });
  });

  test("is looked for with the meta of a modern call, on each page", async () => {
    const { upstream, asked } = askable((params) => answered(params.includes("cursor") ? pageOf([]) : pageOf([], "1")));
    await find(createDefinitions(1_000), "a", upstream, '{"n":1.0}');
    expect(asked).toEqual(['tools/list {"_meta":{"n":1.0}}', 'tools/list {"_meta":{"n":1.0},"cursor":"1"}']);
  });

  test("is looked for though the client has listed the first page", async () => {
    const definitions = createDefinitions(1_000);
    definitions.learn("session-1", toolsOf(pageOf(["a"], "more")));
    const { upstream } = askable(() => answered(pageOf(["a", "b"])));
    expect(await find(definitions, "b", upstream)).toMatchObject({ kind: "listed" });
  });

  test("is absent where the server has no tools at all", async () => {
    const { upstream, asked } = askable(() => failedWith(-32601));
    const definitions = createDefinitions(1_000);
    expect(await find(definitions, "a", upstream)).toEqual({ kind: "absent" });
    expect(await find(definitions, "a", upstream)).toEqual({ kind: "absent" });
    expect(asked).toHaveLength(1);
  });

  test.each(["null", '""'])("is absent after a page whose cursor is %s, which is none", async (cursor) => {
    const { upstream, asked } = askable(() => answered(`{"tools":[],"nextCursor":${cursor}}`));
    expect(await find(createDefinitions(1_000), "a", upstream)).toEqual({ kind: "absent" });
    expect(asked).toHaveLength(1);
  });

  test("is listed again after the list has changed", async () => {
    const definitions = createDefinitions(1_000);
    const { upstream, asked } = askable(() => answered(asked.length === 1 ? pageOf(["a"]) : pageOf(["b"])));
    expect(await find(definitions, "a", upstream)).toMatchObject({ kind: "listed" });
    definitions.forget("session-1");
    expect(await find(definitions, "a", upstream)).toEqual({ kind: "absent" });
  });

  test("is listed again where the list changes while it is read", async () => {
    const definitions = createDefinitions(1_000);
    const { upstream, asked } = askable(() => {
      if (asked.length === 1) definitions.forget("session-1");
      return answered(asked.length === 1 ? pageOf(["a"]) : pageOf(["b"]));
    });
    expect(await find(definitions, "a", upstream)).toEqual({ kind: "absent" });
    expect(asked).toHaveLength(2);
  });
});

describe("a listing that fails", () => {
  const manyNames = (count: number) => Array.from({ length: count }, (_, n) => String(n));
  const endless = () => {
    let page = 0;
    return askable(() => answered(pageOf([], `page-${++page}`)));
  };

  test.each([
    ["the server is down", { kind: "failed", problem: "it can't be reached" }, "it can't be reached"],
    ["an error", failedWith(-32603), "error -32603"],
    ["no JSON-RPC", { kind: "answered", text: "hello" }, "malformed"],
    ["a request", { kind: "answered", text: '{"jsonrpc":"2.0","id":1,"method":"m"}' }, "something else"],
    ["a result without tools", answered("{}"), "malformed"],
    ["tools that are no list", answered('{"tools":{}}'), "malformed"],
    ["the same cursor again", answered(pageOf(["a"], "again")), "repeats a cursor"],
    ["too many tools on one page", answered(pageOf(manyNames(5_001))), "more than 5000 tools at once"],
  ] satisfies [string, OwnAnswer, string][])("says why: %s", async (_title, answer, problem) => {
    const { upstream } = askable(() => answer);
    expect(await find(createDefinitions(1_000), "nowhere", upstream)).toEqual({
      kind: "failed",
      problem: expect.stringContaining(problem),
      sessionLost: false,
    });
  });

  test("says why: too many pages", async () => {
    const { upstream, asked } = endless();
    expect(await find(createDefinitions(1_000), "a", upstream)).toMatchObject({
      kind: "failed",
      problem: expect.stringContaining("more than 500 pages"),
    });
    expect(asked).toHaveLength(500);
  });

  test("says why: a list that keeps changing", async () => {
    const definitions = createDefinitions(1_000);
    const { upstream, asked } = askable(() => {
      definitions.forget("session-1");
      return answered(pageOf(["a"]));
    });
    expect(await find(definitions, "a", upstream)).toMatchObject({
      kind: "failed",
      problem: expect.stringContaining("keep changing"),
    });
    expect(asked).toHaveLength(3);
  });

  test("says that there are too many tools on all pages together", async () => {
    const { upstream, asked } = askable(() => answered(pageOf(manyNames(5_000), `page-${asked.length}`)));
    expect(await find(createDefinitions(1_000), "nowhere", upstream)).toMatchObject({
      kind: "failed",
      problem: "the server lists more than 50000 tools",
    });
    expect(asked).toHaveLength(11);
  });

  test("says that the server lost the session", async () => {
    const { upstream } = askable(() => ({ kind: "failed", problem: "404", sessionLost: true }));
    expect(await find(createDefinitions(1_000), "a", upstream)).toMatchObject({ kind: "failed", sessionLost: true });
  });

  test("is tried again by the next call", async () => {
    const definitions = createDefinitions(1_000);
    const { upstream, asked } = askable(() => (asked.length === 1 ? failedWith(-32603) : answered(pageOf(["a"]))));
    expect(await find(definitions, "a", upstream)).toMatchObject({ kind: "failed" });
    expect(await find(definitions, "a", upstream)).toMatchObject({ kind: "listed" });
  });
});

describe("what is held in memory", () => {
  const page = (first: number) =>
    toolsOf(`{"tools":[${Array.from({ length: 5_000 }, (_, n) => `{"name":"${first + n}"}`).join(",")}]}`);
  const many = Array.from({ length: 10 }, (_, n) => page(5_000 * n)).flat();

  test("is bounded over all sessions: those used longest ago are listed again", async () => {
    const definitions = createDefinitions(1_000);
    for (let session = 0; session < 10; session += 1) definitions.learn(`s${session}`, many);
    expect(await lookup(definitions, "49999", "s0")).toMatchObject({ kind: "listed" });
    definitions.learn("s10", toolsOf(pageOf(["a"])));
    expect(await lookup(definitions, "0", "s0")).toMatchObject({ kind: "listed" });
    expect(await lookup(definitions, "a", "s10")).toMatchObject({ kind: "listed" });
    expect(await lookup(definitions, "0", "s1")).toMatchObject({ kind: "failed" });
    expect(await lookup(definitions, "0", "s2")).toMatchObject({ kind: "listed" });
  });

  test("is bounded in the number of sessions too", async () => {
    const definitions = createDefinitions(1_000);
    const tools = toolsOf(pageOf(["a"]));
    for (let session = 0; session < 100_000; session += 1) definitions.learn(`s${session}`, tools);
    expect(await lookup(definitions, "a", "s0")).toMatchObject({ kind: "listed" });
    definitions.learn("one-more", tools);
    expect(await lookup(definitions, "a", "s0")).toMatchObject({ kind: "listed" });
    expect(await lookup(definitions, "a", "s1")).toMatchObject({ kind: "failed" });
  });

  test("is bounded for one session: what is over counts as never listed", async () => {
    const definitions = createDefinitions(1_000);
    definitions.learn("session-1", many);
    definitions.learn("session-1", toolsOf(`{"tools":[${definitionOf("one-more")},{"name":"7","x":1}]}`));
    expect(await lookup(definitions, "one-more")).toMatchObject({ kind: "failed" });
    expect(await lookup(definitions, "7")).toMatchObject({ kind: "listed" });
  });
});

describe("the text of definitions", () => {
  /** Four of these are too many. */
  const large = (name: string) => toolsOf(`{"tools":[{"name":"${name}","description":"${"x".repeat(10_000_000)}"}]}`);

  test("is bounded over all sessions: those used longest ago are listed again", async () => {
    const definitions = createDefinitions(1_000);
    for (const name of ["a", "b", "c", "d"]) definitions.learn(`session-${name}`, large(name));
    expect(await lookup(definitions, "a", "session-a")).toMatchObject({ kind: "failed" });
    for (const name of ["b", "c", "d"])
      expect(await lookup(definitions, name, `session-${name}`)).toMatchObject({ kind: "listed" });
  });

  test("takes no room twice", async () => {
    const definitions = createDefinitions(1_000);
    const tools = large("a");
    for (let session = 0; session < 10; session += 1) definitions.learn(`session-${session}`, tools);
    expect(await lookup(definitions, "a", "session-0")).toMatchObject({ kind: "listed" });
    for (let session = 0; session < 10; session += 1) definitions.forget(`session-${session}`);
    for (const name of ["b", "c", "d"]) definitions.learn(`session-${name}`, large(name));
    definitions.learn("another", large("d"));
    for (const [session, name] of [
      ["session-b", "b"],
      ["another", "d"],
    ])
      expect(await lookup(definitions, name ?? "", session)).toMatchObject({ kind: "listed" });
  });

  test("is bounded for one session: what has no room counts as never listed, an earlier one too", async () => {
    const definitions = createDefinitions(1_000);
    definitions.learn("session-1", toolsOf(pageOf(["a", "d"])));
    for (const name of ["a", "b", "c", "d"]) definitions.learn("session-1", large(name));
    expect(await lookup(definitions, "c")).toMatchObject({ kind: "listed" });
    expect(await lookup(definitions, "d")).toMatchObject({ kind: "failed" });
    definitions.learn("session-1", toolsOf(pageOf(["c"])));
    definitions.learn("session-1", large("d"));
    expect(await lookup(definitions, "d")).toMatchObject({ kind: "listed" });
  });
});

describe("an observer", () => {
  function observed() {
    const seen: string[] = [];
    let moment = 0;
    const observer: ListingObserver = {
      listed: (tool, { text }) => seen.push(`${tool} ${text.length}`),
      mark: () => {
        moment += 1;
        seen.push(`mark ${moment}`);
        return moment;
      },
      wasWhole: (mark) => seen.push(`whole since ${mark}`),
    };
    return { seen, definitions: createDefinitions(1_000, observer) };
  }

  test("sees each tool of each page, and when all that there are were listed", () => {
    const { seen, definitions } = observed();
    definitions.learn("one", toolsOf('{"tools":[{"name":"a"}]}'), { isFirst: true, isLast: false });
    definitions.learn("two", toolsOf('{"tools":[{"name":"a"}]}'), { isFirst: true, isLast: true });
    definitions.learn("one", toolsOf('{"tools":[{"name":"b"}]}'), { isFirst: false, isLast: true });
    expect(seen).toEqual(["mark 1", "a 12", "mark 2", "a 12", "whole since 2", "b 12", "whole since 1"]);
  });

  test("is not told of a whole list where its beginning was not seen", () => {
    const { seen, definitions } = observed();
    definitions.learn("one", toolsOf('{"tools":[{"name":"a"}]}'));
    definitions.learn("one", toolsOf('{"tools":[{"name":"b"}]}'), { isFirst: false, isLast: true });
    expect(seen).toEqual(["a 12", "b 12"]);
  });

  test("sees what the gate lists by itself, whole where it could be read to its end", async () => {
    const { seen, definitions } = observed();
    const pages = [pageOf(["a"], "more"), pageOf(["b"])];
    const { upstream } = askable(() => answered(pages.shift() ?? "{}"));
    await find(definitions, "b", upstream);
    expect(seen).toEqual(["mark 1", expect.stringMatching(/^a /), expect.stringMatching(/^b /), "whole since 1"]);
    definitions.forget("session-1");
    await find(definitions, "b", upstream);
    expect(seen.slice(4)).toEqual(["mark 2"]);
  });
});
