// `regate reload`: has the running gate take a changed bundle, the one that judges beside it, and changed servers of its
// configuration, and says what became of each. The gate decides; it keeps the bundle in force where the new one is not in order.
import { parseArgs } from "node:util";
import { z } from "zod";
import type { CommandIo } from "./command.ts";
import { askAsOperator } from "./operator-request.ts";

const outcomes = [
  z.object({ kind: z.literal("swapped"), from: z.string(), to: z.string() }),
  z.object({ kind: z.literal("unchanged"), revision: z.string() }),
  z.object({ kind: z.literal("kept"), revision: z.string(), problem: z.string() }),
] as const;
const shadowSchema = z.discriminatedUnion("kind", [
  ...outcomes,
  z.object({ kind: z.literal("taken"), revision: z.string() }),
  z.object({ kind: z.literal("none"), problem: z.string() }),
]);
const keys = z.array(z.string());
const serversSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("taken"), added: keys, changed: keys, removed: keys }),
  z.object({ kind: z.literal("kept"), problem: z.string() }),
]);
const reloadedSchema = z.intersection(
  z.discriminatedUnion("kind", [...outcomes]),
  z.object({ shadow: shadowSchema.optional(), servers: serversSchema.optional() }),
);

type Reloaded = z.infer<typeof reloadedSchema>;
type ReloadedShadow = z.infer<typeof shadowSchema>;

/** @returns 0 where the bundles of the files are in force, 1 where the gate kept another */
export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      config: { type: "string", short: "c", default: "regate.yaml" },
      "allow-rollback": { type: "boolean" },
      json: { type: "boolean" },
    },
  });
  const path = values["allow-rollback"] === true ? "/v1/reload?rollback=allow" : "/v1/reload";
  const request = { config: values.config, method: "POST", path, schema: reloadedSchema } as const;
  const { value: reloaded } = await askAsOperator(
    {
      ...request,
      what: "what became of the bundle",
      remedy: "start it with regate serve, it takes the bundle as it is then",
    },
    io,
  );
  if (values.json === true) io.stdout(`${JSON.stringify(reloaded, undefined, 2)}\n`);
  const told = values.json === true ? { ...io, stdout: () => {}, stderr: () => {} } : io;
  const code = tell(reloaded, told);
  const shadowCode = reloaded.shadow === undefined ? 0 : tellShadow(reloaded.shadow, told);
  const serversCode = reloaded.servers === undefined ? 0 : tellServers(reloaded.servers, told);
  return Math.max(code, shadowCode, serversCode);
}

function tell(reloaded: Reloaded, io: CommandIo): number {
  switch (reloaded.kind) {
    case "swapped":
      io.stdout(`revision ${reloaded.to} is in force, in place of ${reloaded.from}\n`);
      return 0;
    case "unchanged":
      io.stdout(`revision ${reloaded.revision} was in force already\n`);
      return 0;
    case "kept":
      io.stderr(`${reloaded.problem}\nrevision ${reloaded.revision} stays in force\n`);
      return 1;
  }
}

function tellServers(servers: z.infer<typeof serversSchema>, io: CommandIo): number {
  if (servers.kind === "kept") {
    io.stderr(`${servers.problem}\nthe servers stay as they were\n`);
    return 1;
  }
  for (const what of ["added", "changed", "removed"] as const)
    if (servers[what].length > 0) io.stdout(`servers ${what}: ${servers[what].join(", ")}\n`);
  return 0;
}

function tellShadow(reloaded: ReloadedShadow, io: CommandIo): number {
  switch (reloaded.kind) {
    case "swapped":
      io.stdout(`shadow: revision ${reloaded.to} judges beside it, in place of ${reloaded.from}\n`);
      return 0;
    case "taken":
      io.stdout(`shadow: revision ${reloaded.revision} judges beside it\n`);
      return 0;
    case "unchanged":
      io.stdout(`shadow: revision ${reloaded.revision} was judging beside it already\n`);
      return 0;
    case "kept":
      io.stderr(`shadow: ${reloaded.problem}\nshadow: revision ${reloaded.revision} goes on judging beside it\n`);
      return 1;
    case "none":
      io.stderr(`shadow: ${reloaded.problem}\nshadow: nothing judges beside it\n`);
      return 1;
  }
}
