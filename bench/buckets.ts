// `make bench ONLY=buckets`: a million live token buckets: what each takes in memory, and how long a take takes, without the journal.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { z } from "zod";
import { spread } from "./spread.ts";

const BUCKETS = 1_000_000;
const ROUNDS = 3;

const childSchema = z.object({ bytesPerBucket: z.number(), keyCharacters: z.number(), takeUs: z.array(z.number()) });

export async function benchBuckets(): Promise<void> {
  const args = ["--expose-gc", "bench/out/bench/buckets-child.js", String(BUCKETS), String(ROUNDS)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const { bytesPerBucket, keyCharacters, takeUs } = childSchema.parse(JSON.parse(stdout));
  console.log(`${BUCKETS.toLocaleString("en-US")} live buckets, keys of ${keyCharacters} characters`);
  console.log(`  bytes for each            ${bytesPerBucket.toFixed(0)}, its key included`);
  console.log(`  microseconds for a take   ${spread(takeUs)} of the processor, each from another bucket, no journal\n`);
}
