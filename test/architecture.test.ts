// Holds the direction of imports that docs/ and the layout promise: main -> cli -> compose -> http, console -> mcp -> gate,
// gate <- policy, limits, approvals, log, and cli -> scan -> mcp, policy. A part that is not in the table below is not known, and fails.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { describe, expect, test } from "vitest";

const SRC = resolve(import.meta.dirname, "../src");

/** What a gate is composed of. */
const SERVING = [
  "credentials",
  "http",
  "identity",
  "console",
  "mcp",
  "gate",
  "freeze",
  "bundles",
  "policy",
  "limits",
  "arguments",
  "approvals",
  "history",
  "answers",
  "log",
  "shadow",
  "status",
  "state",
  "store",
  "metrics",
  "traces",
  "config",
];

/** What each part of src/ may import besides itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  "main.ts": ["cli", "compile-cache.ts", "problem.ts", "scratch.ts"],
  cli: [
    "compose.ts",
    "check",
    "scan",
    "learn",
    ...SERVING,
    "package-root.ts",
    "problem.ts",
    "scratch.ts",
    "version.ts",
  ],
  "library.ts": ["compose-core.ts", "compose-judge.ts", ...SERVING, "problem.ts", "version.ts"],
  "compose.ts": [
    "compose-app.ts",
    "compose-connections.ts",
    "compose-core.ts",
    "compose-identity.ts",
    "compose-judge.ts",
    "compose-operator.ts",
    "compose-server-set.ts",
    "compose-servers.ts",
    "compose-traces.ts",
    ...SERVING,
    "problem.ts",
  ],
  "compose-app.ts": ["compose-console.ts", ...SERVING],
  "compose-core.ts": [
    "compose-approvals.ts",
    "compose-bundle.ts",
    "compose-gate.ts",
    "compose-live.ts",
    "compose-server-set.ts",
    "compose-shadow.ts",
    "compose-store.ts",
    ...SERVING,
    "problem.ts",
  ],
  "compose-approvals.ts": SERVING,
  "compose-bundle.ts": SERVING,
  "compose-connections.ts": [...SERVING, "problem.ts"],
  "compose-operator.ts": [
    "compose-gate.ts",
    "compose-live.ts",
    "compose-servers.ts",
    "compose-shadow.ts",
    "compose-store.ts",
    ...SERVING,
  ],
  "compose-server-set.ts": ["compose-servers.ts", ...SERVING],
  "compose-servers.ts": [
    "compose-approvals.ts",
    "compose-live.ts",
    "compose-store.ts",
    "compose-traces.ts",
    ...SERVING,
    "problem.ts",
  ],
  "compose-shadow.ts": ["compose-gate.ts", "compose-judging.ts", "compose-live.ts", ...SERVING, "problem.ts"],
  "compose-gate.ts": ["compose-approvals.ts", "compose-judging.ts", "compose-live.ts", ...SERVING],
  "compose-judge.ts": ["compose-live.ts", ...SERVING, "problem.ts"],
  "compose-judging.ts": SERVING,
  "compose-identity.ts": [...SERVING, "fetch-text.ts", "problem.ts"],
  "compose-live.ts": ["scan", ...SERVING],
  "compose-console.ts": ["compose-live.ts", ...SERVING],
  "compose-store.ts": SERVING,
  "compose-traces.ts": SERVING,
  http: ["mcp", "gate", "identity", "approvals", "freeze", "status", "metrics", "config", "problem.ts"],
  console: ["mcp", "gate", "approvals", "freeze", "status", "config", "problem.ts"],
  mcp: ["gate"],
  gate: [],
  credentials: ["mcp", "config", "fetch-text.ts", "problem.ts"],
  identity: ["gate", "config", "problem.ts"],
  freeze: ["gate"],
  policy: ["gate", "config", "package-root.ts", "problem.ts", "scratch.ts"],
  check: ["gate", "scan", "policy", "config", "problem.ts", "scratch.ts"],
  scan: ["credentials", "mcp", "gate", "policy", "config", "problem.ts"],
  learn: ["scan", "mcp", "gate", "policy", "log"],
  limits: ["gate", "problem.ts"],
  arguments: ["gate"],
  approvals: ["gate", "problem.ts"],
  history: ["gate", "limits", "problem.ts"],
  answers: ["mcp", "gate", "policy", "log"],
  log: ["gate", "problem.ts"],
  shadow: ["gate", "policy", "log"],
  bundles: ["policy", "config", "problem.ts"],
  status: ["gate", "freeze", "bundles"],
  metrics: ["gate", "mcp", "status"],
  traces: ["gate", "mcp", "metrics"],
  state: ["credentials", "limits", "approvals", "history", "problem.ts"],
  store: ["gate", "limits", "approvals", "problem.ts"],
  config: ["problem.ts"],
  "problem.ts": [],
  "compile-cache.ts": [],
  "package-root.ts": [],
  "scratch.ts": [],
  "fetch-text.ts": [],
  "version.ts": [],
};

/** Packages that few files may know. */
const KEPT_TO: readonly (readonly [name: string, pattern: RegExp, files: RegExp])[] = [
  ["opa-wasm", /^@open-policy-agent\/opa-wasm/, /^policy\/engine\.ts$/],
  ["jose", /^jose$/, /^identity\//],
  ["hono", /^(?:hono|@hono\/)/, /^(?:http|console)\//],
  ["undici", /^undici(?:$|\/)/, /^(?:mcp\/(?:upstream-http|http-[a-z-]+|undici-pool\.d)|cli\/.+)\.ts$/],
  ["libsql", /^libsql/, /^state\//],
  ["redis", /^@redis\//, /^store\/link\.ts$/],
  [
    "the SDK's OAuth client",
    /^@modelcontextprotocol\/sdk\/client\/auth/,
    /^credentials\/(?:authorization|discovery)\.ts$/,
  ],
  ["diff", /^diff$/, /^scan\/word-diff\.ts$/],
  ["ajv", /^ajv/, /^arguments\/(?:compiled-schema|schema-errors)\.ts$/],
  ["prom-client", /^prom-client$/, /^metrics\/registry\.ts$/],
  ["RE2", /^re2js$/, /^arguments\/linear-pattern\.ts$/],
];

/** What may start other programs. */
const STARTS_PROGRAMS = [
  "cli/diff/git.ts",
  "cli/start-gate.ts",
  "mcp/stdio-child.ts",
  "mcp/stdio-reaper.ts",
  "policy/run-program.ts",
];

type Import = { readonly file: string; readonly part: string; readonly specifier: string };

const files = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((file) => /\.tsx?$/.test(file))
  .map((file) => file.split(sep).join("/"))
  .toSorted();
const sources = new Map(files.map((file) => [file, withoutComments(readFileSync(join(SRC, file), "utf8"))]));
const imports = [...sources].flatMap(([file, source]) =>
  importsOf(source).map((specifier) => describeImport(file, specifier)),
);

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
}

/** Static and dynamic imports, re-exports, types' imports and `require`. */
function importsOf(source: string): string[] {
  const found = source.matchAll(/(?:\bfrom|\bimport|\brequire)\s*\(?\s*(["'`])([^"'`\n]+)\1/g);
  return [...found].map(([, , specifier = ""]) => specifier);
}

function describeImport(file: string, specifier: string): Import {
  return { file, part: partOf(file), specifier };
}

/** The folder directly under src/, or the file that lies there. */
function partOf(file: string): string {
  return file.split("/", 1)[0] ?? "";
}

/** The part that a relative import leads to; undefined for a package. */
function targetOf({ file, specifier }: Import): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  const target = relative(SRC, resolve(SRC, dirname(file), specifier))
    .split(sep)
    .join("/");
  return target.startsWith("..") ? `outside src: ${specifier}` : partOf(target);
}

describe("the scan of imports", () => {
  test("sees every way to import", () => {
    const source = withoutComments(`
      import "./a.ts";
      import type { B } from "./b.ts";
      import c, { type C } from './c.ts';
      export * from "./d.ts";
      const e = await import("./e.ts");
      import f = require("f");
      type G = import("./g.ts").G;
      // import "./commented.ts";
      /* import "./commented-too.ts"; */`);
    expect(importsOf(source)).toEqual(["./a.ts", "./b.ts", "./c.ts", "./d.ts", "./e.ts", "f", "./g.ts"]);
  });

  test("finds what is known to be there", () => {
    expect(files.length).toBeGreaterThan(60);
    expect(imports.some((one) => one.file === "mcp/endpoint.ts" && targetOf(one) === "gate")).toBe(true);
    expect(imports.some((one) => one.file === "main.ts" && targetOf(one) === "cli")).toBe(true);
    expect(imports.some(({ file, specifier }) => file === "policy/engine.ts" && specifier.includes("opa-wasm"))).toBe(
      true,
    );
  });
});

describe("src/", () => {
  test("has no part that the table does not know", () => {
    expect([...new Set(files.map(partOf))].filter((part) => !Object.hasOwn(MAY_IMPORT, part))).toEqual([]);
  });

  test("imports in one direction only", () => {
    const wrong = imports.filter((one) => {
      const target = targetOf(one);
      return target !== undefined && target !== one.part && !MAY_IMPORT[one.part]?.includes(target);
    });
    expect(wrong.map(({ file, specifier }) => `${file} imports ${specifier}`)).toEqual([]);
  });

  test("has no circle among its parts", () => {
    const done = new Set<string>();
    while (done.size < Object.keys(MAY_IMPORT).length) {
      const ready = Object.entries(MAY_IMPORT).filter(
        ([part, parts]) => !done.has(part) && parts.every((other) => done.has(other)),
      );
      expect(ready, `stuck after ${[...done]}`).not.toEqual([]);
      for (const [part] of ready) done.add(part);
    }
  });

  test("has a gate that is pure: it imports nothing outside src/gate, packages and node included", () => {
    const foreign = imports.filter((one) => one.part === "gate" && targetOf(one) !== "gate");
    expect(foreign.map(({ file, specifier }) => `${file} imports ${specifier}`)).toEqual([]);
    const impure = [...sources].filter(
      ([file, source]) =>
        partOf(file) === "gate" &&
        /\b(?:process|globalThis|Buffer|performance|setTimeout|Date|fetch|crypto)\b/.test(source),
    );
    expect(impure.map(([file]) => file)).toEqual([]);
  });

  test("ends the process in src/main.ts only", () => {
    const exits = [...sources].filter(([, source]) =>
      /\bprocess\s*\.\s*(?:exit\b|abort\b|kill\s*\(\s*process\.pid)/.test(source),
    );
    expect(exits.map(([file]) => file)).toEqual(["main.ts"]);
  });

  test("makes no program of a text: no eval, no new Function, no vm but for the program's own files", () => {
    const found = [...sources].filter(([, source]) => /\beval\s*\(|\bnew\s+Function\b|\bFunction\s*\(/.test(source));
    expect(found.map(([file]) => file)).toEqual([]);
    const vm = imports.filter(({ specifier }) => /^(?:node:)?vm$/.test(specifier));
    expect(vm.map(({ file }) => file)).toEqual(["compile-cache.ts"]);
  });

  test("starts programs by spawn, with arguments that no shell reads; the one shell has a script that never changes", () => {
    const starting = [...sources].filter(([, source]) => /["'](?:node:)?child_process["']/.test(source));
    expect(starting.map(([file]) => file)).toEqual(STARTS_PROGRAMS);
    for (const [file, source] of starting) {
      const names = /import \{([^}]*)\} from "node:child_process"/.exec(source)?.[1] ?? "nothing that is known";
      const values = names.split(",").filter((name) => !/\btype\b/.test(name));
      expect(
        values.map((name) => name.trim()),
        file,
      ).toEqual(["spawn"]);
      expect(source, file).not.toMatch(/(?<!#)\bshell:(?!\s*false\b)/);
    }
    const shells = starting.filter(([, source]) => /\b(?:ba|da|z)?sh"/.test(source));
    expect(shells.map(([file]) => file)).toEqual(["mcp/stdio-reaper.ts"]);
    expect(shells[0]?.[1]).toContain('spawn("/bin/sh", ["-c", SCRIPT], {');
  });

  test.each(KEPT_TO)("imports %s only where it belongs", (_name, pattern, where) => {
    const users = imports.filter(({ specifier }) => pattern.test(specifier));
    expect(users).not.toEqual([]);
    expect(users.filter(({ file }) => !where.test(file)).map(({ file }) => file)).toEqual([]);
  });

  test("imports its own files with their extension", () => {
    const bare = imports.filter(({ specifier }) => specifier.startsWith(".") && !/\.(?:tsx?|json)$/.test(specifier));
    expect(bare.map(({ file, specifier }) => `${file} imports ${specifier}`)).toEqual([]);
  });
});
