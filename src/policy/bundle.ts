// Reads a policy bundle (tar.gz, as `regate build` and `opa build -t wasm` write it) and checks its form. It must not
// run anything of it: that is engine.ts.
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { z } from "zod";
import { Problem } from "../problem.ts";
import { type AnswerRules, answerRulesSchema } from "./answer-rules.ts";
import { listPackages, type PackageSource } from "./bundle-packages.ts";
import { type Catalogue, catalogueSchema } from "./catalogue.ts";
import { replaceMember } from "./json-member.ts";
import { MASK_ENTRYPOINT } from "./log-masks.ts";
import { type RuleIndex, ruleIndexSchema } from "./rule-index.ts";
import { readTar } from "./tar.ts";

/** What the gate asks of a bundle: the decision on one call, and the class of one tool. */
export const DECISION_ENTRYPOINT = "regate/decision";
export const CLASSIFY_ENTRYPOINT = "regate/classify";
/** The decision on one answer: there only where a rule of the policy speaks to answers. */
export const RESULT_ENTRYPOINT = "regate/result";
export const ENTRYPOINTS: readonly string[] = [DECISION_ENTRYPOINT, CLASSIFY_ENTRYPOINT];

const MAX_COMPRESSED_BYTES = 64 * 2 ** 20;
const MAX_UNCOMPRESSED_BYTES = 256 * 2 ** 20;
const MAX_ENTRIES = 20_000;
/** Each is a way to another thread and back: of zlib's own 16 KiB there are a hundred in a bundle. */
const CHUNK_BYTES = 2 ** 20;

/** For people; what is not of this form says nothing. */
const annotationsSchema = z
  .array(z.object({ title: z.string().optional(), description: z.string().optional() }))
  .catch([]);

const manifestSchema = z.looseObject({
  revision: z.string().min(1),
  roots: z.array(z.string()),
  wasm: z.array(z.looseObject({ entrypoint: z.string(), module: z.string(), annotations: annotationsSchema })),
  rego_version: z.int().optional(),
});

const dataSchema = z.looseObject({
  catalogue: catalogueSchema.default({}),
  rules: ruleIndexSchema.default(new Map()),
  conditions: z.unknown().optional(),
  results: answerRulesSchema.default(new Map()),
});

export type Manifest = z.infer<typeof manifestSchema>;

export type Bundle = {
  /** Names the bundle in errors. */
  readonly shown: string;
  /** From the manifest: of the sources. */
  readonly revision: string;
  /** SHA-256 of the file, hex. */
  readonly digest: string;
  readonly manifest: Manifest;
  /** Sorted by their paths. */
  readonly packages: readonly PackageSource[];
  readonly wasm: Uint8Array<ArrayBuffer>;
  /** data.json as it was built, less what no decision looks at: numbers keep their lexemes on the way into the engine. */
  readonly dataJson: Uint8Array<ArrayBuffer>;
  readonly catalogue: Catalogue;
  readonly rules: RuleIndex;
  /** data.conditions; readConditions says what it is. */
  readonly conditions: unknown;
  readonly answerRules: AnswerRules;
};

/**
 * @param file absolute, or relative to the process
 * @param shown the file as the person named it
 * @throws Problem where it is missing, too large, not a bundle or lacks a part
 */
export async function readBundle(file: string, shown = file): Promise<Bundle> {
  return parseBundle(await readBundleFile(file, shown), shown);
}

/** @throws Problem as readBundle */
export async function parseBundle(bytes: Uint8Array, shown: string): Promise<Bundle> {
  return parseFiles(await readArchive(bytes, shown), bytes, shown);
}

/**
 * @param files what readArchive found in `bytes`
 * @throws Problem as readBundle
 */
