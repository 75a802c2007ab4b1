// Fills a limiter with live buckets and takes from them in an order that no cache likes; prints what that took, as JSON.
import type { Charge, RateLimit } from "../src/gate/types.ts";
import { bucketKey } from "../src/limits/bucket-key.ts";
import { createLimiter } from "../src/limits/limiter.ts";

const [count = 0, rounds = 0] = process.argv.slice(2).map(Number);
/** Coprime to any power of ten. */
const STRIDE = 7_368_787;

const limit: RateLimit = {
  rule: "policy.servers.bench/limited",
  max: 100,
  window: 86_400,
  per: "session",
  over: "tool",
  cost: 1,
};

function chargeOf(number: number): Charge {
  const session = number.toString(16).padStart(32, "0");
  const call = { server: "bench", tool: "limited", method: "tools/call", category: "Read", session, principal: "ann" };
  return { key: bucketKey(limit, { ...call, category: "Read" }), limit };
}

function heapBytes(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** What `bucketKey` keeps of keys that it made is no bucket's, and there before. */
const KEPT_KEYS = 20_000;
for (let number = count; number < count + KEPT_KEYS; number++) chargeOf(number);

const limiter = createLimiter({
  monotonicMs: () => performance.now(),
  journal: { append() {} },
  maxBucketsPerPrincipal: count,
});
const before = heapBytes();
for (let number = 0; number < count; number++) {
  if (limiter.take([chargeOf(number)], "ann").kind !== "taken") throw new Error("a full bucket gave nothing");
}
const bytesPerBucket = (heapBytes() - before) / count;

const TAKES = 200_000;
const takeUs: number[] = [];
for (let round = 0; round < rounds; round++) {
  const charges = Array.from({ length: TAKES }, (_, at) => [chargeOf((at * STRIDE + round) % count)]);
  const started = process.cpuUsage();
  for (const charge of charges) if (limiter.take(charge, "ann").kind !== "taken") throw new Error("it gave nothing");
  const { user, system } = process.cpuUsage(started);
  takeUs.push((user + system) / TAKES);
}
console.log(JSON.stringify({ bytesPerBucket, keyCharacters: chargeOf(0).key.length, takeUs }));
