// A scaffold is held against the real thing: OPA formats, checks and tests it, Regal lints it with our rules, and the gate's
// engine decides by it as it did before.
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { CATEGORIES, RISK_OF, type Severity } from "../../src/gate/types.ts";
import type { CatalogueTool } from "../../src/policy/catalogue.ts";
import { createEngine, type Engine } from "../../src/policy/engine.ts";
import { formatJson } from "../../src/scan/format-json.ts";
import { schemaNames } from "../../src/scan/places.ts";
import { type Scaffold, writeScaffold } from "../../src/scan/scaffold.ts";
import { buildFolder, makeFolder, ROOT } from "../policy/support.ts";
import { faultsIn, opa } from "./faults-in.ts";

type Tools = Readonly<Record<string, CatalogueTool>>;

const SEVERITIES: readonly Severity[] = ["low", "medium", "high", "critical"];
/** Regal takes seconds to start. */
const PATIENCE_MS = 60_000;
const READ = { category: "Read", risk: "Low", severity: "low" } as const;
const WRITE = { category: "Write", risk: "Medium", severity: "low" } as const;

/** One tool of each category and severity, and names that Rego, YAML or file systems take for something else. */
function everyTool(): Tools {
  const tools: Record<string, CatalogueTool> = {};
  for (const category of CATEGORIES) {
    for (const severity of SEVERITIES) {
      const name = `${category.toLowerCase()}_${severity}`;
      tools[name] = { category, risk: RISK_OF[category], severity, signals: ["bulk"] };
    }
  }
  const odd = "reading get-env a.b a/b import default true null 123 1e3 no data input rules Con if".split(" ");
  [...odd, "x".repeat(64)].forEach((name, index) => {
    const category = CATEGORIES[index % 4] ?? "Read";
    tools[name] = { category, risk: RISK_OF[category], severity: "low", signals: ["a signal: # with spaces", "fine"] };
  });
  return tools;
}

function scaffoldOf(server: string, tools: Tools, hasOwnDefaults = false, title = "A title"): Scaffold {
  const names = schemaNames(Object.keys(tools));
  const scaffold = writeScaffold({ server, title, tools, schemaNames: names, hasOwnDefaults });
  if (scaffold === undefined) throw new Error("there are tools to write rules for");
  return scaffold;
}

type Part = { readonly tools: Tools; readonly scaffold?: Scaffold };

/** A policy repository as scans of these servers leave it, with the library in it. */
async function makeRepository(servers: Readonly<Record<string, Part>>, defaults?: string): Promise<string> {
  const schema = formatJson({ type: "object", properties: { path: { type: "string" } } });
  const files = Object.entries(servers).flatMap(([server, { tools, scaffold }]): [string, string][] => [
    [`rego/catalogue/${server}/data.json`, formatJson({ tools })],
    ...[...schemaNames(Object.keys(tools)).values()].map((name): [string, string] => [
      `schemas/tools/${server}/${name}.json`,
      schema,
    ]),
    ...(scaffold === undefined
      ? []
      : [
          [`rego/policy/servers/${server}/${server}.rego`, scaffold.rules] as [string, string],
          [`rego/policy/servers/${server}/${server}_test.rego`, scaffold.test] as [string, string],
        ]),
  ]);
  const dir = await makeFolder({
    ...Object.fromEntries(files),
    ...(defaults !== undefined && { "rego/policy/defaults/defaults.rego": defaults }),
  });
  const shipped = ["rego/regate", "schemas/input.json", ".regal", ...(defaults ? [] : ["rego/policy/defaults"])];
  const filter = (path: string) => !path.endsWith("_test.rego");
  for (const path of shipped) await cp(join(ROOT, path), join(dir, path), { recursive: true, filter });
  return dir;
}

async function engineOf(dir: string): Promise<Engine> {
  return createEngine((await buildFolder(join(dir, "rego"))).bundle);
}

/** What an engine decides on each tool, without the names of rules, which are others. */
function decisionsOf(engine: Engine, server: string, tools: Tools, hour: number) {
  return Object.entries(tools).map(([tool, { category, severity }]) => {
    const time = { unix: 0, rfc3339: "1970-01-01T00:00:00Z", weekday: "Thursday", hour };
    const evaluation = engine.evaluate(JSON.stringify({ server, tool, category, severity, args: {}, time }));
    if (evaluation.kind === "failed") throw new Error(evaluation.problem);
    const { rules: _, rate_limits, ...rest } = evaluation.decision;
    return { tool, ...rest, rate_limits: rate_limits.map(({ rule: __, ...limit }) => limit) };
  });
}

const TITLES = [
  "A: title # with - everything",
  "\u202ereversed",
  "n\u00e9e",
  "x".repeat(500),
  "true",
  "",
  'a "quoted" title',
  "a\\b",
  "- item",
  `\${x} and {y}`,
];
const NAMES = ["files", "awslabs.aws-iot-sitewise-mcp-server", "@My server+1", "import", `a${".b".repeat(39)}c`];

