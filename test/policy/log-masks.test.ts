// What a policy's own package policy.log masks: built, asked, written into a line, and compared with another policy's.
import { describe, expect, test } from "vitest";
import type { Masks } from "../../src/gate/types.ts";
import { toAskedLine } from "../../src/log/asked-line.ts";
import { toLogLine } from "../../src/log/log-line.ts";
import { startPolicy } from "../../src/policy/active-policy.ts";
import { CHANGES } from "../../src/policy/diff/compare-outcomes.ts";
import type { Engine } from "../../src/policy/engine.ts";
import { BUNDLE, DECISION, makeEvent } from "../log/events.ts";
import { compareFiles } from "./diff/support.ts";
import { buildFolder, type Files, faultsOf, makeFolder } from "./support.ts";

const SERVER = 'package policy.servers.files\n\nrules["*"] contains {"id": "all", "action": "allow"}\n';
const LOG = `package policy.log

mask contains "/input/args/note" if input.server == "files"

mask contains $"/input/args/rows/{index}/iban" if {
	some index, row in input.args.rows
	row.iban
}

mask contains "/input/principal/claims/email"

mask contains "/result/reasons" if _confidential

_confidential if input.tool == "hire"
`;

const engines = new Map<string, Promise<Engine>>();

function engineOf(files: Files): Promise<Engine> {
  const key = JSON.stringify(files);
  const known =
    engines.get(key) ??
    makeFolder(files).then(async (dir) => (await startPolicy((await buildFolder(dir)).bundle)).engine);
  engines.set(key, known);
  return known;
}

async function maskOf(log: string, input: unknown): Promise<Masks> {
  const engine = await engineOf({ "policy/files.rego": SERVER, "policy/log/log.rego": log });
  return engine.mask(JSON.stringify(input));
}

describe("policy.log", () => {
  test("is optional: without it a bundle masks nothing and is not asked", async () => {
    const engine = await engineOf({ "policy/files.rego": SERVER });
    expect(engine.hasMasks).toBe(false);
    expect(engine.mask("{}")).toEqual({ kind: "masks", pointers: [] });
  });

  test("names what is masked, by the input that rules see", async () => {
    const input = { server: "files", tool: "hire", args: { rows: [{}, { iban: "DE" }] } };
    const masks = await maskOf(LOG, input);
    expect(masks.kind === "masks" && masks.pointers.toSorted()).toEqual([
      "/input/args/note",
      "/input/args/rows/1/iban",
      "/input/principal/claims/email",
      "/result/reasons",
    ]);
    expect(await maskOf(LOG, { server: "other", tool: "t" })).toEqual({
      kind: "masks",
      pointers: ["/input/principal/claims/email"],
    });
  });

  test.each([
    ["answers no pointer", "mask contains input.args.x", { args: { x: "note" } }],
    ["answers a place that can't be masked", "mask contains input.args.x", { args: { x: "/input/server" } }],
    ["answers no text", "mask contains input.args.x", { args: { x: 7 } }],
    [
      "takes too long",
      'mask contains "/input/args/x" if {\n\tsome i in numbers.range(1, 5000)\n\tsome j in numbers.range(1, 5000)\n\ti * j == -1\n}',
      {},
    ],
  ])("that %s has failed, and the next call is asked anew", async (_, rule, args) => {
    const log = `package policy.log\n\n${rule}\n`;
    expect(await maskOf(log, { server: "files", tool: "t", ...args })).toMatchObject({ kind: "failed" });
    expect(await maskOf('package policy.log\n\nmask contains "/input/args"\n', {})).toMatchObject({ kind: "masks" });
  });

  test.each([
    [
      'mask contains "args/x"',
      3,
      'mask must be of JSON pointers into /input/args, /input/params, /input/principal/claims, /result/reasons, as in "/input/args/password"',
    ],
    ['mask contains "/input/tool"', 3, "mask must be of JSON pointers into"],
    ['mask contains "/input/argsx"', 3, "mask must be of JSON pointers into"],
    ["mask contains 7", 3, "mask must be of JSON pointers into"],
    ['mask contains {"op": "remove", "path": "/input/args/x"}', 3, "mask must be of JSON pointers into"],
    ['mask := {"/input/args/x"}', 3, "mask is not a set; write `mask contains"],
    ['masks contains "/input/args/x"', 3, "the log does not look at `masks`; write `mask contains"],
    ['mask.x contains "/input/args/x"', 3, "the log does not look at `mask.x`"],
    ["_helper := 1", 1, "policy.log masks nothing; write `mask contains"],
    ['mask contains "/input/args/x" if input.tol == "t"', 3, 'the input has no field "tol" (did you mean "tool"?)'],
  ])("with %s is refused by the build, with the row", async (rule, row, what) => {
    const [line, ...more] = await faultsOf({
      "policy/files.rego": SERVER,
      "policy/log/log.rego": `package policy.log\n\n${rule}\n`,
    });
    expect(line).toContain(`policy/log/log.rego:${row}: ${what}`);
    expect(more).toEqual([]);
  });

  test("has the name that a misspelt package is told", async () => {
    const files = {
      "policy/files.rego": SERVER,
      "policy/logs.rego": 'package policy.logs\n\nmask contains "/input/args"\n',
    };
    expect((await faultsOf(files))[0]).toContain("did you mean policy.log?");
  });
});

