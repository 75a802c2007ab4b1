import { cp, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readArchive } from "../../../src/policy/bundle.ts";
import { readConditions } from "../../../src/policy/conditions.ts";
import { createEngine } from "../../../src/policy/engine.ts";
import { buildFolder, type Files, faultsOf, makeFolder, problemOf, ROOT } from "../support.ts";

const ALLOW = '{"id": "a", "action": "allow"}';
const SERVER = `package policy.servers.files\n\nrules.read contains ${ALLOW}\n`;

describe("what goes in", () => {
  test("a user's own folder of two files, with the shipped library and defaults", async () => {
    const dir = await makeFolder({
      "policy/servers/files/files.rego": SERVER,
      "policy/guardrails/guardrails.rego":
        'package policy.guardrails\n\nrules contains {"id": "no-x", "action": "deny"} if input.tool == "x"\n',
    });
    const { bundle } = await buildFolder(dir);
    expect([...bundle.rules.keys()]).toEqual(
      expect.arrayContaining([
        "policy.defaults/read-allowed",
        "policy.guardrails/no-x",
        "policy.servers.files/a",
        "regate.guardrails/changed-definition",
      ]),
    );
    const engine = await createEngine(bundle);
    const call = (tool: string, category: string) => {
      const evaluation = engine.evaluate(JSON.stringify({ server: "files", tool, category, args: {} }));
      return evaluation.kind === "decided" ? evaluation.decision.rules : evaluation.problem;
    };
    expect(call("read", "Destructive")).toEqual(["policy.servers.files/a"]);
    expect(call("other", "Read")).toEqual(["policy.defaults/read-allowed"]);
    expect(call("x", "Read")).toEqual(["policy.defaults/read-allowed", "policy.guardrails/no-x"]);
  });

  test("of what decisions read, nothing that the classifier reads", async () => {
    const { bundle } = await buildFolder(await makeFolder({ "policy/files.rego": SERVER }));
    const { always } = readConditions(bundle.conditions) ?? {};
    // the classifier reads its input whole, which would be the empty path
    expect(always?.map((path) => path.join("."))).toEqual([
      "category",
      "definition.changed",
      "direction",
      "method",
      "server",
      "tool",
    ]);
  });

  test("the user's own defaults in the place of the shipped ones", async () => {
    const own = `package policy.defaults\n\nrules.Read contains ${ALLOW}\n`;
    const { bundle } = await buildFolder(await makeFolder({ "policy/mine.rego": own }));
    const defaults = [...bundle.rules.keys()].filter((id) => id.startsWith("policy.defaults/"));
    expect(defaults).toEqual(["policy.defaults/a"]);
  });

  test("the shipped defaults, whatever else lies in policy/defaults/", async () => {
    const { bundle } = await buildFolder(await makeFolder({ "policy/defaults/files.rego": SERVER }));
    expect(bundle.rules.has("policy.defaults/read-allowed")).toBe(true);
    expect(bundle.rules.has("policy.servers.files/a")).toBe(true);
  });

  test("policy that lies beside policy/, and neither tests nor lint rules that lie there", async () => {
    const dir = await makeFolder({
      "files.rego": SERVER,
      "helpers.rego": 'package policy.lib.paths\n\nis_open(path) if startswith(path, "/open/")\n',
      ".regal/rules/rule.rego": "package custom.regal.rules.x\n\nx := input.rules\n",
      "more/tests.rego": "package regate_test\n\ntest_x if false\n",
    });
    const { bytes, bundle } = await buildFolder(dir);
    expect(bundle.rules.get("policy.servers.files/a")).toMatchObject({ file: "files.rego", row: 3 });
    const names = [...(await readArchive(bytes, "b")).keys()];
    expect(names.filter((name) => /rule\.rego|tests\.rego/.test(name))).toEqual([]);
    expect(names.filter((name) => name.includes("helpers"))).not.toEqual([]);
  });

  test("no tests, and no generated index that a test could have left", async () => {
    const dir = await makeFolder({
      "policy/files.rego": SERVER,
      "policy/files_test.rego": "package policy.servers.files_test\n\ntest_x if false\n",
    });
    const names = [...(await readArchive((await buildFolder(dir)).bytes, "b")).keys()];
    expect(names.filter((name) => name.includes("test"))).toEqual([]);
    expect(names).toContain("policy.wasm");
  });

  test("a catalogue by itself, judged by the shipped defaults", async () => {
    const tool = { category: "Read", risk: "Low", severity: "low" };
    const dir = await makeFolder({
      "catalogue/data.json": JSON.stringify({ "@scope/name": { tools: { read: tool } } }),
    });
    expect((await buildFolder(dir)).bundle.catalogue["@scope/name"]?.tools.read).toEqual(tool);
  });
});

