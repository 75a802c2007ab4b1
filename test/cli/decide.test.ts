import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { run } from "../../src/cli/decide.ts";
import { buildFolder, makeFolder, problemOf } from "../policy/support.ts";

const POLICY = `package policy.servers["a.b"]

# METADATA
# title: Ten a minute
rules.make contains {"id": "ten", "action": "allow", "rate_limit": {"max": 10, "window": 60}}

rules.remove contains {
	"id": "no-removal",
	"action": "deny",
	"reason": "People remove",
	"hide": true,
}

rules.spoilt contains {"id": "spoilt", "action": input.args.action}

rules.ask contains {"id": "ask", "action": "require_approval", "labels": ["money"], "redact": ["/card"]}

rules.exact contains {"id": "exact", "action": "allow"} if input.args.n == 9007199254740993

rules.slow contains {"id": "slow", "action": "allow"} if {
	count([1 | some a in numbers.range(1, 3000); some b in numbers.range(1, 3000); a + b == 0]) == 0
}
`;
let cwd: string;

beforeAll(async () => {
  const dir = await makeFolder({ "policy/ab.rego": POLICY });
  const { bytes } = await buildFolder(dir);
  cwd = await makeFolder({ "bundles/none": "", "broken.tar.gz": "x" });
  await writeFile(join(cwd, "bundles/regate.tar.gz"), bytes);
});

const inputOf = (tool: string, argsText = "{}") =>
  `{"server": "a.b", "tool": "${tool}", "category": "Write", "args": ${argsText}}`;

async function decide(stdin: string | Uint8Array, ...args: string[]) {
  const output = { stdout: "", stderr: "" };
  const exitCode = await run(args.length === 0 ? ["-"] : args, {
    stdout: (text) => {
      output.stdout += text;
    },
    stderr: (text) => {
      output.stderr += text;
    },
    env: {},
    cwd,
    stdin: async () => Buffer.from(stdin),
  });
  return { exitCode, ...output };
}