describe("a line of the log", () => {
  const context = { labels: { id: "i", version: "v" }, maskedKeys: new Set<string>() };
  const args = { note: "private", rows: [{ iban: "DE1" }, { iban: "DE2" }], kept: 1 };
  const principal = { id: "p", groups: [], claims: { email: "a@b.example", role: "dev" } };
  const lineWith = (masks: Masks) => {
    const event = makeEvent({
      args,
      call: { principal },
      decision: { reasons: ["Secret why"], redact: ["/rows/0/iban"] },
    });
    return JSON.parse(toLogLine({ ...event, mask: () => masks }, context));
  };

  test("has what is masked by its rules and by policy.log in the place of it, and says where", () => {
    const line = lineWith({
      kind: "masks",
      pointers: ["/input/args/note", "/input/principal/claims/email", "/result/reasons", "/input/params/x"],
    });
    expect(line.input.args).toEqual({ note: "**masked**", rows: [{ iban: "**masked**" }, { iban: "DE2" }], kept: 1 });
    expect(line.input.principal.claims).toEqual({ email: "**masked**", role: "dev" });
    expect(line.result.reasons).toBe("**masked**");
    expect(line.masked).toEqual([
      "/input/args/note",
      "/input/args/rows/0/iban",
      "/input/principal/claims/email",
      "/result/reasons",
    ]);
  });

  test("has no arguments, claims and reasons where it can't be said what to mask, and says why", () => {
    const line = lineWith({ kind: "failed", problem: "out of fuel" });
    expect(line.input.args).toBe("**masked**");
    expect(line.input.principal).toEqual({ id: "p", groups: [], claims: "**masked**" });
    expect(line.result.reasons).toBe("**masked**");
    expect(line.regate.mask_problem).toBe("out of fuel");
  });

  test("of a question is masked in the same way", () => {
    const line = JSON.parse(
      toAskedLine(
        {
          id: "q",
          asked: { server: "files", tool: "t", args },
          characters: 10,
          evaluation: { kind: "decided", decision: DECISION, fuel: 1, bundle: BUNDLE },
          rules: [],
          startedUnixMs: 0,
          judgedNs: 1,
          mask: () => ({ kind: "masks", pointers: ["/input/args/rows"] }),
        },
        context,
      ),
    );
    expect(line.input.args).toEqual({ note: "private", rows: "**masked**", kept: 1 });
  });
});

describe("regate diff", () => {
  const files = (log: string): Files => ({
    "policy/files.rego": SERVER.replace('rules["*"]', "rules.read"),
    ...(log === "" ? {} : { "policy/log/log.rego": `package policy.log\n\n${log}\n` }),
  });
  const NOTE = 'mask contains "/input/args/note" if {\n\tinput.server == "files"\n\tinput.tool == "read"\n}';

  test.each([
    ["is new", "", NOTE, "stricter", "none", "/note"],
    ["is gone", NOTE, "", "looser", "/note", "none"],
    [
      "has another condition",
      NOTE,
      `${NOTE}\n\nmask contains "/input/args/x" if input.args.kind == "odd"`,
      "stricter",
      "/note",
      "/note; /x",
    ],
  ])("shows a mask that %s", async (_, base, head, kind, from, to) => {
    for (const isTrusted of [true, false]) {
      const { table } = await compareFiles({ base: files(base), head: files(head) }, { isTrusted });
      const rows = table.rows().filter(({ tool }) => tool === "read");
      expect(rows.map(({ change }) => change)).toContain(kind);
      expect(rows.every(({ change }) => CHANGES.includes(change))).toBe(true);
      expect(rows.flatMap(({ parts }) => parts)).toContainEqual({ what: "redact", kind, base: from, head: to });
    }
  });

  test("shows nothing where it moves from a rule's redact to policy.log, or is written otherwise", async () => {
    const redacting = {
      "policy/files.rego": files("")["policy/files.rego"]?.replace('"allow"', '"allow", "redact": ["/note"]') ?? "",
    };
    const moved = await compareFiles({ base: redacting, head: files(NOTE) });
    expect(moved.table.rows()).toEqual([]);
    const rewritten = await compareFiles({
      base: files(NOTE),
      head: files(NOTE.replace('input.tool == "read"', '"read" == input.tool')),
    });
    expect(rewritten.table.rows()).toEqual([]);
  });
});
