// Puts together what OPA holds a policy against: the schemas that lie beside the folder, and the form of the input, which is
// the gate's own whatever lies there.
import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { SHIPPED_INPUT_SCHEMA } from "../shipped.ts";
import type { PolicyFolder } from "./sources.ts";

/** @param to an absolute folder, for `opa check --schema` */
export async function copySchemas({ dir }: PolicyFolder, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  await cp(join(dir, "..", "schemas"), to, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
  await cp(SHIPPED_INPUT_SCHEMA, join(to, "input.json"));
}