describe("regate decide prints the decision, each matched rule with file and row", () => {
  test("that denies", async () => {
    const { exitCode, stdout } = await decide(inputOf("remove"));
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^deny\n {2}reason {4}People remove\n/);
    expect(stdout).toContain('rule      policy.servers["a.b"]/no-removal\n            policy/ab.rego:7\n');
    expect(stdout).toContain("hidden    not in tools/list\n");
    expect(stdout).toMatch(
      /cost {6}\d+ units\n {2}bundle {4}[0-9a-f]{12} \(bundles\/regate\.tar\.gz, as it was last built\)\n$/,
    );
  });

  test("that limits", async () => {
    const { stdout } = await decide(inputOf("make"));
    expect(stdout).toMatch(/^allow\n/);
    expect(stdout).toContain("policy/ab.rego:5  Ten a minute\n");
    expect(stdout).toContain('limit     10 per 60 s for each session, over tool, cost 1  policy.servers["a.b"]/ten\n');
  });

  test("that asks for approval", async () => {
    const { stdout } = await decide(inputOf("ask"));
    expect(stdout).toContain("approval  within 300 s, the call waits 25 s\n");
    expect(stdout).toContain("labels    money\n  redact    /card\n");
  });

  test("that names a malformed rule", async () => {
    const { stdout } = await decide(inputOf("spoilt", '{"action": "permit"}'));
    expect(stdout).toMatch(/^deny\n/);
    expect(stdout).toMatch(/malformed policy\.servers\["a\.b"\]\/spoilt: .*\n +policy\/ab\.rego:14\n/);
  });

  test("with the category that the gate would fill in, where the input has none", async () => {
    const gap = "category  none in the input, so that no default speaks; the gate judges it as Unknown\n";
    expect((await decide('{"server": "a.b", "tool": "other"}')).stdout).toContain(gap);
    expect((await decide(inputOf("other"))).stdout).not.toContain("category");
    expect((await decide('{"server": "a.b", "method": "resources/list"}')).stdout).not.toContain("category");
  });

  test("as data", async () => {
    const { stdout } = await decide(inputOf("make"), "-", "--json");
    expect(JSON.parse(stdout)).toEqual({
      decision: expect.objectContaining({ action: "allow", rules: ['policy.servers["a.b"]/ten'] }),
      rules: [
        expect.objectContaining({
          rule: 'policy.servers["a.b"]/ten',
          file: "policy/ab.rego",
          row: 5,
          title: "Ten a minute",
          server: "a.b",
        }),
      ],
      fuel: expect.any(Number),
      bundle: { revision: expect.stringMatching(/^[0-9a-f]{12}$/), digest: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
  });

  test("on the text as it is written, from a file", async () => {
    await writeFile(join(cwd, "i.json"), inputOf("exact", '{"n": 9007199254740993}'));
    expect((await decide("", "i.json")).stdout).toMatch(/^allow\n/);
    await writeFile(join(cwd, "i.json"), inputOf("exact", '{"n": 9007199254740992}'));
    expect((await decide("", "i.json")).stdout).toMatch(/^deny\n/);
  });

  test("or that there is none, and exits with 1", async () => {
    const { exitCode, stdout, stderr } = await decide(inputOf("slow"));
    expect([exitCode, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/out of fuel after \d+ units; the gate refuses such a call\n$/);
  });
});

describe("regate decide refuses with one line", () => {
  test.each([
    ["what is not JSON", "{", /^standard input: not JSON \(/],
    ["nothing", "", /^standard input: not JSON/],
    ["what is not UTF-8", Uint8Array.of(0x22, 0xff, 0x22), /^standard input: not UTF-8/],
    ["a byte order mark", "\ufeff{}", /^standard input: not JSON/],
    ["an array", "[]", /^standard input: Invalid input: expected object/],
    ["no server", '{"tool": "t"}', /^standard input: server is missing; schemas\/input\.json is/],
    ["a server that is no text", '{"server": 5, "tool": "t"}', /^standard input: server: .*expected string/],
    [
      "a record of the decision log, or a sample",
      '{"decision_id": "1", "input": {"server": "a.b", "tool": "t"}}',
      /^standard input: a record that holds an input; give what stands in its field "input", alone$/,
    ],
    [
      "a field that is mistyped",
      '{"server": "a.b", "tool": "t", "arg": {}}',
      /unknown field "arg" \(did you mean "args"\?\)/,
    ],
    [
      "a field of a field",
      '{"server": "a.b", "tool": "t", "principal": {"id": "x", "groups": [], "claims": {}, "role": 1}}',
      /unknown field "role" in principal/,
    ],
    [
      "a key that is there twice: readers differ on which one counts",
      '{"server": "a.b", "tool": "remove", "tool": "make"}',
      /^standard input: a key appears twice in one object \(character 36\)$/,
    ],
    [
      "a category of its own",
      '{"server": "a.b", "tool": "t", "category": "Raed"}',
      /^standard input: category: .*schemas\/input\.json/,
    ],
    [
      "an hour that is none",
      '{"server": "a.b", "tool": "t", "time": {"unix": 1, "rfc3339": "", "weekday": "Monday", "hour": 24}}',
      /time\.hour/,
    ],
  ])("%s", async (_, text, expected) => {
    const lines = await problemOf(decide(text));
    expect(lines).toEqual([expect.stringMatching(expected)]);
    expect(lines[0]).not.toContain("\n");
  });

  test("a file that is not there", async () => {
    expect(await problemOf(decide("", "nope.json"))).toEqual(["nope.json: no such file"]);
  });

  test("a folder", async () => {
    expect(await problemOf(decide("", "bundles"))).toEqual([expect.stringMatching(/^bundles: cannot be read/)]);
  });

  test("no file, or two", async () => {
    const expected = ["regate decide: name one file with an input, or - for standard input"];
    expect(await problemOf(decide("", "--json"))).toEqual(expected);
    expect(await problemOf(decide("", "a", "b"))).toEqual(expected);
  });

  test("a bundle that is missing or broken", async () => {
    expect(await problemOf(decide(inputOf("make"), "-", "-b", "nope.tar.gz"))).toEqual([
      "nope.tar.gz: no such bundle; make it with `regate build`",
    ]);
    expect(await problemOf(decide(inputOf("make"), "-", "--bundle", "broken.tar.gz"))).toEqual([
      expect.stringMatching(/^broken\.tar\.gz: not a gzip file/),
    ]);
  });
});