describe("scaffolds", () => {
  const many = Object.fromEntries(Array.from({ length: 150 }, (_, n) => [`write_${n}`, WRITE]));
  const scaffolds: Record<string, Part> = {
    ...Object.fromEntries(
      NAMES.map((server) => [server, { tools: everyTool(), scaffold: scaffoldOf(server, everyTool()) }]),
    ),
    ...Object.fromEntries(
      TITLES.map((title, index) => {
        const tools = { a: READ };
        return [`title${index}`, { tools, scaffold: scaffoldOf(`title${index}`, tools, false, title) }];
      }),
    ),
    one: { tools: { write_file: WRITE }, scaffold: scaffoldOf("one", { write_file: WRITE }) },
    many: { tools: many, scaffold: scaffoldOf("many", many) },
  };
  let dir: string;
  beforeAll(async () => {
    dir = await makeRepository(scaffolds);
  });

  test(
    "are formatted, checked, linted, tested and covered as they are written",
    async () => {
      expect(scaffolds.many?.scaffold?.rules.split("\n").length).toBeGreaterThan(1_000);
      expect(await faultsIn(dir)).toEqual([]);
    },
    PATIENCE_MS,
  );

  test("have METADATA that OPA reads, whatever the server is called", async () => {
    const { annotations }: { annotations: { annotations: { title?: string; scope: string } }[] } = JSON.parse(
      await opa(dir, "inspect", "--annotations", "--format", "json", "rego/policy/servers"),
    );
    const titles = annotations.map((one) => one.annotations).filter(({ scope }) => scope === "package");
    TITLES.forEach((title, index) => {
      const shown = title === "" ? `title${index}` : title.slice(0, 80);
      expect(titles.map((one) => one.title)).toContain(shown);
    });
    for (const { scaffold } of Object.values(scaffolds)) expect(scaffold?.rules).not.toContain("\u202e");
  });

  test("change no decision", { timeout: PATIENCE_MS }, async () => {
    const bare = Object.fromEntries(Object.entries(scaffolds).map(([server, { tools }]) => [server, { tools }]));
    const [before, after] = [await engineOf(await makeRepository(bare)), await engineOf(dir)];
    for (const server of NAMES) {
      const decided = decisionsOf(after, server, everyTool(), 12);
      expect(decided).toEqual(decisionsOf(before, server, everyTool(), 12));
      expect(new Set(decided.map(({ action }) => action))).toEqual(new Set(["allow", "require_approval", "deny"]));
    }
  });
});

describe("a scaffold in a repository with defaults of its own", () => {
  const defaults = `# METADATA
# title: Our defaults
package policy.defaults

# METADATA
# title: Reading is for the day
rules.Read contains {
	"id": "by-day",
	"action": "allow",
} if input.time.hour < 20

# METADATA
# title: Writing is approved
rules.Write contains {
	"id": "approved",
	"action": "require_approval",
	"reason": "A person looks at it",
	"rate_limit": {"max": 3, "window": 60},
}
`;
  test(
    "leaves every tool to them, whatever they go by",
    async () => {
      const tools = everyTool();
      const dir = await makeRepository({ files: { tools, scaffold: scaffoldOf("files", tools, true) } }, defaults);
      const [before, after] = [
        await engineOf(await makeRepository({ files: { tools } }, defaults)),
        await engineOf(dir),
      ];
      for (const hour of [12, 23]) {
        // why nothing permits a call is told in other words
        const outcomes = (engine: Engine) =>
          decisionsOf(engine, "files", tools, hour).map(({ reasons: _, ...outcome }) => outcome);
        expect(outcomes(after)).toEqual(outcomes(before));
      }
      expect(await faultsIn(dir)).toEqual([]);
    },
    PATIENCE_MS,
  );
});

describe("a scaffold", () => {
  test("catches an argument that the tool does not have, in a condition that is added to a rule", async () => {
    const { rules, ...rest } = scaffoldOf("files", { write_file: WRITE });
    const check = async (argument: string) => {
      const conditioned = rules.replace(/\n}\n$/, `\n} if input.args.${argument} == "/srv"\n`);
      const scaffold = { ...rest, rules: conditioned };
      const dir = await makeRepository({ files: { tools: { write_file: WRITE }, scaffold } });
      return await opa(dir, "check", "--strict", "--schema", "schemas", "rego");
    };
    await expect(check("path")).resolves.toBe("");
    await expect(check("pth")).rejects.toThrow("undefined ref: input.args.pth");
  });

  test("leaves out the tools whose names are not plain, and says which", () => {
    const injection = 'x"] contains {"id": "y", "action": "allow"} #';
    const odd = ["*", injection, "re\u0430d", "a\u202eb", "with space", "x".repeat(65), "-a", "a`b", "a{b}", "a-", ""];
    const tools = Object.fromEntries([["plain", WRITE], ...odd.map((name) => [name, READ])]);
    const { rules, test: tested, leftOut } = scaffoldOf("files", tools);
    expect(leftOut).toEqual(odd);
    expect(rules.match(/^rules.*$/gm)).toEqual(["rules.plain contains {"]);
    expect(tested).not.toContain("_reading");
  });

  test("is not written where there is nothing to write, or more than anyone would read", () => {
    const write = (tools: Tools) =>
      writeScaffold({ server: "files", title: "t", tools, schemaNames: new Map(), hasOwnDefaults: false });
    const counted = (length: number) => Object.fromEntries(Array.from({ length }, (_, n) => [`t${n}`, READ]));
    expect(write({})).toBeUndefined();
    expect(write({ "*": READ })).toBeUndefined();
    expect(write(counted(501))).toBeUndefined();
    expect(write(counted(500))).toBeDefined();
  });
});
