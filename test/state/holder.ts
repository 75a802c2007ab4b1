// A child process for state.test.ts: opens the state folder that it is given, says so on standard output, and holds it
// until it is killed; where it may not, it says why and ends.
import { writeSync } from "node:fs";
import { Problem } from "../../src/problem.ts";
import { openState } from "../../src/state/state.ts";

try {
  const state = openState(process.argv[2] ?? "");
  state.meta.set("running", "yes");
  state.endedSessions.add("ended just before the end", 1e15);
  writeSync(1, "open\n");
  setInterval(() => state.dir, 60_000);
} catch (error) {
  if (!(error instanceof Problem)) throw error;
  writeSync(1, `${error.message}\n`);
}