test("the index names each rule as its decision does, whatever its server is called", async () => {
  const servers = [
    "plain_name",
    "a.b",
    "@scope/name",
    "1st",
    "with space",
    'with "quotes"',
    "back\\slash",
    "ünï",
    "a]b[",
    "data",
  ];
  const sources = servers.map((server, index) => {
    const source = `package policy.servers[${JSON.stringify(server)}]\n\nrules.read contains ${ALLOW}\n`;
    return [`policy/server_${index}.rego`, source];
  });
  const { bundle } = await buildFolder(await makeFolder(Object.fromEntries(sources)));
  const engine = await createEngine(bundle);
  for (const [index, server] of servers.entries()) {
    const evaluation = engine.evaluate(JSON.stringify({ server, tool: "read", args: {} }));
    const [rule = ""] = evaluation.kind === "decided" ? evaluation.decision.rules : [];
    expect(bundle.rules.get(rule)).toMatchObject({ file: `policy/server_${index}.rego`, row: 3, server });
  }
});

describe("the same sources give the same bytes", () => {
  const files: Files = {
    "policy/servers/files.rego": SERVER,
    "policy/servers/a.rego": SERVER.replaceAll("files", "a").replace('"a"', '"b"'),
    "catalogue/files/data.json": '{"tools": {}}',
  };

  test("from another folder, written in another order, with other times and tests", async () => {
    const first = await buildFolder(await makeFolder(files));
    const dir = await makeFolder(Object.fromEntries(Object.entries(files).reverse()));
    await writeFile(join(dir, "policy/x_test.rego"), "package x_test\n");
    const second = await buildFolder(dir);
    expect(second.bytes.equals(first.bytes)).toBe(true);
  });

  test("and any change of a path or a byte gives another revision", async () => {
    const revisionOf = async (change: Files) => (await buildFolder(await makeFolder(change))).bundle.revision;
    const { "policy/servers/files.rego": files_, ...rest } = files;
    const revisions = await Promise.all([
      revisionOf(files),
      revisionOf({ ...rest, "policy/servers/file.rego": files_ ?? "" }),
      revisionOf({ ...files, "policy/servers/files.rego": SERVER.replace("read", "rite") }),
      revisionOf({ ...files, "catalogue/files/data.json": '{"tools":  {}}' }),
      revisionOf({ ...files, "policy/defaults.rego": "package policy.defaults\n" }),
    ]);
    expect(new Set(revisions).size).toBe(5);
    expect(revisions[0]).toBe(await revisionOf(files));
  });

  test("whatever OPA's own variables say", async () => {
    const first = await buildFolder(await makeFolder(files));
    process.env.OPA_BUILD_OPTIMIZE = "2";
    try {
      expect((await buildFolder(await makeFolder(files))).bytes.equals(first.bytes)).toBe(true);
    } finally {
      delete process.env.OPA_BUILD_OPTIMIZE;
    }
  });
});

describe("the copy of the library in the folder", () => {
  async function withLibrary(change: (dir: string) => Promise<void>): Promise<string> {
    const dir = await makeFolder({ "policy/files.rego": SERVER });
    await cp(join(ROOT, "rego/regate"), join(dir, "regate"), { recursive: true });
    await change(dir);
    return dir;
  }

  test("changes nothing where it is the shipped one", async () => {
    const plain = await buildFolder(await makeFolder({ "policy/files.rego": SERVER }));
    const vendored = await buildFolder(await withLibrary(async () => undefined));
    expect(vendored.bytes.equals(plain.bytes)).toBe(true);
  });

  test("is refused where a file differs", async () => {
    const dir = await withLibrary((dir) =>
      writeFile(join(dir, "regate/decision.rego"), "package regate\n\ndecision := 1\n"),
    );
    expect(await problemOf(buildFolder(dir))).toEqual([
      expect.stringMatching(
        /^rego\/regate\/decision\.rego: differs from the shipped library; copy .*rego\/regate to rego\/regate again$/,
      ),
    ]);
  });

  test("is refused where a file is missing or more", async () => {
    const missing = await withLibrary((dir) => rename(join(dir, "regate/form/form.rego"), join(dir, "form.txt")));
    expect(await problemOf(buildFolder(missing))).toEqual([
      expect.stringMatching(/form\.rego: is missing from this copy/),
    ]);
    const more = await withLibrary((dir) => writeFile(join(dir, "regate/more.rego"), "package regate.more\n"));
    expect(await problemOf(buildFolder(more))).toEqual([
      expect.stringMatching(/more\.rego: is not part of the shipped library/),
    ]);
  });
});

