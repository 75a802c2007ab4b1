// What judges calls that go out elsewhere, set on the gate's parts: which server is meant, what definition counts, which session
// it is. The gate judges it as any other call. Made once, by the composition root.
import type { Live } from "./compose-live.ts";
import type { Config } from "./config/schema.ts";
import type { ServerConfig } from "./config/server-schema.ts";
import type { Gate } from "./gate/gate.ts";
import type { Call, Draft, ListedDefinition, Principal } from "./gate/types.ts";
import type { Judgement } from "./http/judge-api.ts";
import type { CallToJudge } from "./http/judge-request.ts";
import type { Takes } from "./limits/limiter.ts";
import { createSessionCap } from "./limits/session-cap.ts";
import { describeListed } from "./mcp/misspelt.ts";
import type { ActivePolicy } from "./policy/active-policy.ts";
import { messageOf } from "./problem.ts";

export type JudgeParts = {
  readonly config: Config;
  readonly gate: Gate;
  readonly limiter: Takes;
  readonly live: Live;
  readonly policy: ActivePolicy;
  /** Those of the configuration. */
  readonly servers: () => readonly ServerConfig[];
  readonly log: (line: string) => void;
};

/** Judges one call. Rejects only for bugs. */
export type Judge = (call: CallToJudge, principal: Principal) => Promise<Judgement>;

/** Sessions that are remembered as counted; a forgotten one is counted again. */
const MAX_SESSIONS = 10_000;

export function composeJudge({ config, gate, limiter, live, policy, servers, log }: JudgeParts): Judge {
  const { max, window } = config.limits.newSessions;
  const cap = createSessionCap({ limiter, max, windowSeconds: window });
  const counted = new Set<string>();

  /** A caller names its sessions itself: without the cap, a new name would be a way around every limit. */
  async function admit(principal: string, server: string, session: string): Promise<Judgement | undefined> {
    const key = JSON.stringify([principal, server, session]);
    if (counted.has(key)) return undefined;
    try {
      const admission = await cap.admit(principal, server);
      if (admission.kind === "refused")
        return { kind: "too_many_sessions", retryAfterSeconds: admission.retryAfterSeconds };
    } catch (error) {
      log(`${server}: a new session to judge in can't be counted, so nothing is judged: ${messageOf(error)}`);
      return { kind: "uncounted" };
    }
    const [oldest] = counted.size >= MAX_SESSIONS ? counted : [];
    if (oldest !== undefined) counted.delete(oldest);
    counted.add(key);
    return undefined;
  }

  return async (asked, principal) => {
    const configured = servers().find(({ key }) => key === asked.server);
    const server = configured?.catalogue ?? asked.server;
    if (configured === undefined && !isNamed(policy, server)) return { kind: "unknown_server" };
    if (asked.session !== undefined) {
      const refused = await admit(principal.id, server, asked.session);
      if (refused !== undefined) return refused;
    }
    const call: Draft<Call> = {
      server,
      direction: "to_server",
      method: "tools/call",
      tool: asked.tool,
      session: asked.session === undefined ? `principal:${principal.id}` : `judge:${asked.session}`,
      principal,
    };
    if (asked.args !== undefined) call.args = asked.args;
    // an approval for one of two servers of one catalogue name is none for the other
    if (configured !== undefined) call.place = { key: configured.key, id: `judge:${configured.key}` };
    if (configured?.mode === "observe") call.observed = true;
    if (configured?.arguments === "loose") call.looseArguments = true;
    const definition = asked.definition ?? lastListed(live, server, asked.tool);
    if (definition !== undefined) Object.assign(call, describeListed(definition, call));
    return { kind: "judged", server, verdict: await gate.judge(call) };
  };
}

/** Whether the policy in force says anything of the server: any other name would be one that the caller made up. */
function isNamed({ current }: ActivePolicy, server: string): boolean {
  return current.servers.has(server) || Object.hasOwn(current.catalogue, server);
}

/** What the server listed last to any session of this gate's; undefined where it did not, or no longer does. */
function lastListed(live: Live, server: string, tool: string): ListedDefinition | undefined {
  const status = live.tools.statusOf(server, tool);
  return "definition" in status ? status.definition : undefined;
}
