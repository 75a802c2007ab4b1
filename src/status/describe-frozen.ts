// What is frozen, as the status and the console say it. Pure.
import { describeScope, type Frozen } from "../freeze/freeze.ts";
import type { FrozenStatus } from "./status-schema.ts";

export function describeFrozen(frozen: readonly Frozen[]): FrozenStatus[] {
  return frozen.map((one) => ({
    what: describeScope(one, "calls"),
    server: one.server,
    principal: one.principal,
    since: new Date(one.sinceUnixMs).toISOString(),
    by: one.by,
  }));
}
