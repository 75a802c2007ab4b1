// `regate learn` on logs as the gate writes them. What it writes is held against the real tools: it is formatted, checks, passes
// its own tests with full coverage, lints clean, builds, and decides as it should; and its samples hold.
import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { run } from "../../src/cli/learn.ts";
import { createEngine, type Engine } from "../../src/policy/engine.ts";
import { formatJson } from "../../src/scan/format-json.ts";
import { type Logged, many, toLog } from "../learn/logs.ts";
import { buildFolder, makeFolder, problemOf, ROOT } from "../policy/support.ts";
import { faultsIn } from "../scan/faults-in.ts";

/** Regal takes seconds to start. */
const PATIENCE_MS = 300_000;

/** An empty policy repository with the library in it, and a log beside it. */
async function makeRepository(calls: readonly Logged[], files: Readonly<Record<string, string>> = {}): Promise<string> {
  const cwd = await makeFolder({ "decisions.jsonl": toLog(calls), "rego/policy/.keep": "", ...files });
  // what is learned is tested by itself, not with the library's tests
  const filter = (path: string) => !path.endsWith("_test.rego");
  for (const path of ["rego/regate", "rego/policy/defaults", "schemas/input.json", ".regal"]) {
    await cp(join(ROOT, path), join(cwd, path), { recursive: true, filter });
  }
  return cwd;
}

async function learn(cwd: string, ...args: readonly string[]): Promise<string> {
  let printed = "";
  const code = await run(args.length > 0 ? args : ["--from", "decisions.jsonl"], {
    stdout: (text) => {
      printed += text;
    },
    stderr: () => undefined,
    env: {},
    cwd,
    stdin: () => Promise.reject(new Error("not read")),
  });
  expect(code).toBe(0);
  return printed;
}

const rulesOf = (cwd: string, server = "files") =>
  readFile(join(cwd, `rego/policy/servers/${server}/${server}.rego`), "utf8");
const engineOf = async (cwd: string): Promise<Engine> => createEngine((await buildFolder(join(cwd, "rego"))).bundle);

function actionOf(engine: Engine, tool: string, args: unknown, server = "files"): string {
  const input = { server, tool, method: "tools/call", direction: "to_server", category: "Read", args };
  const evaluation = engine.evaluate(JSON.stringify(input));
  return evaluation.kind === "decided" ? evaluation.decision.action : evaluation.problem;
}

/** Each of the samples that were written, against the engine. */
async function checkSamples(cwd: string, engine: Engine, server = "files"): Promise<number> {
  const dir = join(cwd, "test/samples", server);
  const names = await readdir(dir);
  for (const name of names) {
    const { input, decision } = JSON.parse(await readFile(join(dir, name), "utf8"));
    const evaluation = engine.evaluate(JSON.stringify(input));
    expect(evaluation.kind === "decided" ? evaluation.decision : evaluation, name).toEqual(decision);
  }
  return names.length;
}

