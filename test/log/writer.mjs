// A process that writes a decision log until it is killed: `node writer.mjs DIST FILE [durable|flushed]`. It prints each id once it is
// recorded (durable: on disk; flushed: written, or lost), and what the log reports.
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { pathToFileURL } from "node:url";

const [dist = "", file = "", mode] = process.argv.slice(2);
const { openDecisionLog } = await import(pathToFileURL(join(dist, "log/decision-log.js")).href);

// A write beyond `ulimit -f` is to fail, and not to kill.
process.on("SIGXFSZ", () => {});

const log = await openDecisionLog({
  file,
  durable: mode === "durable",
  onFailure: mode === "durable" ? "refuse" : "continue",
  key: Buffer.alloc(32, 7),
  rotation: { maxBytes: 1_000_000_000, maxAgeMs: undefined },
  retention: { files: undefined, maxAgeMs: undefined },
  labels: { id: "0f7b6a8e-93d1-4c53-8f5e-0d7f4f7a9f11", version: "0.1.0" },
  unixMs: Date.now,
  onProblem: (problem) => process.stdout.write(`problem ${problem}\n`),
});

for (let number = 0; number < 100_000; number += 1) {
  const call = {
    server: "s",
    direction: "to_server",
    method: "ping",
    session: "s",
    principal: { id: "p", groups: [], claims: {} },
  };
  const verdict = {
    id: `call-${number}`,
    decision: undefined,
    facts: undefined,
    fuel: 0,
    bundle: undefined,
    kind: "denied",
    reasons: [],
  };
  try {
    await log.record({ call, verdict, startedUnixMs: Date.now(), judgedNs: 1, rules: [] });
    if (mode === "flushed") await log.flush();
    process.stdout.write(`recorded ${number}\n`);
  } catch (error) {
    process.stdout.write(`refused ${error.code}\n`);
    break;
  }
  if (log.lost() > 0) break;
  await setImmediate();
}
await log.close();
process.stdout.write(`closed, lost ${log.lost()}\n`);
