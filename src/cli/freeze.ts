// `regate freeze`: has the running gate refuse all calls, or those to one server or of one principal, at once; `--thaw` ends
// it. The gate keeps it over restarts.
import { parseArgs } from "node:util";
import { z } from "zod";
import { showable } from "../mcp/showable.ts";
import { Problem } from "../problem.ts";
import { frozenSchema } from "../status/status-schema.ts";
import type { CommandIo } from "./command.ts";
import { askAsOperator } from "./operator-request.ts";
import { showFreeze } from "./show-freeze.ts";

const outcomeSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("done"), frozen: z.array(frozenSchema), unkept: z.string().optional() }),
  z.object({ kind: z.literal("refused"), problem: z.string() }),
]);

/** @returns 0 where the gate did it; 1 where it did, and won't know of it after a restart */
export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      config: { type: "string", short: "c", default: "regate.yaml" },
      server: { type: "string" },
      principal: { type: "string" },
      thaw: { type: "boolean" },
      json: { type: "boolean" },
    },
  });
  const { config, json, ...body } = values;
  const { value: outcome } = await askAsOperator(
    {
      config,
      method: "POST",
      path: "/v1/freeze",
      body,
      schema: outcomeSchema,
      what: "what is frozen",
      remedy: "start it with regate serve: what was frozen before still is",
    },
    io,
  );
  if (outcome.kind === "refused") throw new Problem([`regate freeze: ${showable(outcome.problem, 1_000)}`]);
  const { frozen, unkept } = outcome;
  if (json === true) {
    io.stdout(`${JSON.stringify({ frozen, unkept }, undefined, 2)}\n`);
    return unkept === undefined ? 0 : 1;
  }
  const lines = frozen.map((one) => `frozen: ${showFreeze(one)}\n`);
  io.stdout(lines.length === 0 ? "nothing is frozen\n" : lines.join(""));
  if (unkept === undefined) return 0;
  io.stderr(`${showable(unkept, 500)}\n`);
  return 1;
}
