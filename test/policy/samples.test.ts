import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readSamples } from "../../src/policy/samples.ts";
import { makeFolder, problemOf, ROOT } from "./support.ts";

const sample = (title: string, input: object = { server: "files" }) => JSON.stringify({ title, input, decision: {} });

describe("the samples of a policy repository", () => {
  test("are read from every folder, sorted by path, with their inputs as text", async () => {
    const dir = await makeFolder({
      "files/read.json": sample("second", { server: "files", tool: "read", args: { path: "/a" } }),
      "everything/echo.json": sample("first"),
      "everything/README.md": "no sample",
    });
    expect(await readSamples(dir)).toEqual([
      { name: "everything/echo.json", title: "first", inputText: '{"server":"files"}', decision: {} },
      {
        name: "files/read.json",
        title: "second",
        inputText: '{"server":"files","tool":"read","args":{"path":"/a"}}',
        decision: {},
      },
    ]);
  });

  test("are none where there is no such folder", async () => {
    expect(await readSamples(join(await makeFolder({}), "samples"))).toEqual([]);
  });

  test("that stand in this repository can all be read", async () => {
    const samples = await readSamples(join(ROOT, "test/samples"));
    expect(samples.length).toBeGreaterThan(50);
  });
});

describe("a file that is no sample is refused by its name", () => {
  test.each([
    ["not JSON", "{", /SyntaxError/],
    ["no title", '{"input": {}, "decision": {}}', /title/],
    ["an input that is no object", '{"title": "t", "input": [], "decision": {}}', /input/],
    ["no decision", '{"title": "t", "input": {}}', /decision/],
    ["a field that means nothing", '{"title": "t", "input": {}, "decision": {}, "expect": {}}', /expect/],
  ])("%s", async (_, text, what) => {
    const dir = await makeFolder({ "good.json": sample("good"), "sub/bad.json": text });
    const [line = "", ...others] = await problemOf(readSamples(dir));
    expect(line.startsWith(`${join(dir, "sub/bad.json")}: is no sample {"title", "input", "decision"}: `)).toBe(true);
    expect(line).toMatch(what);
    expect(line).not.toContain("\n");
    expect(others).toEqual([]);
  });
});
