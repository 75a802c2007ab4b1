// Judges inputs and classifies definitions with the WASM of one bundle, inline and under the fuel meter. The one file that
// knows opa-wasm. Whatever an input or a policy does, the answer is of the right shape or `failed`: it never throws, never
// waits and never takes more steps than its budget.
import opa = require("@open-policy-agent/opa-wasm");

import type { z } from "zod";

import type {
  Classification,
  Classified,
  Decision,
  Evaluation,
  Masks,
  ResultDecision,
  ResultEvaluation,
  Revision,
} from "../gate/types.ts";
import { Problem } from "../problem.ts";
import { remember } from "./bounded-map.ts";
import { type Bundle, CLASSIFY_ENTRYPOINT, DECISION_ENTRYPOINT, ENTRYPOINTS, RESULT_ENTRYPOINT } from "./bundle.ts";
import { classificationResultSchema } from "./classification-schema.ts";
import { decisionResultSchema } from "./decision-schema.ts";
import { FUEL_EXPORT, meterFuel } from "./fuel-meter.ts";
import { MASK_ENTRYPOINT, maskResultSchema } from "./log-masks.ts";
import { resultResultSchema } from "./result-schema.ts";

/** A byte of a string takes about 1.25 units, of a structure 6. */
const UNITS_PER_INPUT_BYTE = 10;
/** For the data, once: they are the operator's own, and bounded by the memory. */
const LOAD_UNITS = 0xffff_ffff;
const PAGE_BYTES = 65_536;
/** For the data: 4 MiB to start with, 1 GiB at most. */
const LOAD_PAGES = { initial: 64, maximum: 16_384 };
/** For an evaluation, on top of the data: 64 MiB. */
const EVALUATION_PAGES = 1024;
/** Globals that opa-wasm warns about on the console, and then goes on without. */
const ABI_GLOBALS = ["opa_wasm_abi_version", "opa_wasm_abi_minor_version"];

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

export interface Engine {
  readonly revision: Revision;
  /** The bundle's module with its fuel meter, as it judges here. */
  readonly wasm: Uint8Array<ArrayBuffer>;
  /** @param inputText one JSON document; numbers are judged as they are written. Text that is not JSON is `failed`. */
  evaluate(inputText: string): Evaluation;
  /** @param definitionText one MCP tool definition, as its server listed it. Text that is not JSON is `failed`. */
  classify(definitionText: string): Classified;
  /** Whether any rule of the policy speaks to answers. */
  readonly judgesAnswers: boolean;
  /** What becomes of an answer; passes each where no rule speaks to answers. @param inputText as for `evaluate`, with the answer */
  judgeAnswer(inputText: string): ResultEvaluation;
  /** Whether the policy masks anything of the log itself. */
  readonly hasMasks: boolean;
  /** What it masks of the log for this input. */
  mask(inputText: string): Masks;
}

/** What a bundle is asked, and the shape that an answer has. */
type Question<T> = {
  readonly entrypoint: string;
  readonly schema: z.ZodType<readonly [{ readonly result: T }]>;
  readonly noun: string;
  /** Its budget, besides what an input gets for its length. */
  readonly baseUnits: number;
};

const DECISION = {
  entrypoint: DECISION_ENTRYPOINT,
  schema: decisionResultSchema,
  noun: "decision",
  /** It takes 8,000 to 11,500. */
  baseUnits: 200_000,
};
const CLASSIFICATION = {
  entrypoint: CLASSIFY_ENTRYPOINT,
  schema: classificationResultSchema,
  noun: "classification",
  /** It takes 100,000 to 1,000,000: it looks up each word of the texts, of which it reads the beginnings only. */
  baseUnits: 3_000_000,
};

const MASKS = { entrypoint: MASK_ENTRYPOINT, schema: maskResultSchema, noun: "set of masks", baseUnits: 200_000 };

const RESULT = { entrypoint: RESULT_ENTRYPOINT, schema: resultResultSchema, noun: "decision", baseUnits: 200_000 };

type Answer<T> = { readonly fuel: number; readonly budget: number } & (
  | { readonly kind: "answered"; readonly value: T }
  | { readonly kind: "failed"; readonly problem: string }
);

const PASSED: ResultDecision = { action: "pass", reasons: [], rules: [], malformed: [], redact: [], secrets: [] };

type Instance = {
  readonly policy: opa.LoadedPolicy;
  /** OPA's `opa_eval`: all of an evaluation in one call, from the JSON text of the input to that of the result. */
  readonly evaluate: (...args: number[]) => unknown;
  /** Units that are left. */
  readonly fuel: WebAssembly.Global;
};

/** Results that are known by their text need not be read again. */
const MAX_KNOWN_RESULTS = 1_000;
const MAX_KNOWN_CHARACTERS = 4_096;

/** The memory of an instance that has loaded the data: all of its state, because its stack is empty then. */
type Image = {
  /** Up to where the heap is free. */
  readonly used: Uint8Array;
  readonly pages: number;
  readonly dataAddress: number;
  readonly heapStart: number;
};