export function parseFiles(files: ReadonlyMap<string, Uint8Array>, bytes: Uint8Array, shown: string): Bundle {
  const manifest = parseManifest(files.get(".manifest"), shown);
  const module = findModule(manifest, shown);
  const wasm = files.get(module.replace(/^\//, ""));
  if (wasm === undefined) throw refuse(shown, `${module} is missing, though the manifest names it`);
  const dataJson = files.get("data.json") ?? new TextEncoder().encode("{}");
  const nested = [...files.keys()].find((name) => /(^|\/)data\.(json|ya?ml)$/.test(name) && name !== "data.json");
  if (nested !== undefined) throw refuse(shown, `${nested} is not merged into data.json`);
  const data = parseJson(dataJson, dataSchema, "data.json", shown);
  return {
    shown,
    revision: manifest.revision,
    digest: createHash("sha256").update(bytes).digest("hex"),
    manifest,
    packages: listPackages(files),
    wasm: Uint8Array.from(wasm),
    dataJson: Uint8Array.from(withoutConditions(dataJson)),
    catalogue: data.catalogue,
    rules: data.rules,
    conditions: data.conditions,
    answerRules: data.results,
  };
}

/** The engine would hold the index of conditions in its memory, and never read it. */
function withoutConditions(dataJson: Uint8Array): Uint8Array {
  return new TextEncoder().encode(replaceMember(new TextDecoder().decode(dataJson), "conditions", "null"));
}

/** The files of a tar.gz by name. @throws Problem where it is damaged, or larger than any bundle may be */
export async function readArchive(bytes: Uint8Array, shown: string): Promise<Map<string, Uint8Array>> {
  return readTar(await decompress(bytes, shown), shown, MAX_ENTRIES);
}

/** @throws Problem where the file is missing, or larger than any bundle may be */
export async function readBundleFile(file: string, shown: string): Promise<Uint8Array> {
  const handle = await open(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") throw new Problem([`${shown}: no such bundle; make it with \`regate build\``]);
    throw new Problem([`${shown}: cannot be opened (${error.code ?? error.message})`]);
  });
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new Problem([`${shown}: not a file; name a bundle such as bundles/regate.tar.gz`]);
    if (stat.size > MAX_COMPRESSED_BYTES) throw refuse(shown, `longer than ${MAX_COMPRESSED_BYTES} bytes`);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

async function decompress(bytes: Uint8Array, shown: string): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) throw refuse(shown, "not a gzip file");
  try {
    return await promisify(gunzip)(bytes, { maxOutputLength: MAX_UNCOMPRESSED_BYTES, chunkSize: CHUNK_BYTES });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ERR_BUFFER_TOO_LARGE") throw refuse(shown, `unpacks to more than ${MAX_UNCOMPRESSED_BYTES} bytes`);
    if (code === "Z_BUF_ERROR") throw refuse(shown, "the file is cut short");
    throw refuse(shown, "the gzip data is damaged");
  }
}

function parseManifest(bytes: Uint8Array | undefined, shown: string): Manifest {
  if (bytes === undefined) throw refuse(shown, "it has no .manifest");
  return parseJson(bytes, manifestSchema, ".manifest", shown);
}

/** The one module that all entrypoints are in. */
function findModule(manifest: Manifest, shown: string): string {
  const modules = ENTRYPOINTS.map((wanted) => {
    const found = manifest.wasm.find(({ entrypoint }) => entrypoint === wanted);
    if (found === undefined) throw refuse(shown, `it has no entrypoint ${wanted}`);
    return found.module;
  });
  const more = manifest.wasm.filter(({ entrypoint }) => [MASK_ENTRYPOINT, RESULT_ENTRYPOINT].includes(entrypoint));
  const [module = "", ...others] = new Set([...modules, ...more.map((optional) => optional.module)]);
  if (others.length > 0) throw refuse(shown, `its entrypoints are in several modules: ${modules.join(", ")}`);
  return module;
}

function parseJson<T>(bytes: Uint8Array, schema: z.ZodType<T>, name: string, shown: string): T {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    throw refuse(shown, `${name} is not JSON`);
  }
  // once: what zod would compile for it costs more than it saves
  const parsed = schema.safeParse(value, { jitless: true });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw refuse(shown, `${name}: ${issue?.path.join(".")} ${issue?.message}`);
}

function refuse(shown: string, what: string): Problem {
  return new Problem([`${shown}: ${what}; build the bundle again with \`regate build\``]);
}
