// What a gate that has just started says: where it listens, what to paste into a client, what to try first.
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { RunningGate } from "../compose.ts";
import type { Config } from "../config/schema.ts";
import type { ServerConfig } from "../config/server-schema.ts";
import { describeFirstTries } from "./try-first.ts";

/** The whole text; its line `listening on URL` is what programs wait for. */
export function greet(config: Config, gate: RunningGate, version: string, bundle: string): string {
  const { revision } = gate.policy.current.engine.revision;
  const keys = [...config.servers.keys()];
  const urlOf = (key: string): string => `${gate.url}/mcp/${key}`;
  const width = Math.max(0, ...keys.map((key) => key.length));
  const waits = gate.policy.notReady() !== undefined;
  const policy = waits
    ? `no policy yet: every call is refused until ${bundle} has one`
    : `policy revision ${revision} (${bundle})`;
  const lines = [`Regate ${version}, ${policy}`, `listening on ${gate.url}`, ""];
  if (keys.length === 0) lines.push("No servers are configured: name some under `servers` in the configuration.");
  for (const key of keys) lines.push(`  ${key.padEnd(width)}  ${urlOf(key)}`);
  if (keys.length > 0) lines.push(`  ${"".padEnd(width)}  ${gate.url}/mcp  all of them: a tool is SERVER__TOOL there`);
  const observed = [...config.servers.values()].filter(({ mode }) => mode === "observe").map(({ key }) => key);
  if (observed.length > 0) {
    lines.push("", `OBSERVED, NOTHING IS REFUSED: ${observed.join(", ")} (mode: observe in the configuration)`);
  }
  if (!waits) for (const server of config.servers.values()) lines.push(...warnings(server, gate));
  if (keys.length > 0) lines.push("", "For an MCP client's configuration:", describeClient(config, urlOf));
  const tries = [...config.servers.values()].flatMap(({ key, catalogue, mode }) => {
    const tried = mode === "observe" || waits ? undefined : describeFirstTries(gate.policy.current, catalogue);
    return tried === undefined ? [] : [`  ${key.padEnd(width)}  ${tried}`];
  });
  if (tries.length > 0) lines.push("", "To try first, with any MCP client:", ...tries);
  lines.push("", `The console, for who has the operator key: ${gate.url}/console/`);
  lines.push(`Each decision is a line of ${config.log.file}`);
  if (gate.madeOperatorKey !== undefined) {
    lines.push(
      "",
      `The operator key, shown this once: ${gate.madeOperatorKey}`,
      "It opens the console; commands such as `regate reload` take it from REGATE_OPERATOR_KEY. Keep it from agents.",
    );
  }
  return `${lines.join("\n")}\n`;
}

/** What will surprise whoever calls this server. */
function warnings(server: ServerConfig, gate: RunningGate): string[] {
  const { key, catalogue } = server;
  const { servers, catalogue: reviewed } = gate.policy.current;
  const known = [...new Set([...servers, ...Object.keys(reviewed)])].sort().join(", ");
  const found: string[] = [];
  if (!servers.has(catalogue) && !Object.hasOwn(reviewed, catalogue)) {
    found.push(
      `warning: nobody has reviewed ${key}: neither rules nor catalogue know it as ${catalogue}. Each of its tools is taken for what its own description looks like, and the defaults of that category judge it. Review it with regate scan ${key}, write policy/servers/${catalogue}/, or name it with \`catalogue:\` (this bundle knows ${known || "no server"})`,
    );
  } else if (!servers.has(catalogue)) {
    found.push(
      `warning: the policy has no package for ${key} (${catalogue}): the defaults of each tool's category judge it`,
    );
  }
  if (server.kind === "stdio" && server.command.includes("/") && !existsSync(resolve(server.cwd, server.command))) {
    found.push(`warning: ${key} can't be started: there is no ${server.command}`);
  }
  return found;
}

function describeClient(config: Config, urlOf: (key: string) => string): string {
  // clients that speak OAuth find the issuers by themselves
  const headers = config.keys.length > 0 ? { headers: { Authorization: "Bearer rgk_..." } } : {};
  const servers = [...config.servers.keys()].map((key) => [key, { type: "http", url: urlOf(key), ...headers }]);
  return JSON.stringify({ mcpServers: Object.fromEntries(servers) }, null, 2);
}
