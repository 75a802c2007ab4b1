// Clients of the pairings that run as a process of their own, one for all jobs of a client: jobs go in as lines, and what was seen comes back
// as lines, as test/fixtures/pairings/jobs.py says.
import { z } from "zod";
import { makeTempDir, run, waitFor } from "../e2e/harness-process.ts";
import { type Drive, MODERN, seenSchema } from "./job.ts";

const answerSchema = z.object({ id: z.number(), seen: seenSchema.optional(), failed: z.string().optional() });

export function driveProcess(command: string, args: readonly string[]): Drive {
  // The Inspector keeps a file of its own in the home folder.
  const client = run(command, args, { env: { HOME: makeTempDir() } });
  let jobs = 0;
  return async ({ endpoint, version, allowed, denied }) => {
    const id = jobs++;
    const { kind: _kind, ...target } = endpoint;
    const era = version === MODERN ? MODERN : "legacy";
    client.stdin.write(`${JSON.stringify({ id, era, ...target, allowed, denied })}\n`);
    const line = await Promise.race([
      waitFor(`what ${command} ${args.join(" ")} saw`, () =>
        answers(client.stdout()).find((answer) => answer.id === id),
      ),
      client.exited.then(() => {
        throw new Error(`${command} ${args.join(" ")} ended:\n${client.stderr()}`);
      }),
    ]);
    if (line.seen === undefined) throw new Error(line.failed);
    return line.seen;
  };
}

/** Only whole lines. */
function answers(printed: string) {
  return printed
    .split("\n")
    .slice(0, -1)
    .map((line) => answerSchema.parse(JSON.parse(line)));
}
