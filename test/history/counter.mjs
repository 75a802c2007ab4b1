// A process that counts calls into a history until it is killed, each with a label of its own: `node counter.mjs DIST STATE
// FOLD_BYTES`. It prints each once it is counted, and what the history reports.
import { writeSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { pathToFileURL } from "node:url";

const [dist = "", dir = "", foldBytes] = process.argv.slice(2);
const load = (path) => import(pathToFileURL(join(dist, path)).href);
const { openHistory } = await load("history/history-journal.js");
const { openState } = await load("state/state.js");

// A write beyond `ulimit -f` is to fail, and not to kill.
process.on("SIGXFSZ", () => {});
const started = Date.now();
const unixMs = () => Date.parse("2026-11-23T07:20:00.000Z") + Date.now() - started;
const state = openState(dir);
const history = openHistory({
  path: join(dir, "history.journal"),
  store: state.history,
  unixMs,
  onProblem: (problem) => writeSync(1, `problem ${problem}\n`),
  foldBytes: Number(foldBytes),
  maxNamesPerPrincipal: 10_000_000,
  maxNames: 10_000_000,
});
const call = { server: "s", method: "tools/call", tool: "t", principal: { id: "claude" } };
for (let number = 1; ; number += 1) {
  history.add({ call, verdict: { decision: { labels: ["secrets", `once-${number}`] } }, unixMs: unixMs() });
  writeSync(1, `counted ${number}\n`);
  await setImmediate();
}
