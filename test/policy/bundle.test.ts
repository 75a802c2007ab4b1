import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { ENTRYPOINTS, parseBundle, readBundle } from "../../src/policy/bundle.ts";
import {
  buildFolder,
  compileRegoBytes,
  makeFolder,
  makeTar,
  makeTarGz,
  permitsIf,
  problemOf,
  type TarEntry,
} from "./support.ts";

const MANIFEST = JSON.stringify({
  revision: "r1",
  roots: ["regate"],
  wasm: ENTRYPOINTS.map((entrypoint) => ({ entrypoint, module: "/policy.wasm" })),
});
const PARTS: readonly TarEntry[] = [
  { name: "/.manifest", content: MANIFEST },
  { name: "/policy.wasm", content: "wasm" },
];

describe("a sound bundle", () => {
  test("gives revision, digest, module, catalogue and rule index", async () => {
    const tool = { category: "Read", risk: "Low", severity: "low" };
    const dir = await makeFolder({
      "policy/servers/files.rego":
        'package policy.servers.files\n\nrules.read contains {\n\t"id": "r",\n\t"action": "allow",\n}\n',
      "catalogue/files/data.json": JSON.stringify({ title: "Files", tools: { read: tool } }),
    });
    const { bytes } = await buildFolder(dir);
    const bundle = await parseBundle(bytes, "b.tar.gz");
    expect(bundle.revision).toMatch(/^[0-9a-f]{12}$/);
    expect(bundle.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(WebAssembly.validate(bundle.wasm)).toBe(true);
    expect(bundle.catalogue.files?.tools.read).toEqual(tool);
    expect(bundle.rules.get("policy.servers.files/r")).toEqual({
      file: "policy/servers/files.rego",
      row: 3,
      server: "files",
      tool: "read",
      action: "allow",
      conditional: false,
      text: 'rules.read contains {\n\t"id": "r",\n\t"action": "allow",\n}',
    });
  });

  test("knows of each rule what its head names, whether it has conditions, and its METADATA", async () => {
    const dir = await makeFolder({
      "policy/a.rego": `package policy.servers["a.b"]

# METADATA
# title: One
# description: |
#   Two lines
#   of it.
rules["*"] contains {"id": "star", "action": "deny"} if input.tool == "x"

rules["we\\"ird"] contains {"id": "w", "action": _action}

_action := "deny"

methods["resources/read"] contains {"id": "m", "action": "allow"} if {
	true
}
`,
      "policy/g.rego": `package policy.guardrails

rules contains {"id": "g", "action": "deny"} if {
	input.tool == "y"
}
`,
    });
    const { rules } = await parseBundle((await buildFolder(dir)).bytes, "b.tar.gz");
    const own = [...rules].filter(([id]) => !/^(?:policy\.defaults|regate\.)/.test(id));
    expect(Object.fromEntries(own)).toEqual({
      "policy.guardrails/g": {
        file: "policy/g.rego",
        row: 3,
        action: "deny",
        conditional: true,
        text: 'rules contains {"id": "g", "action": "deny"} if {\n\tinput.tool == "y"\n}',
      },
      'policy.servers["a.b"]/m': {
        file: "policy/a.rego",
        row: 14,
        server: "a.b",
        method: "resources/read",
        action: "allow",
        conditional: false,
        text: 'methods["resources/read"] contains {"id": "m", "action": "allow"} if {\n\ttrue\n}',
      },
      'policy.servers["a.b"]/star': {
        file: "policy/a.rego",
        row: 8,
        title: "One",
        description: "Two lines\nof it.",
        server: "a.b",
        tool: "*",
        action: "deny",
        conditional: true,
        text: 'rules["*"] contains {"id": "star", "action": "deny"} if input.tool == "x"',
      },
      'policy.servers["a.b"]/w': {
        file: "policy/a.rego",
        row: 10,
        server: "a.b",
        tool: 'we"ird',
        conditional: false,
        text: 'rules["we\\"ird"] contains {"id": "w", "action": _action}',
      },
    });
    expect(rules.get("policy.defaults/write-limited")).toMatchObject({ category: "Write", conditional: false });
    expect(rules.get("regate.guardrails/changed-definition")).toMatchObject({ action: "deny", conditional: true });
  });

  test("holds no more of a rule's text than a page shows", async () => {
    const reason = "long ".repeat(1000);
    const source = `package policy.servers.x\n\nrules.t contains {"id": "i", "action": "deny", "reason": "${reason}"}\n`;
    const { rules } = await parseBundle((await buildFolder(await makeFolder({ "policy/x.rego": source }))).bytes, "b");
    expect(rules.get("policy.servers.x/i")?.text).toHaveLength(2_003);
  });

  test("may come from another tool, with ./ before its names and folders among them", async () => {
    const entries = [{ name: "./", type: "5" }, ...PARTS.map((part) => ({ ...part, name: `.${part.name}` }))];
    const bundle = await parseBundle(makeTarGz(entries), "b.tar.gz");
    expect(bundle.revision).toBe("r1");
    expect(bundle.rules.size).toBe(0);
  });

  test("may hold names too long for a plain header, as OPA writes them", async () => {
    const file = `${"long-folder-name/".repeat(18)}ünïcode`;
    const source = 'package policy.servers.x\n\nrules.t contains {"id": "i", "action": "allow"}\n';
    const { bytes } = await buildFolder(await makeFolder({ [`policy/${file}.rego`]: source }));
    const bundle = await parseBundle(bytes, "b.tar.gz");
    expect(bundle.rules.get("policy.servers.x/i")?.file).toBe(`policy/${file}.rego`);
  });
});

describe("a bad bundle is refused with one line that names it and the remedy", () => {
  const bad: [string, Uint8Array, RegExp][] = [
    ["not gzip", Buffer.from("hello"), /not a gzip file/],
    ["empty", Buffer.alloc(0), /not a gzip file/],
    ["cut short", makeTarGz(PARTS).subarray(0, 60), /cut short/],
    ["damaged", Buffer.concat([makeTarGz(PARTS).subarray(0, 12), randomBytes(40)]), /damaged|cut short/],
    ["an archive without its end", gzipSync(makeTar(PARTS).subarray(0, -1024)), /archive is cut short/],
    ["an entry longer than the archive", gzipSync(makeTar(PARTS).subarray(0, 600)), /archive is cut short/],
    ["a header with a wrong checksum", gzipSync(flip(makeTar(PARTS), 3)), /damaged header/],
    ["no manifest", makeTarGz(PARTS.slice(1)), /no \.manifest/],
    ["a manifest that is not JSON", makeTarGz([{ name: "/.manifest", content: "{" }]), /\.manifest is not JSON/],
    ["a manifest without revision", makeTarGz([{ name: "/.manifest", content: '{"roots":[],"wasm":[]}' }]), /revision/],
    [
      "no entrypoint for decisions",
      makeTarGz([{ name: "/.manifest", content: MANIFEST.replace("/decision", "/x") }]),
      /no entrypoint regate\/decision/,
    ],
    [
      "no entrypoint for classifications",
      makeTarGz([{ name: "/.manifest", content: MANIFEST.replace("/classify", "/x") }]),
      /no entrypoint regate\/classify/,
    ],
    [
      "entrypoints in two modules",
      makeTarGz([{ name: "/.manifest", content: MANIFEST.replace("/policy.wasm", "/a.wasm") }, ...PARTS.slice(1)]),
      /several modules: \/a\.wasm, \/policy\.wasm/,
    ],
    ["no module", makeTarGz(PARTS.slice(0, 1)), /policy\.wasm is missing/],
    [
      "data that is not JSON",
      makeTarGz([...PARTS, { name: "/data.json", content: "[1 2]" }]),
      /data\.json is not JSON/,
    ],
    [
      "a catalogue of another form",
      makeTarGz([...PARTS, { name: "/data.json", content: '{"catalogue":{"a":1}}' }]),
      /catalogue\.a/,
    ],
    ["data that is not merged", makeTarGz([...PARTS, { name: "/x/data.json", content: "{}" }]), /not merged/],
    ["a file twice", makeTarGz([...PARTS, { name: "policy.wasm" }]), /policy\.wasm is there twice/],
    ["a symbolic link", makeTarGz([...PARTS, { name: "/a", type: "2" }]), /a is not a regular file/],
    ["a hard link", makeTarGz([...PARTS, { name: "/a", type: "1" }]), /a is not a regular file/],
    ["a name that climbs", makeTarGz([...PARTS, { name: "/a/../../b" }]), /not allowed/],
    ["a name that is absolute twice over", makeTarGz([...PARTS, { name: "//etc/passwd" }]), /not allowed/],
    ["a name with a backslash", makeTarGz([...PARTS, { name: "/a\\b" }]), /not allowed/],
    [
      "a pax header without its file",
      makeTarGz([...PARTS, { name: "x", type: "x", content: "10 path=x\n" }]),
      /"x" is to follow/,
    ],
    ["a pax header of more than a path", makeTarGz([{ name: "x", type: "x", content: "11 size=99\n" }]), /pax header/],
    ["a GNU long name", makeTarGz([{ name: "x", type: "L", content: "name" }]), /not a regular file/],
    [
      "20,001 entries",
      makeTarGz(Array.from({ length: 20_001 }, (_, i) => ({ name: `/${i}` }))),
      /more than 20000 entries/,
    ],
    ["a gibibyte of zeros", gzipSync(Buffer.alloc(2 ** 30)), /unpacks to more than/],
  ];

  test.each(bad)("%s", async (_, bytes, expected) => {
    const lines = await problemOf(parseBundle(bytes, "b.tar.gz"));
    expect(lines).toEqual([expect.stringMatching(expected)]);
    expect(lines[0]).toMatch(/^b\.tar\.gz: .*regate build/);
  });

  test("a module whose entrypoint is another", async () => {
    const bytes = await compileRegoBytes(permitsIf("true").replace("package regate", "package other"), {
      entrypoints: ["other/decision"],
    });
    expect(await problemOf(parseBundle(bytes, "b.tar.gz"))).toEqual([
      expect.stringMatching(/no entrypoint regate\/decision/),
    ]);
  });
});

describe("a file that can't be read as a bundle", () => {
  test("is missing", async () => {
    expect(await problemOf(readBundle("/nowhere/b.tar.gz", "b.tar.gz"))).toEqual([
      "b.tar.gz: no such bundle; make it with `regate build`",
    ]);
  });

  test("is a folder", async () => {
    const dir = await makeFolder({});
    await mkdir(join(dir, "b"));
    expect(await problemOf(readBundle(join(dir, "b"), "b"))).toEqual([expect.stringMatching(/^b: not a file/)]);
  });

  test("is longer than any bundle", async () => {
    const file = join(await makeFolder({}), "b");
    await writeFile(file, Buffer.alloc(64 * 2 ** 20 + 1));
    expect(await problemOf(readBundle(file, "b"))).toEqual([expect.stringMatching(/longer than/)]);
  });
});

function flip(bytes: Buffer, index: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[index] = (copy[index] ?? 0) ^ 1;
  return copy;
}
