import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadActivePolicy } from "../../src/policy/active-policy.ts";
import { CLASSIFY_ENTRYPOINT } from "../../src/policy/bundle.ts";
import { buildFolder, compileRegoBytes, makeFolder, makeTarGz, permitsIf, problemOf } from "./support.ts";

const server = (name: string, action: string) =>
  `package policy.servers["${name}"]\n\n# METADATA\n# title: The rule\nrules.t contains {"id": "r", "action": "${action}"}\n`;

async function build(sources: Readonly<Record<string, string>>): Promise<Buffer> {
  return (await buildFolder(await makeFolder(sources))).bytes;
}

async function serveBundle(bytes: Uint8Array) {
  const file = join(await makeFolder({}), "b.tar.gz");
  await writeFile(file, bytes);
  const policy = await loadActivePolicy(file, "b.tar.gz");
  const action = () => {
    const evaluation = policy.current.engine.evaluate('{"server": "a.b", "tool": "t", "args": {}}');
    return evaluation.kind === "decided" ? evaluation.decision.action : evaluation.problem;
  };
  return { file, policy, action };
}

test("a loaded policy judges, and knows its servers, rules and catalogue", async () => {
  const tool = { category: "Read", risk: "Low", severity: "low" };
  const bytes = await build({
    "policy/a.rego": server("a.b", "allow"),
    "catalogue/a.b/data.json": JSON.stringify({ tools: { t: tool } }),
  });
  const { policy, action } = await serveBundle(bytes);
  expect(action()).toBe("allow");
  expect(policy.current.servers).toEqual(new Set(["a.b"]));
  expect(policy.current.catalogue["a.b"]?.tools.t).toEqual(tool);
  expect(policy.current.rules.get('policy.servers["a.b"]/r')).toEqual({
    file: "policy/a.rego",
    row: 5,
    title: "The rule",
    server: "a.b",
    tool: "t",
    action: "allow",
    conditional: false,
    text: 'rules.t contains {"id": "r", "action": "allow"}',
  });
});

describe("a reload", () => {
  test("takes a new bundle whole, and says from what to what", async () => {
    const { file, policy, action } = await serveBundle(await build({ "policy/a.rego": server("a.b", "allow") }));
    const from = policy.current.engine.revision;
    await writeFile(
      file,
      await build({ "policy/a.rego": server("a.b", "deny"), "policy/c.rego": server("c", "deny") }),
    );
    expect(action()).toBe("allow");
    const reload = await policy.reload();
    expect(reload).toEqual({ kind: "swapped", from, to: policy.current.engine.revision });
    expect(policy.current.engine.revision).not.toEqual(from);
    expect(action()).toBe("deny");
    expect(policy.current.servers).toEqual(new Set(["a.b", "c"]));
  });

  test("changes nothing where the file is the same", async () => {
    const { policy } = await serveBundle(await build({ "policy/a.rego": server("a.b", "allow") }));
    const { current } = policy;
    expect(await policy.reload()).toEqual({ kind: "unchanged", revision: current.engine.revision });
    expect(policy.current).toBe(current);
  });

  test("waits for the one before it, so that an older bundle never comes in last", async () => {
    const { file, policy, action } = await serveBundle(await build({ "policy/a.rego": server("a.b", "allow") }));
    await writeFile(file, await build({ "policy/a.rego": server("a.b", "deny") }));
    const reloads = await Promise.all([policy.reload(), policy.reload(), policy.reload()]);
    expect(reloads.map(({ kind }) => kind)).toEqual(["swapped", "unchanged", "unchanged"]);
    expect(action()).toBe("deny");
  });
});

describe("a bundle that can't be taken leaves the last good one in force and says why", () => {
  const looping = `package policy.servers.slow

rules["*"] contains {"id": "r", "action": "allow"} if {
	count([1 | some a in numbers.range(1, 3000); some b in numbers.range(1, 3000); a + b == 0]) == 0
}
`;
  const bad: [string, () => Promise<Uint8Array | undefined>, RegExp][] = [
    ["it is gone", async () => undefined, /^b\.tar\.gz: no such bundle/],
    [
      "it is half written",
      async () => (await build({ "policy/a.rego": server("x", "deny") })).subarray(0, 5_000),
      /cut short/,
    ],
    ["it is empty", async () => Buffer.alloc(0), /not a gzip file/],
    ["it has no module", async () => makeTarGz([{ name: "/.manifest", content: "{}" }]), /\.manifest: /],
    ["it calls what the engine lacks", () => compileRegoBytes(permitsIf("time.now_ns() > 0")), /calls time\.now_ns/],
    [
      "it can't classify a tool",
      () => compileRegoBytes("package regate\n\nclassify := 1\n", { entrypoints: [CLASSIFY_ENTRYPOINT] }),
      /its answer is no classification/,
    ],
    ["a server of it judges nothing in time", () => build({ "policy/s.rego": looping }), /server slow: .*out of fuel/],
  ];

  test.each(bad)("%s", async (_, make, problem) => {
    const { file, policy, action } = await serveBundle(await build({ "policy/a.rego": server("a.b", "allow") }));
    const { current } = policy;
    const bytes = await make();
    await (bytes === undefined ? rm(file) : writeFile(file, bytes));
    expect(await policy.reload()).toEqual({
      kind: "kept",
      revision: current.engine.revision,
      problem: expect.stringMatching(problem),
    });
    expect(policy.current).toBe(current);
    expect(action()).toBe("allow");
    await writeFile(file, await build({ "policy/a.rego": server("a.b", "deny") }));
    expect((await policy.reload()).kind).toBe("swapped");
  });

  test("and is refused with the same words at the start, where there is no last good one", async () => {
    expect(await problemOf(loadActivePolicy("/nowhere/b.tar.gz", "b.tar.gz"))).toEqual([
      "b.tar.gz: no such bundle; make it with `regate build`",
    ]);
  });
});
