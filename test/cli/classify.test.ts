import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { run } from "../../src/cli/classify.ts";
import { CLASSIFY_ENTRYPOINT } from "../../src/policy/bundle.ts";
import { buildFolder, compileRegoBytes, makeFolder, problemOf } from "../policy/support.ts";

const RULES = 'package policy.servers.x\n\nrules.t contains {"id": "i", "action": "allow"}\n';
/** Classifies by what stands in the definition itself, and fails where that is not there. */
const FAULTY = `package regate

classify := input.answer if input.name != "regate_trial"

classify := {"category": "Read", "risk": "Low", "severity": "low", "signals": [], "required": [], "rationale": "R"} if {
	input.name == "regate_trial"
}
`;
const PAINT = {
  name: "paint_fence",
  description: "Updates the colour of a fence",
  inputSchema: { type: "object", properties: { fence: {}, colour: {} }, required: ["fence", "colour"] },
};
let cwd: string;

beforeAll(async () => {
  const { bytes } = await buildFolder(await makeFolder({ "policy/x.rego": RULES }));
  cwd = await makeFolder({ "bundles/none": "", "broken.tar.gz": "x" });
  await writeFile(join(cwd, "bundles/regate.tar.gz"), bytes);
  await writeFile(join(cwd, "faulty.tar.gz"), await compileRegoBytes(FAULTY, { entrypoints: [CLASSIFY_ENTRYPOINT] }));
});

async function classify(stdin: unknown, ...args: string[]) {
  const output = { stdout: "", stderr: "" };
  const bytes = typeof stdin === "string" || stdin instanceof Uint8Array ? stdin : JSON.stringify(stdin);
  const exitCode = await run(args.length === 0 ? ["-"] : args, {
    stdout: (text) => {
      output.stdout += text;
    },
    stderr: (text) => {
      output.stderr += text;
    },
    env: {},
    cwd,
    stdin: async () => Buffer.from(bytes),
  });
  return { exitCode, ...output, lines: output.stdout.split("\n").filter((line) => line !== "") };
}

describe("regate classify prints one line of JSON for each tool", () => {
  test("with name, category, risk, severity, signals, required and rationale", async () => {
    const { exitCode, lines, stderr } = await classify({ tools: [{ name: "create_api_key" }, PAINT] });
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        name: "create_api_key",
        category: "Write",
        risk: "Medium",
        severity: "high",
        signals: ["credentials", "no_description"],
        required: [],
        rationale:
          "Named create_api_key: create api key (Write). No description: from the name alone. Severity high for credentials.",
      },
      {
        name: "paint_fence",
        category: "Write",
        risk: "Medium",
        severity: "medium",
        signals: [],
        required: ["colour", "fence"],
        rationale: "Named paint_fence: no verb that is known. Described as: update (Write).",
      },
    ]);
  });

  test("from an array of definitions, and from a whole response", async () => {
    const expected = (await classify({ tools: [PAINT], nextCursor: "2" })).stdout;
    expect(expected).not.toBe("");
    expect((await classify([PAINT])).stdout).toBe(expected);
    expect((await classify({ jsonrpc: "2.0", id: 1, result: { tools: [PAINT], _meta: {} } })).stdout).toBe(expected);
  });

  test("from a file, and by another bundle", async () => {
    await writeFile(join(cwd, "tools.json"), JSON.stringify([PAINT]));
    expect((await classify("", "tools.json")).lines).toHaveLength(1);
    await writeFile(join(cwd, "tools.json"), JSON.stringify([{ ...PAINT, answer: 1 }]));
    expect((await classify("", "tools.json", "--bundle", "faulty.tar.gz")).exitCode).toBe(1);
  });

  test("and none where a server has no tools", async () => {
    expect(await classify({ tools: [] })).toMatchObject({ exitCode: 0, stdout: "", stderr: "" });
  });

  test("on which nothing of a name can hide, reorder or break anything", async () => {
    const name = "get\u202e\u200b\n\u001b[2J\u2028\u{e0041}";
    const { stdout, lines } = await classify([{ name, description: "Gets it" }]);
    expect(stdout).toMatch(/^[\x20-\x7e]*\n$/);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ name, category: "Destructive", severity: "critical" });
  });

  test("even for a tool whose definition is not what the protocol says", async () => {
    const { exitCode, lines } = await classify([{ name: "get", description: 7, inputSchema: [], annotations: "none" }]);
    expect(exitCode).toBe(0);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ name: "get", category: "Destructive", required: [] });
  });

  test("but names on stderr what could not be classified, and exits with 1", async () => {
    const answer = {
      category: "Read",
      risk: "Low",
      severity: "low",
      signals: [],
      required: [],
      rationale: "Reads",
    };
    const tools = [{ name: "a\u202eb" }, { name: "c", answer }];
    const { exitCode, lines, stderr } = await classify({ tools }, "-", "-b", "faulty.tar.gz");
    expect([exitCode, lines.length]).toEqual([1, 1]);
    expect(stderr).toMatch(
      /^a\\u\{202e\}b: the policy could not classify this tool: .*; the gate takes it for a tool of/,
    );
    const lone = await classify('[{"name": "a", "description": "\\ud800"}, {"name": "get"}]');
    expect([lone.exitCode, lone.lines.length]).toEqual([1, 1]);
  });
});

