// What the gate makes of what its servers list: arguments are held against reviewed schemas, and a definition that is not
// the reviewed one is told of. Made once, by the composition root; here texts of servers become fit for the log.
import { type ArgumentCheck, createArgumentCheck } from "./arguments/argument-check.ts";
import type { ServerConfig } from "./config/server-schema.ts";
import type { ListedDefinition } from "./gate/types.ts";
import type { ListingObserver } from "./mcp/definitions.ts";
import { showable } from "./mcp/showable.ts";
import type { ActivePolicy } from "./policy/active-policy.ts";
import type { CatalogueTool } from "./policy/catalogue.ts";
import { createLiveClassifier, type LiveClassifier } from "./policy/live-classifier.ts";
import { createLiveTools, type LiveTools, type ToolName, type ToolStatus } from "./policy/live-tools.ts";
import { findFacts } from "./policy/tool-facts.ts";
import { describeChange } from "./scan/describe-change.ts";
import { type DescribedDefinition, describeDefinition } from "./scan/describe-definition.ts";

const MAX_PROBLEM_CHARS = 500;
const SHOWN_HASH_CHARS = 12;
const UNCLASSIFIED = { signals: [], rationale: "It could not be classified" };

/** What servers list now, for who reads it: as the catalogue would hold it. */
export type LiveView = {
  statusOf(name: ToolName): ToolStatus;
  /** The tools that servers list and nobody reviewed; those of one server where it is named. */
  uncatalogued(server?: string): Iterable<ToolName & { readonly info: CatalogueTool }>;
};

export type Live = {
  readonly tools: LiveTools;
  readonly argumentCheck: ArgumentCheck;
  readonly classify: LiveClassifier;
  readonly view: LiveView;
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
  const classify = createLiveClassifier(policy);
  return {
    tools,
    argumentCheck,
    classify,
    view: createView(tools, policy, classify),
    observe({ catalogue: server, arguments: mode }) {
      if (mode === "loose") return tools.observe(server);
      return tools.observe(server, (tool, definition) => argumentCheck.prepare({ server, tool, ...definition }));
    },
  };
}

function createView(tools: LiveTools, policy: ActivePolicy, classify: LiveClassifier): LiveView {
  /** For as long as a definition is held. */
  const described = new WeakMap<ListedDefinition, DescribedDefinition>();

  function describe(tool: string, definition: ListedDefinition): DescribedDefinition {
    const found = described.get(definition) ?? describeDefinition({ name: tool, ...definition });
    described.set(definition, found);
    return found;
  }

  return {
    statusOf: ({ server, tool }) => tools.statusOf(server, tool),
    *uncatalogued(server) {
      for (const { definition, ...name } of tools.uncatalogued(server)) {
        const { category, risk, severity } = findFacts(policy.current.catalogue, classify, { ...name, definition });
        const live = classify(definition);
        const { signals, rationale } = live.kind === "classified" ? live.classification : UNCLASSIFIED;
        const { description, parameters } = describe(name.tool, definition);
        const said = { description, parameters: { ...parameters }, sha256: definition.sha256 };
        yield { ...name, info: { category, risk, severity, signals: [...signals], rationale, ...said } };
      }
    },
  };
}
