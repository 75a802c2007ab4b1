// Fuzzing of all that reads bytes from outside. In `make test` a short run with one seed; `make fuzz MINUTES=N` goes on for so
// long with seeds of its own, ONLY=TARGET,... on some targets, SEED=N with that one.
import { randomInt } from "node:crypto";
import { afterAll, describe, test } from "vitest";
import { casesOf, fuzz, type Length } from "./driver.ts";
import type { Target } from "./target.ts";
import { archive } from "./targets/archive.ts";
import { bundle } from "./targets/bundle.ts";
import { config } from "./targets/config.ts";
import { journal } from "./targets/journal.ts";
import { log } from "./targets/log.ts";
import { clientMessage } from "./targets/message.ts";
import { serverMessage } from "./targets/server-message.ts";
import { session } from "./targets/session.ts";
import { signature } from "./targets/signature.ts";
import { sse } from "./targets/sse.ts";
import { wasmBytes, wasmLoops } from "./targets/wasm.ts";

const TARGETS: readonly Target[] = [
  clientMessage,
  serverMessage,
  session,
  archive,
  bundle,
  signature,
  config,
  wasmBytes,
  wasmLoops,
  sse,
  journal,
  log,
];
const SHORT_SEED = 20_261_201;
const { FUZZ_MINUTES, FUZZ_ONLY, FUZZ_SEED } = process.env;
const only = FUZZ_ONLY === undefined || FUZZ_ONLY === "" ? undefined : FUZZ_ONLY.split(",");
const targets = TARGETS.filter(({ name }) => only?.includes(name) ?? true);
const minutes = FUZZ_MINUTES === undefined ? undefined : Number(FUZZ_MINUTES);
const msEach = minutes === undefined ? undefined : (minutes * 60_000) / targets.length;
const fixedSeed = FUZZ_SEED === undefined || FUZZ_SEED === "" ? undefined : Number(FUZZ_SEED);

const told: string[] = [];
afterAll(() => console.log(told.join("\n")));

if (targets.length === 0)
  throw new Error(`FUZZ_ONLY names no target; there are ${TARGETS.map(({ name }) => name).join(", ")}`);

describe.each(targets.map((target) => [target.name, target] as const))("%s", (_name, target) => {
  test.each(casesOf(target))("holds on the case %s", async (_file, input) => {
    await target.check(input);
  });

  test("holds on new inputs", { timeout: (msEach ?? 0) + 120_000 }, async () => {
    const seed = fixedSeed ?? (msEach === undefined ? SHORT_SEED : randomInt(1, 2 ** 31 - 1));
    const length: Length = msEach === undefined ? { runs: target.runs } : { ms: msEach };
    const runs = await fuzz(target, seed, length);
    told.push(`${target.name}: ${runs} inputs, seed ${seed}`);
  });
});
