// What a gate's decision log says of the calls of a soak, over all of its files.
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { z } from "zod";
import { withRotated } from "../../src/log/log-files.ts";
import { readOwnLine } from "../../src/log/own-line.ts";
import type { Logged } from "./ledger.ts";

const callSchema = z.looseObject({
  decision_id: z.string(),
  input: z.looseObject({ args: z.looseObject({ key: z.string() }) }),
  regate: z.looseObject({ verdict: z.string() }),
});

export async function readLogged(file: string): Promise<Logged> {
  const lines: { key: string; verdict: string }[] = [];
  const windows: { fromMs: number; toMs: number }[] = [];
  let lost = 0;
  for (const log of await withRotated([{ file, shown: file }])) {
    for await (const text of createInterface({ input: createReadStream(log.file) })) {
      const event = readOwnLine(text)?.event;
      if (event?.event === "start" && event.unclean !== undefined) {
        const { from, to } = event.unclean;
        windows.push({ fromMs: Date.parse(from), toMs: Date.parse(to) });
      } else if (event?.event === "lost") lost += event.decisions;
      if (event !== undefined) continue;
      const call = callSchema.safeParse(JSON.parse(text));
      if (!call.success) continue;
      const { input, regate } = call.data;
      lines.push({ key: input.args.key, verdict: regate.verdict });
    }
  }
  return { lines, windows, lost };
}