/** The units that a decision on an input may take. */
export function fuelBudget(inputBytes: number): number {
  return DECISION.baseUnits + UNITS_PER_INPUT_BYTE * inputBytes;
}

/** @throws Problem where the bundle's WASM can't be metered or started, or calls what this engine does not have */
export async function createEngine(bundle: Bundle): Promise<Engine> {
  const revision: Revision = { revision: bundle.revision, digest: bundle.digest };
  const { start, wasm } = await prepare(bundle);
  let instance: Instance | undefined = start();
  const hasMasks = Object.hasOwn(instance.policy.entrypoints, MASK_ENTRYPOINT);
  const decisions = new Map<string, Decision>();
  const classifications = new Map<string, Classification>();
  const judgesAnswers = Object.hasOwn(instance.policy.entrypoints, RESULT_ENTRYPOINT);
  const results = new Map<string, ResultDecision>();
  const masks = new Map<string, Extract<Masks, { kind: "masks" }>["pointers"]>();

  const ask = <T>(question: Question<T>, known: Map<string, T>, inputText: string): Answer<T> => {
    if (!isJson(inputText)) return { kind: "failed", problem: "the input is not JSON", fuel: 0, budget: 0 };
    const { entrypoint, schema, noun, baseUnits } = question;
    const inputBytes = Buffer.byteLength(inputText);
    const budget = baseUnits + UNITS_PER_INPUT_BYTE * inputBytes;
    let text: string;
    let result: unknown;
    let left = budget;
    try {
      instance ??= start();
      instance.fuel.value = budget;
      text = evaluate(instance, { text: inputText, bytes: inputBytes }, entrypoint);
      left = readFuel(instance.fuel);
      const value = known.get(text);
      if (value !== undefined) return { kind: "answered", value, fuel: budget - left, budget };
      result = JSON.parse(text);
    } catch (error) {
      if (instance !== undefined) left = readFuel(instance.fuel);
      instance = undefined; // an interrupted evaluation leaves its stack behind, until nothing works any more
      const problem = left === 0 ? `out of fuel after ${budget} units` : describe(error);
      return { kind: "failed", problem, fuel: budget - left, budget };
    }
    const parsed = schema.safeParse(result);
    if (parsed.success) {
      const value = freeze(parsed.data[0].result);
      if (text.length <= MAX_KNOWN_CHARACTERS) remember(known, text, value, MAX_KNOWN_RESULTS);
      return { kind: "answered", value, fuel: budget - left, budget };
    }
    const [issue] = parsed.error.issues;
    const problem = `its answer is no ${noun} (${issue?.path.slice(2).join(".")}: ${issue?.message})`;
    return { kind: "failed", problem, fuel: budget - left, budget };
  };

  return {
    revision,
    wasm,
    evaluate(inputText) {
      const answer = ask(DECISION, decisions, inputText);
      const { fuel, budget } = answer;
      if (answer.kind === "answered")
        return { kind: "decided", decision: answer.value, fuel, budget, bundle: revision };
      const problem = `the policy could not judge this call: ${answer.problem}`;
      return { kind: "failed", problem, fuel, budget, bundle: revision };
    },
    classify(definitionText) {
      const answer = ask(CLASSIFICATION, classifications, definitionText);
      const { fuel } = answer;
      if (answer.kind === "answered") return { kind: "classified", classification: answer.value, fuel };
      return { kind: "failed", problem: `the policy could not classify this tool: ${answer.problem}`, fuel };
    },
    judgesAnswers,
    judgeAnswer(inputText) {
      if (!judgesAnswers) return { kind: "decided", decision: PASSED, fuel: 0 };
      const answer = ask(RESULT, results, inputText);
      const { fuel } = answer;
      if (answer.kind === "answered") return { kind: "decided", decision: answer.value, fuel };
      return { kind: "failed", problem: `the policy could not judge this answer: ${answer.problem}`, fuel };
    },
    hasMasks,
    mask(inputText) {
      if (!hasMasks) return { kind: "masks", pointers: [] };
      const answer = ask(MASKS, masks, inputText);
      if (answer.kind === "answered") return { kind: "masks", pointers: answer.value };
      return { kind: "failed", problem: `the policy could not say what the log masks: ${answer.problem}` };
    },
  };
}

/** Builtins that a compiled policy expects of its host, sorted: this engine has none, because they would run unmetered. */
export function listHostBuiltins(module: WebAssembly.Module): readonly string[] {
  const policy = opa.loadPolicySync(module, { ...LOAD_PAGES });
  const { builtins, opa_json_dump } = exportsOf(policy);
  if (typeof builtins !== "function" || typeof opa_json_dump !== "function") throw new TypeError("not one of OPA's");
  const address: unknown = opa_json_dump(builtins());
  const memory = new Uint8Array(policy.mem.buffer);
  if (typeof address !== "number") throw new TypeError("not one of OPA's");
  const names: unknown = JSON.parse(decoder.decode(memory.subarray(address, memory.indexOf(0, address))));
  return typeof names === "object" && names !== null ? Object.keys(names).sort() : [];
}

