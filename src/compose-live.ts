// What the gate makes of what its servers list: arguments are held against reviewed schemas, and a definition that is not
// the reviewed one is told of. Made once, by the composition root; here texts of servers become fit for the log.
import { type ArgumentCheck, createArgumentCheck } from "./arguments/argument-check.ts";
import type { ServerConfig } from "./config/server-schema.ts";
import type { ListingObserver } from "./mcp/definitions.ts";
import { showable } from "./mcp/showable.ts";
import type { ActivePolicy } from "./policy/active-policy.ts";
import { createLiveTools, type LiveTools } from "./policy/live-tools.ts";
import { describeChange } from "./scan/describe-change.ts";

const MAX_PROBLEM_CHARS = 500;
const SHOWN_HASH_CHARS = 12;

export type Live = {
  readonly tools: LiveTools;
  readonly argumentCheck: ArgumentCheck;
  /** Sees what one configured server lists. */
  observe(server: ServerConfig): ListingObserver;
};

export function composeLive(policy: ActivePolicy, log: (line: string) => void): Live {
  const argumentCheck = createArgumentCheck({
    onLoose: ({ server, tool }, problem) =>
      log(
        `arguments of ${showable(tool)} on ${showable(server)} are not held against all of its schema: ${showable(problem, MAX_PROBLEM_CHARS)}`,
      ),
  });
  const tools = createLiveTools({
    catalogue: () => policy.current.catalogue,
    describeChange: (reviewed, definition, name) => describeChange(reviewed, { name, ...definition }),
    onChanged(server, tool, sha256, { reviewedSha256, what }, isLast) {
      const hashes = `${reviewedSha256.slice(0, SHOWN_HASH_CHARS)}, now ${sha256.slice(0, SHOWN_HASH_CHARS)}`;
      log(`${showable(tool)} on ${showable(server)} is not the tool that was reviewed (${hashes}): ${what}`);
      if (isLast) log(`${showable(server)} has changed its definitions too often: further changes are not told here`);
    },
  });
  return {
    tools,
    argumentCheck,
    observe({ catalogue: server, arguments: mode }) {
      if (mode === "loose") return tools.observe(server);
      return tools.observe(server, (tool, definition) => argumentCheck.prepare({ server, tool, ...definition }));
    },
  };
}
