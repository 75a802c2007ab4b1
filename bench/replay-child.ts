// What `regate diff BASE HEAD --replay LOG` does, in a process of its own, so that its memory can be measured: prints what the
// replay took, as JSON. Times are of the processor: on a shared machine they say more than a clock.
import { replayFiles } from "../src/cli/diff/replay-files.ts";
import { openLines } from "../src/log/read-lines.ts";
import { readRecordedLine } from "../src/log/recorded-call.ts";
import { readBundle } from "../src/policy/bundle.ts";
import { comparePolicies, openPolicy } from "../src/policy/diff/compare-policies.ts";
import { Replay } from "../src/policy/diff/replay.ts";

const BARE_CALLS = 5_000;

const [base = "", head = "", log = ""] = process.argv.slice(2);
const policies = {
  base: await openPolicy(await readBundle(base), false),
  head: await openPolicy(await readBundle(head), false),
};
const { table } = comparePolicies(policies, []);
const io = {
  stdout: () => undefined,
  stderr: () => undefined,
  env: {},
  cwd: process.cwd(),
  stdin: async () => new Uint8Array(),
};
const inputs: string[] = [];
const lines = await openLines(log, log);
await lines.read(
  (line) => {
    if (inputs.length >= BARE_CALLS || line.kind !== "text") return;
    const read = readRecordedLine(line.text);
    if (read.kind === "call") inputs.push(JSON.stringify(read.call.input));
  },
  () => undefined,
);
await lines.close();

/** Microseconds for one judgement of an input as it was recorded, by one bundle. */
function timeBare(): number {
  return (
    timeCpu(() => {
      for (const input of inputs) for (const policy of [policies.base, policies.head]) policy.evaluate(input);
    }) /
    (2 * inputs.length)
  );
}

function timeCpu(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

timeBare(); // warm-up
const bareBefore = timeBare();
const before = process.cpuUsage();
const replay = new Replay(policies, table);
await replayFiles([log], replay, io);
const { user, system } = process.cpuUsage(before);
const bareUs = (bareBefore + timeBare()) / 2;
const { calls, obstacles } = replay.result();
const left = obstacles.masked + obstacles.rounded + obstacles.differs;
const peakMiB = process.resourceUsage().maxRSS / 1_024;
console.log(JSON.stringify({ calls, left, us: (user + system) / calls, bareUs, peakMiB }));