/** Compiles and checks the module, and loads the data, once; what it returns starts an instance in milliseconds. */
async function prepare(bundle: Bundle): Promise<{ readonly start: () => Instance; readonly wasm: Engine["wasm"] }> {
  try {
    const wasm = meterFuel(bundle.wasm);
    const module = await WebAssembly.compile(wasm);
    const exported = new Set(WebAssembly.Module.exports(module).map(({ name }) => name));
    const missing = ABI_GLOBALS.filter((name) => !exported.has(name));
    if (missing.length > 0) throw new RangeError(`the WebAssembly module lacks ${missing.join(" and ")}`);
    const unknown = listHostBuiltins(module);
    if (unknown.length > 0) throw new RangeError(`the policy calls ${unknown.join(", ")}, which the engine lacks`);
    const image = loadData(module, bundle.dataJson);
    const start = (): Instance => startInstance(module, image);
    const { entrypoints } = start().policy;
    const lacking = ENTRYPOINTS.find((entrypoint) => !Object.hasOwn(entrypoints, entrypoint));
    if (lacking !== undefined) throw new RangeError(`the WebAssembly module has no entrypoint ${lacking}`);
    return { start, wasm };
  } catch (error) {
    throw new Problem([`${bundle.shown}: ${describe(error)}; build the bundle again with \`regate build\``]);
  }
}

/** Parses the data in an instance that is used for nothing else. */
function loadData(module: WebAssembly.Module, dataJson: Uint8Array<ArrayBuffer>): Image {
  const policy = opa.loadPolicySync(module, { ...LOAD_PAGES });
  fuelOf(policy).value = LOAD_UNITS;
  policy.setData(dataJson.buffer);
  const heapStart: number = policy.dataHeapPtr;
  const used = new Uint8Array(policy.mem.buffer.slice(0, heapStart));
  return { used, pages: policy.mem.buffer.byteLength / PAGE_BYTES, dataAddress: policy.dataAddr, heapStart };
}

/** Whoever can make evaluations fail can make instances start: copying the data in is far cheaper than parsing them again. */
function startInstance(module: WebAssembly.Module, image: Image): Instance {
  const policy = opa.loadPolicySync(module, { initial: image.pages, maximum: image.pages + EVALUATION_PAGES });
  new Uint8Array(policy.mem.buffer).set(image.used);
  policy.dataAddr = image.dataAddress;
  policy.dataHeapPtr = image.heapStart;
  const { opa_eval: evaluateAll } = exportsOf(policy);
  if (typeof evaluateAll !== "function") throw new TypeError("the module exports no opa_eval");
  return { policy, evaluate: (...args) => evaluateAll(...args), fuel: fuelOf(policy) };
}

/** @returns the result as JSON text. Throws whatever the module does. */
function evaluate(
  { policy, evaluate: evaluateAll }: Instance,
  input: { readonly text: string; readonly bytes: number },
  entrypoint: string,
): string {
  const { mem, dataAddr, dataHeapPtr } = policy;
  const missing = dataHeapPtr + input.bytes - mem.buffer.byteLength;
  if (missing > 0) mem.grow(Math.ceil(missing / PAGE_BYTES));
  encoder.encodeInto(input.text, new Uint8Array(mem.buffer, dataHeapPtr));
  const id = policy.entrypoints[entrypoint];
  if (id === undefined) throw new RangeError(`no entrypoint ${entrypoint}`);
  const address = evaluateAll(0, id, dataAddr, dataHeapPtr, input.bytes, dataHeapPtr + input.bytes, 0);
  if (typeof address !== "number") throw new TypeError("opa_eval answers with no address");
  const memory = new Uint8Array(mem.buffer);
  return decoder.decode(memory.subarray(address, memory.indexOf(0, address)));
}

/** Many calls share what a policy answers; it is shown to all that handle them. */
function freeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) for (const part of Object.values(value)) freeze(part);
  return Object.freeze(value);
}

function fuelOf(policy: opa.LoadedPolicy): WebAssembly.Global {
  const fuel = exportsOf(policy)[FUEL_EXPORT];
  if (fuel instanceof WebAssembly.Global) return fuel;
  throw new TypeError(`the module exports no global ${FUEL_EXPORT}`);
}

function exportsOf(policy: opa.LoadedPolicy): Readonly<Record<string, unknown>> {
  if (policy.wasmInstance instanceof WebAssembly.Instance) return policy.wasmInstance.exports;
  throw new TypeError("opa-wasm answers with no instance");
}

function readFuel(fuel: WebAssembly.Global): number {
  return Number(fuel.value) >>> 0;
}

/**
 * The caller has parsed the text before, and yet: OPA takes `{}x` and `[1 2]` for JSON, and judges what it can't parse as
 * if there were no input. What passes here it parses (or it throws, for a lone surrogate).
 */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** opa-wasm throws strings and plain objects, V8 errors. */
function describe(error: unknown): string {
  if (typeof error === "string") return error;
  if (typeof error === "object" && error !== null && "message" in error) return String(error.message);
  return String(error);
}
