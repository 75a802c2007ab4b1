// Whole bundles: damaged ones, and good archives with a damaged manifest or data. Refused with one clear line, or read.
import { expect } from "vitest";
import { type Bundle, parseBundle } from "../../../src/policy/bundle.ts";
import { readConditions } from "../../../src/policy/conditions.ts";
import { makeTarGz, type TarEntry } from "../../policy/support.ts";
import type { Target } from "../target.ts";
import { expectOneLine } from "./archive.ts";

const MODULE = "/policy.wasm";
const MANIFEST = JSON.stringify({
  revision: "r",
  roots: ["regate", "policy", "catalogue", "rules", "conditions"],
  wasm: [
    { entrypoint: "regate/decision", module: MODULE, annotations: [{ title: "t" }] },
    { entrypoint: "regate/classify", module: MODULE },
  ],
  rego_version: 1,
});
const TOOL = {
  category: "Read",
  risk: "Low",
  severity: "low",
  signals: [],
  rationale: "r",
  parameters: {},
  sha256: "0",
};
const DATA = JSON.stringify({ catalogue: { s: { title: "s", tools: { t: TOOL } } }, rules: {}, conditions: null });
const SEPARATOR = "\n----\n";

/** `manifest` and `data.json` with a line between them: a good archive is made of them. */
export const bundle: Target = {
  name: "bundle",
  seeds: [Buffer.from(`${MANIFEST}${SEPARATOR}${DATA}`), makeTarGz(partsOf(MANIFEST, DATA))],
  words: [
    '"wasm"',
    '"revision"',
    '"roots"',
    '"catalogue"',
    '"rules"',
    '"conditions"',
    '"__proto__"',
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    '"',
    "null",
    "1e400",
  ],
  runs: 250,
  async check(input) {
    const parsed = await parse(input);
    if (parsed === undefined) return;
    expect(parsed.revision).not.toBe("");
    expect(parsed.wasm.length).toBeGreaterThan(0);
    expect(() => JSON.parse(Buffer.from(parsed.dataJson).toString("utf8"))).not.toThrow();
    expect(Object.getPrototypeOf({})).not.toHaveProperty("polluted");
    expect(() => readConditions(parsed.conditions)).not.toThrow(TypeError);
  },
};

async function parse(input: Uint8Array): Promise<Bundle | undefined> {
  const text = Buffer.from(input).toString("latin1");
  const at = text.indexOf(SEPARATOR);
  const files = partsOf(text.slice(0, at), text.slice(at + SEPARATOR.length));
  try {
    return await parseBundle(at === -1 ? input : makeTarGz(files), "bundle.tar.gz");
  } catch (error) {
    expectOneLine(error);
    return undefined;
  }
}

function partsOf(manifest: string, data: string): TarEntry[] {
  return [
    { name: ".manifest", content: manifest },
    { name: "policy.wasm", content: "w" },
    { name: "data.json", content: data },
  ];
}