describe("what would be left out or would shadow a rule is refused", () => {
  test.each([
    [
      "policy/servers/data.json",
      /rego\/policy\/servers\/data\.json: would be left out; data goes into rego\/catalogue/,
    ],
    ["policy/files.json", /rego\/policy\/files\.json: would be left out/],
    ["catalogue/files/data.yaml", /rego\/catalogue\/files\/data\.yaml: would be left out/],
    ["catalogue/files/more/data.json", /rego\/catalogue\/files\/more\/data\.json: would be left out/],
    ["data.json", /rego\/data\.json: would be left out/],
  ])("data in %s", async (path, expected) => {
    expect(await faultsOf({ "policy/files.rego": SERVER, [path]: "{}" })).toEqual([expect.stringMatching(expected)]);
  });

  test("a link", async () => {
    const dir = await makeFolder({ "policy/files.rego": SERVER });
    await symlink(join(dir, "policy/files.rego"), join(dir, "policy/again.rego"));
    expect(await problemOf(buildFolder(dir))).toEqual([expect.stringMatching(/again\.rego: is a link/)]);
  });

  test("a file in the place of the shipped defaults that holds none", async () => {
    expect(await faultsOf({ "policy/defaults/defaults.rego": SERVER })).toEqual([
      "rego/policy/defaults/defaults.rego:1: lies where the shipped policy.defaults go; name the file otherwise",
    ]);
  });

  test("a rule that would be where the rule index is", async () => {
    const faults = await faultsOf({ "policy/x.rego": "package rules\n\nx := 1\n" });
    expect(faults).toEqual([expect.stringMatching(/is of package rules/)]);
  });
});

describe("a folder without a policy", () => {
  test("is missing", async () => {
    expect(await problemOf(buildFolder("/nowhere"))).toEqual(["rego: no such folder; name the one that holds policy/"]);
  });

  test("is a file", async () => {
    const dir = await makeFolder({ x: "" });
    expect(await problemOf(buildFolder(join(dir, "x")))).toEqual([
      "rego: not a folder; name the one that holds policy/",
    ]);
  });

  test("is empty", async () => {
    expect(await problemOf(buildFolder(await makeFolder({})))).toEqual([
      "rego: holds no policy; write rules as .rego files in rego/policy",
    ]);
  });
});

describe("a catalogue that the gate could not read is refused with file and field", () => {
  const tool = { category: "Read", risk: "Low", severity: "low" };
  const server = (change: object) => JSON.stringify({ tools: { read: { ...tool, ...change } } });

  test.each([
    ["not JSON", "{", "rego/catalogue/files/data.json: not JSON"],
    [
      "a category of its own",
      server({ category: "Raed" }),
      /^rego\/catalogue\/files\/data\.json: tools\.read\.category: .*"Read"/,
    ],
    [
      "a risk of another category",
      server({ risk: "High" }),
      /tools\.read\.risk: is not the risk that comes with the category/,
    ],
    ["no severity", server({ severity: undefined }), /tools\.read\.severity: /],
    ["a hash that is none", server({ sha256: "ABC" }), /tools\.read\.sha256: must be 64 lower-case hex digits/],
    ["no tools", "{}", /data\.json: tools: /],
  ])("%s", async (_, text, expected) => {
    const faults = await faultsOf({ "catalogue/files/data.json": text });
    expect(faults).toEqual([typeof expected === "string" ? expected : expect.stringMatching(expected)]);
  });
});
