// A process that writes a decision log on a disk that may be full, until its standard input ends: `node full-disk.mjs DIST FILE
// durable|batched refuse|continue`. It prints of each call whether it may go out, and what the log reports.
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { pathToFileURL } from "node:url";

const [dist = "", file = "", mode, onFailure] = process.argv.slice(2);
const { openDecisionLog } = await import(pathToFileURL(join(dist, "log/decision-log.js")).href);

// A write beyond `ulimit -f` is to fail, and not to kill.
process.on("SIGXFSZ", () => {});
let ended = false;
process.stdin
  .on("data", () => {})
  .on("end", () => {
    ended = true;
  });

const log = await openDecisionLog({
  file,
  durable: mode === "durable",
  onFailure,
  key: Buffer.alloc(32, 7),
  rotation: { maxBytes: 1_000_000_000, maxAgeMs: undefined },
  retention: { files: undefined, maxAgeMs: undefined },
  labels: { id: "0f7b6a8e-93d1-4c53-8f5e-0d7f4f7a9f11", version: "0.1.0" },
  unixMs: Date.now,
  onProblem: (problem) => process.stdout.write(`problem ${problem}\n`),
});

const principal = { id: "p", groups: [], claims: {} };
const call = { server: "s", direction: "to_server", method: "ping", session: "s", principal };
const judged = { decision: undefined, facts: undefined, fuel: 0, bundle: undefined, kind: "denied", reasons: [] };
for (let number = 0; !ended; number += 1) {
  const verdict = { ...judged, id: `call-${number}` };
  try {
    await log.record({ call, verdict, startedUnixMs: Date.now(), judgedNs: 1, rules: [] });
    process.stdout.write(`passed call-${number}, failing ${log.isFailing()}\n`);
  } catch (error) {
    process.stdout.write(`refused call-${number}: ${error.message}\n`);
  }
  await setTimeout(5);
}
await log.close();
process.stdout.write(`closed, lost ${log.lost()}\n`);