describe("regate classify refuses with one line", () => {
  test.each([
    ["what is not JSON", "tools", /^standard input: not JSON \(/],
    ["nothing", "", /^standard input: not JSON/],
    ["what is not UTF-8", Uint8Array.of(0x22, 0xff, 0x22), /^standard input: not UTF-8/],
    ["an object without tools", { tool: [] }, /^standard input: holds no tools; give a tools\/list result/],
    ["tools that are no list", { tools: { get: {} } }, /holds no tools/],
    ["an error of a server", { jsonrpc: "2.0", id: 1, error: { code: -32601, message: "no" } }, /holds no tools/],
    ["a number", 7, /holds no tools/],
    ["an element that is no object", [PAINT, "get_fence"], /element 1 is no definition of a tool: not an object/],
    ["an element that is null", { tools: [null] }, /element 0 is no definition of a tool: not an object/],
    ["a list in the list", [PAINT, PAINT, [PAINT]], /element 2 is no definition of a tool: not an object/],
    ["an element without a name", [PAINT, { title: "Get" }], /element 1 is no definition of a tool: without a name/],
    ["a name that is a number", [{ name: 7 }], /element 0 is no definition of a tool: without a name/],
    ["a name of nothing", [{ name: "" }], /element 0 is no definition of a tool: without a name/],
  ])("%s", async (_, given, expected) => {
    const lines = await problemOf(classify(given));
    expect(lines).toEqual([expect.stringMatching(expected)]);
    expect(lines[0]).not.toContain("\n");
  });

  test("a file that is not there, and a folder", async () => {
    expect(await problemOf(classify("", "nope.json"))).toEqual(["nope.json: no such file"]);
    expect(await problemOf(classify("", "bundles"))).toEqual([expect.stringMatching(/^bundles: cannot be read/)]);
  });

  test("no file, or two", async () => {
    const expected = ["regate classify: name one file with a tools/list result, or - for standard input"];
    expect(await problemOf(classify("", "--bundle", "x"))).toEqual(expected);
    expect(await problemOf(classify("", "a", "b"))).toEqual(expected);
  });

  test("a bundle that is missing or broken", async () => {
    expect(await problemOf(classify([PAINT], "-", "-b", "nope.tar.gz"))).toEqual([
      "nope.tar.gz: no such bundle; make it with `regate build`",
    ]);
    expect(await problemOf(classify([PAINT], "-", "-b", "broken.tar.gz"))).toEqual([
      expect.stringMatching(/^broken\.tar\.gz: not a gzip file/),
    ]);
  });
});
