// What a soak's gates judge by: two bundles that differ in one tool, so that a reload changes decisions; and the sizes of the
// buckets, for the ledger.
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { run } from "../processes.ts";
import type { BucketSize } from "./ledger.ts";

export const SIZES = {
  principal: { max: 10, perSecond: 1 },
  everyone: { max: 20, perSecond: 2 },
  session: { max: 5, perSecond: 5 / 60 },
} as const satisfies Readonly<Record<string, BucketSize>>;

/** The buckets that a call of `tool` takes from. @param session of the client, or its principal where it has none */
export function bucketsOf(gate: string, tool: string, principal: string, session: string): string[] {
  if (tool === "limited") return [`principal:${gate}:${principal}`];
  if (tool === "shared") return [`everyone:${gate}`];
  return tool === "in_session" ? [`session:${gate}:${principal}:${session}`] : [];
}

function rulesOf(flips: "allow" | "deny"): string {
  return `package policy.servers.soak

rules.echo contains {"id": "echo", "action": "allow"}

rules.limited contains {"id": "limited", "action": "allow", "rate_limit": {"max": 10, "window": 10, "per": "principal"}}

rules.shared contains {"id": "shared", "action": "allow", "rate_limit": {"max": 20, "window": 10, "per": "everyone"}}

rules.in_session contains {"id": "in-session", "action": "allow", "rate_limit": {"max": 5, "window": 60}}

rules.asks contains {"id": "asks", "action": "require_approval", "approval": {"hold": 0}}

rules.flips contains {"id": "flips", "action": "${flips}"}

rules.denied contains {"id": "denied", "action": "deny"}
`;
}

/** Builds both. @returns their files */
export async function buildBundles(scratch: string): Promise<readonly [string, string]> {
  const build = async (flips: "allow" | "deny"): Promise<string> => {
    const folder = join(scratch, `rego-${flips}`);
    const rules = join(folder, "policy/servers/soak/soak.rego");
    await mkdir(dirname(rules), { recursive: true });
    await writeFile(rules, rulesOf(flips));
    const bundle = join(scratch, `${flips}.tar.gz`);
    await run(process.execPath, ["dist/main.js", "build", folder, "-o", bundle]);
    return bundle;
  };
  return await Promise.all([build("allow"), build("deny")]);
}