describe("what regate learn writes", () => {
  test(
    "permits what was seen, held to values, folders, ranges and types, and nothing else",
    async () => {
      const cwd = await makeRepository([
        ...many(40, (index) => ({
          tool: "read",
          session: `s-${index % 4}`,
          args: {
            path: `/srv/app/${index % 20}/file-${index}.txt`,
            mode: index % 2 === 0 ? "text" : "binary",
            ...(index % 2 === 1 && { head: index }),
            ...(index % 10 === 0 && { tail: index }),
            paths: [`/srv/app/${index}`, `/srv/other/${index}`],
            options: { deep: index },
            exact: true,
          },
        })),
        ...many(25, (index) => ({ tool: "fetch", args: { url: `https://docs.example.com/page-${index}` } })),
        { tool: "rare", args: { note: "x", count: 3, list: [1], nothing: null } },
        { tool: "rare", args: { note: 5 } },
        { tool: "bare" },
      ]);
      const printed = await learn(cwd);
      expect(await faultsIn(cwd)).toEqual([]);
      const engine = await engineOf(cwd);
      expect(await checkSamples(cwd, engine)).toBe(5);

      const seen = { path: "/srv/app/3/a.txt", mode: "text", paths: ["/srv/b"], options: {}, exact: true };
      expect(actionOf(engine, "read", seen)).toBe("allow");
      expect(actionOf(engine, "read", { ...seen, head: 39 })).toBe("allow");
      for (const differing of [
        { path: "/srv/app" },
        { path: "/etc/passwd" },
        { path: "/srv/app/../../etc/passwd" },
        { path: ["/srv/app/a"] },
        { mode: "append" },
        { head: 40 },
        { head: "1" },
        { head: null },
        { paths: ["/srv/a", "/etc/a"] },
        { paths: "/srv/a" },
        { options: [] },
        { exact: false },
        { more: 1 },
      ]) {
        expect(actionOf(engine, "read", { ...seen, ...differing }), JSON.stringify(differing)).toBe("deny");
      }
      for (const missing of ["path", "mode", "paths", "options", "exact"]) {
        const { [missing]: _, ...rest } = { ...seen } as Record<string, unknown>;
        expect(actionOf(engine, "read", rest), missing).toBe("deny");
      }
      expect(actionOf(engine, "fetch", { url: "https://docs.example.com/other" })).toBe("allow");
      for (const url of [
        "https://docs.example.com.evil/",
        "https://evil/docs.example.com/",
        "http://docs.example.com/a",
      ])
        expect(actionOf(engine, "fetch", { url }), url).toBe("deny");
      for (const note of ["anything at all", 7]) expect(actionOf(engine, "rare", { note })).toBe("allow");
      expect(actionOf(engine, "rare", { note: true })).toBe("deny");
      expect(actionOf(engine, "bare", {})).toBe("allow");
      expect(actionOf(engine, "bare", { a: 1 })).toBe("deny");
      for (const args of [null, [], "x", undefined]) expect(actionOf(engine, "bare", args)).toBe("deny");
      expect(actionOf(engine, "write", {})).toBe("deny");

      expect(printed).toContain(
        'read   Read, 40 calls in 4 sessions, at most 1 in a minute; exact true, head from 1 to 39 or nothing, mode "binary" or "text", options an object, path below /srv/app/, paths a list, each below /srv/, tail a number or nothing\n',
      );
      expect(printed).toContain("- fewer than 20 calls of bare, rare: their arguments are held to types");
      expect(printed).toContain("- seldom there, and held to a type only: read.tail (4 of 40 calls)\n");
      expect(printed).toContain("- nothing holds what is inside read.options\n");
      expect(printed).toContain("all calls are of 65 minutes: what agents do on other days was not seen\n");
      expect(printed).toContain("68 calls, of 2026-11-02; requests other than calls of tools stay with the defaults.");
    },
    PATIENCE_MS,
  );

  test(
    "limits each tool to the most that a session called it within a minute, which lets all that was seen through",
    async () => {
      const burst = (session: string, count: number, from: number) =>
        many(count, (index) => ({ tool: "read", session, at: from + index * 5 }));
      const cwd = await makeRepository([
        ...burst("s-1", 7, 0),
        ...burst("s-2", 12, 10),
        ...burst("s-1", 12, 3_000),
        ...many(3, () => ({ tool: "write", session: "s-1", at: 50, call: { continued: true } }), 0),
      ]);
      await learn(cwd);
      const rules = await rulesOf(cwd);
      expect(rules).toContain('"id": "read",\n\t"action": "allow",\n\t"rate_limit": {"max": 12, "window": 60},');
      // what goes on from a server's question takes no token of its own
      expect(rules).toContain('"id": "write",\n\t"action": "allow",\n\t"rate_limit": {"max": 1, "window": 60},');
    },
    PATIENCE_MS,
  );

  test(
    "goes by what went out: what was refused is left out, what an observed server let through is in",
    async () => {
      const denied = { kind: "denied", reasons: ["No"] } as const;
      const cwd = await makeRepository([
        { tool: "read", session: "s-1" },
        { tool: "remove", outcome: denied, category: "Destructive" },
        {
          tool: "wipe",
          category: "Destructive",
          session: "s-2",
          call: { observed: true },
          outcome: { kind: "forward", receipt: undefined, instead: denied },
        },
        { tool: "asked", call: { direction: "from_server" } },
      ]);
      const printed = await learn(cwd);
      const engine = await engineOf(cwd);
      expect(["read", "remove", "wipe", "asked"].map((tool) => actionOf(engine, tool, {}))).toEqual([
        "allow",
        "deny",
        "allow",
        "deny",
      ]);
      expect(printed).toContain("- allowed because agents used them, see whether they should be: wipe (Destructive)\n");
      expect(printed).toContain("- the policy in force would have refused wipe (1 denied); these rules allow it\n");
      expect(printed).toContain("- calls that were refused are not among what was seen: 1 denied\n");
      expect(printed).toContain("all calls are of 1 minute");
    },
    PATIENCE_MS,
  );

  test(
    "keeps out of the log what the policy in force kept out of it",
    async () => {
      const cwd = await makeRepository([
        ...many(25, (index) => ({ tool: "write", args: { path: "/srv/a", content: index }, redact: ["/content"] })),
        { tool: "read" },
      ]);
      await learn(cwd);
      expect(await rulesOf(cwd)).toContain('\t"redact": ["/content"],\n} if {');
      expect(await faultsIn(cwd)).toEqual([]);
      expect(await checkSamples(cwd, await engineOf(cwd))).toBe(3);
    },
    PATIENCE_MS,
  );

  test(
    "says what the log did not hold, and allows anything there",
    async () => {
      const cwd = await makeRepository([
        ...many(30, (index) => ({ tool: "login", args: { user: "ann", password: `secret-${index}` } })),
        ...many(30, () => ({
          tool: "flood",
          args: Object.fromEntries(Array.from({ length: 9_000 }, (_, key) => [`k${key}`, "v"])),
        })),
      ]);
      const printed = await learn(cwd);
      expect(printed).toContain("- the log masked or cut login.password: any value is allowed there\n");
      expect(printed).toContain("- the log did not hold all arguments of flood: any others are allowed there\n");
      expect(printed).toContain("- all calls are of one session: limits and arguments are one agent's\n");
      expect(await faultsIn(cwd)).toEqual([]);
      const engine = await engineOf(cwd);
      expect(actionOf(engine, "login", { user: "ann", password: ["whatever"] })).toBe("allow");
      expect(actionOf(engine, "login", { user: "bob", password: "x" })).toBe("deny");
      expect(actionOf(engine, "login", { user: "ann" })).toBe("deny");
      expect(actionOf(engine, "flood", { anything: 1 })).toBe("allow");
      expect(await rulesOf(cwd)).not.toContain("secret-");
    },
    PATIENCE_MS,
  );

  test(
    "stands whatever servers, tools and arguments are called, and however much was seen",
    async () => {
      const server = "awslabs.aws-iot-sitewise-mcp-server";
      const odd = ["get-env", "a.b", "import", "not-seen", "true", "123", "x".repeat(64), "read_a", "read-a"];
      const names = ["path", "a b", 'quo"te', "input", "not", "é\u2028", "x".repeat(60), "A", "a", "a-b", "a_b"];
      const args = Object.fromEntries(names.map((name, index) => [name, index % 2 === 0 ? `v-${index}` : index]));
      const cwd = await makeRepository([
        ...odd.flatMap((tool) => many(25, () => ({ server, tool, args }))),
        ...many(25, (index) => ({ server, tool: "choices", args: { c: `${index % 5}${"y".repeat(60)}` } })),
        ...many(25, (index) => ({ server, tool: "mixed", args: { v: [index, "x", null, true, 0.5][index % 5] } })),
        ...many(25, (index) => ({ server, tool: "big", args: { n: 2 ** 53 + 2 * index } })),
        { server, tool: "\u202eevil" },
        { server, tool: "with space" },
        { server: "plain", tool: "one" },
      ]);
      const printed = await learn(cwd);
      expect(await faultsIn(cwd)).toEqual([]);
      const engine = await engineOf(cwd);
      expect(await checkSamples(cwd, engine, server)).toBe(odd.length + 4);
      for (const tool of odd) expect(actionOf(engine, tool, args, server), tool).toBe("allow");
      expect(actionOf(engine, "with space", {}, server)).toBe("deny");
      expect(actionOf(engine, "big", { n: 1e300 }, server)).toBe("allow");
      expect(printed).toContain("no rule could be written for with space, ");
      expect(printed).not.toContain("\u202e");
    },
    PATIENCE_MS,
  );

  test(
    "binds the schemas that lie in the repository, and holds rules against them",
    async () => {
      const schema = { type: "object", properties: { path: { type: "string" }, head: { type: "number" } } };
      const cwd = await makeRepository(
        [
          ...many(30, (index) => ({
            tool: "read",
            args: { path: `/srv/${index}`, ...(index % 2 === 0 && { head: index }) },
          })),
          { tool: "other", args: { unknown: 1 } },
        ],
        {
          "schemas/tools/files/read.json": formatJson(schema),
          "schemas/tools/files/other.json": formatJson(schema),
        },
      );
      await learn(cwd);
      const rules = await rulesOf(cwd);
      expect(rules.match(/ {3}- input\.args: schema\.tools\.files\.read/g)?.length).toBeGreaterThan(1);
      expect(rules).not.toContain("schema.tools.files.other");
      expect(await faultsIn(cwd)).toEqual([]);
    },
    PATIENCE_MS,
  );
});

