// All that is known of one tool, put together for its page.
import { type Explanation, explainTool } from "./explain.ts";
import type { ConsolePorts, LiveStatus, PolicyView, ReviewedServer, ToolInfo, ToolName } from "./ports.ts";
import { findServer, findTool } from "./tools.ts";

export type ToolKnowledge = {
  readonly name: ToolName;
  readonly info: ToolInfo;
  /** Whether a person did; else it is known by its live definition only. */
  readonly isReviewed: boolean;
  readonly server: ReviewedServer | undefined;
  readonly serverTitle: string;
  readonly status: LiveStatus;
  readonly explanation: Explanation;
  /** Keys of the configured servers that provide it. */
  readonly endpoints: readonly string[];
  /** Other servers that have a tool of exactly this name. */
  readonly namesakes: readonly ToolName[];
};

/** Undefined where neither the catalogue nor a server knows the tool. */
export function knowTool(ports: ConsolePorts, policy: PolicyView, name: ToolName): ToolKnowledge | undefined {
  const { catalogue } = policy;
  const reviewed = findTool(catalogue, name);
  const info = reviewed ?? describeListed(ports, name);
  if (info === undefined) return undefined;
  const server = findServer(catalogue, name.server);
  return {
    name,
    info,
    isReviewed: reviewed !== undefined,
    server,
    serverTitle: server?.title ?? name.server,
    status: ports.live.statusOf(name),
    explanation: explainTool(policy, name),
    endpoints: ports.servers.get(name.server) ?? [],
    namesakes: Object.keys(catalogue)
      .filter((other) => other !== name.server)
      .map((other) => ({ server: other, tool: name.tool }))
      .filter((other) => findTool(catalogue, other) !== undefined),
  };
}

function describeListed({ live }: ConsolePorts, { server, tool }: ToolName): ToolInfo | undefined {
  for (const listed of live.uncatalogued(server)) if (listed.tool === tool) return listed.info;
  return undefined;
}
