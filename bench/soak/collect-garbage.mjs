// Loaded into the gate whose memory is watched: from time to time all garbage is collected, and what is held then is written down. Without
// that a slope shows when V8 last found it worth its while, and not whether anything is kept.
import { appendFileSync } from "node:fs";

const EVERY_MS = 5_000;

setInterval(() => {
  globalThis.gc();
  const { rss, heapUsed, external } = process.memoryUsage();
  appendFileSync(process.env.SOAK_MEMORY, `${JSON.stringify({ atMs: Date.now(), rss, held: heapUsed + external })}\n`);
}, EVERY_MS).unref();
