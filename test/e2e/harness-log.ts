// Reads the decision log of a gate.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Gate } from "./harness-gate.ts";
import { waitFor } from "./harness-process.ts";

const LINE = z.looseObject({
  input: z.looseObject({ tool: z.string().optional() }),
  regate: z.looseObject({ verdict: z.string() }),
});
export type LogLine = z.infer<typeof LINE>;

/** The first line of the gate's decision log that `matches`, as soon as it is written. */
export function logLine(gate: Gate, matches: (line: LogLine) => boolean): Promise<LogLine> {
  const file = join(gate.dir, ".regate/decisions.jsonl");
  return waitFor("a line of the decision log", () => {
    const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
    // the last one may be under way
    return (
      lines
        .slice(0, -1)
        // the log writes lines about itself too
        .filter((line) => line.includes('"decision_id"'))
        .map((line) => LINE.parse(JSON.parse(line)))
        .find(matches)
    );
  });
}
