// Finds names in rules that the catalogue does not have: a server, or a tool of a server that it has. Such a rule speaks to
// nothing that is known, and the tool that was meant goes without it.
import { nearestWord } from "../../config/suggest.ts";
import type { ComparedPolicy } from "../../policy/diff/compare-policies.ts";
import type { AuditFinding } from "./finding.ts";

export function findUnknownNames({ rules, conditions, catalogue }: ComparedPolicy): readonly AuditFinding[] {
  const unknownServers = new Set<string>();
  return [...(conditions?.rules ?? [])].flatMap(
    ([
      id,
      {
        head: [kind, name = ""],
        tests,
      },
    ]): readonly AuditFinding[] => {
      const place = rules.get(id);
      const server = place?.server;
      if (place === undefined || server === undefined) return [];
      const at = { file: place.file, row: place.row, server };
      const known = catalogue[server]?.tools;
      if (known === undefined) {
        if (unknownServers.has(server)) return [];
        unknownServers.add(server);
        return [{ ...describeServer(server, Object.keys(catalogue)), ...at }];
      }
      const tools = Object.keys(known);
      const compared = tests.filter(({ path, how }) => path.length === 1 && path[0] === "tool" && how === "equal");
      const named = [
        ...(kind === "rules" && name !== "*" ? [name] : []),
        ...compared.map(({ literal }): unknown => JSON.parse(literal)),
      ];
      const unknown = new Set(named.filter((tool) => typeof tool === "string").filter((tool) => !tools.includes(tool)));
      return [...unknown].map((tool) => ({ ...describeTool(tool, server, tools), ...at, tool }));
    },
  );
}

function describeServer(server: string, servers: readonly string[]): AuditFinding {
  const near = nearestWord(server, servers);
  const what =
    near === undefined
      ? `the catalogue has no server ${server}: every tool of it is classified as it is listed; \`regate scan\` writes one down`
      : `the catalogue has no server "${server}" (did you mean "${near}"?)`;
  return { level: near === undefined ? "info" : "warning", rule: "audit/unknown-server", what };
}

function describeTool(tool: string, server: string, tools: readonly string[]): AuditFinding {
  const near = nearestWord(tool, tools);
  const hint = near === undefined ? "" : ` (did you mean "${near}"?)`;
  return {
    level: "warning",
    rule: "audit/unknown-tool",
    what: `the catalogue has no tool "${tool}" of ${server}${hint}`,
  };
}