describe("regate learn", () => {
  test("takes several logs, and passes over lines that are no decisions", async () => {
    const cwd = await makeRepository([{ tool: "read" }]);
    await writeFile(
      join(cwd, "more.jsonl"),
      `not json\n{"a":1}\n${"x".repeat(5_000_000)}\n${toLog([{ tool: "write" }])}{"cut`,
    );
    const printed = await learn(cwd, "--from", "decisions.jsonl", "more.jsonl", "-o", "learned/rego");
    expect(printed).toContain("files: learned/rego/policy/servers/files/files.rego, its test and 3 samples\n");
    expect(printed).toContain("lines that were passed over: 2 no decision of a gate, 1 too long, 1 unended\n");
    expect(await readdir(join(cwd, "learned/test/samples/files"))).toEqual([
      "not-seen.json",
      "seen-read.json",
      "seen-write.json",
    ]);
  });

  test("leaves what people asked about by the data API out", async () => {
    const cwd = await makeRepository([{ tool: "read" }]);
    const asked = toLog([{ tool: "write" }]).replace('"verdict":"forward"', '"verdict":"asked"');
    await writeFile(join(cwd, "asked.jsonl"), asked);
    await learn(cwd, "--from", "decisions.jsonl", "--from", "asked.jsonl");
    expect(await rulesOf(cwd)).not.toContain("rules.write");
  });

  test("writes over nothing, and nothing at all where a file is there", async () => {
    const cwd = await makeRepository([{ tool: "read" }, { server: "other", tool: "read" }]);
    await mkdir(join(cwd, "rego/policy/servers/other"), { recursive: true });
    await writeFile(join(cwd, "rego/policy/servers/other/other.rego"), "mine");
    expect(await problemOf(learn(cwd))).toEqual([
      "rego/policy/servers/other/other.rego: is there already, and is not written over; name another folder with -o DIR",
    ]);
    expect(await readdir(join(cwd, "rego/policy/servers"))).toEqual(["other"]);
    expect(await readFile(join(cwd, "rego/policy/servers/other/other.rego"), "utf8")).toBe("mine");
  });

  test.each([
    ["no log", [], "regate learn: name the decision logs with --from FILE..."],
    ["a log that is not there", ["--from", "nope.jsonl"], "nope.jsonl: no such file"],
    ["a number of calls that is none", ["--from", "decisions.jsonl", "--min-calls", "0"], "--min-calls 0: must be"],
  ])("is refused with %s", async (_, args, problem) => {
    const cwd = await makeRepository([{ tool: "read" }]);
    const [line = ""] = await problemOf(args.length === 0 ? run([], ioIn(cwd)) : learn(cwd, ...args));
    expect(line.startsWith(problem), line).toBe(true);
  });

  test("is refused where nothing went out, or a server can't be a folder", async () => {
    const refused = await makeRepository([{ tool: "read", outcome: { kind: "denied", reasons: [] } }]);
    expect(await problemOf(learn(refused))).toEqual([
      "decisions.jsonl: no call of a tool that went out; a server in mode: observe lets all of them out",
    ]);
    const odd = await makeRepository([{ server: "../up", tool: "read" }]);
    expect(await problemOf(learn(odd))).toEqual([expect.stringContaining("can't be the name of a folder")]);
  });
});

function ioIn(cwd: string) {
  const nothing = (): void => undefined;
  return { stdout: nothing, stderr: nothing, env: {}, cwd, stdin: () => Promise.reject(new Error("not read")) };
}
