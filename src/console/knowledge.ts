// All that is known of one tool, put together for its page.
import { type Explanation, explainTool } from "./explain.ts";
import type { ConsolePorts, LiveStatus, PolicyView, ReviewedServer, ReviewedTool, ToolName } from "./ports.ts";
import { findServer, findTool } from "./tools.ts";

export type ToolKnowledge = {
  readonly name: ToolName;
  /** Absent where nobody reviewed it. */
  readonly reviewed: ReviewedTool | undefined;
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
  const status = ports.live.statusOf(name);
  if (reviewed === undefined && status.kind !== "uncatalogued") return undefined;
  const server = findServer(catalogue, name.server);
  return {
    name,
    reviewed,
    server,
    serverTitle: server?.title ?? name.server,
    status,
    explanation: explainTool(policy, name, status),
    endpoints: ports.servers.get(name.server) ?? [],
    namesakes: Object.keys(catalogue)
      .filter((other) => other !== name.server)
      .map((other) => ({ server: other, tool: name.tool }))
      .filter((other) => findTool(catalogue, other) !== undefined),
  };
}
