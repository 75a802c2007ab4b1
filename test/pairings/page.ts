// docs/compatibility.md, from what test/clients/pairings.test.ts plays: a table can't say what no session showed.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { ROOT } from "../e2e/harness-process.ts";
import { ALL, type Cell, MIXED, MIXES, PAIRS } from "./cells.ts";
import { LEGACY, MODERN } from "./job.ts";
import { CLIENTS, type ClientKind, SERVERS, type ServerKind } from "./kinds.ts";

const LETTERS = new Map([...LEGACY, MODERN].map((version, index) => [version as string, "ABCDE".charAt(index)]));

export function renderPage(): string {
  return `# Which clients meet which servers

Regate hands messages on as they are, so a client and a server that meet without it meet through it, in every revision that both speak. Each cell below is a session with a
real client and a real server, with the gate between: the client connects, lists the tools, makes a call whose answer is compared, and makes one that the policy denies, of which
it must show the reason (\`Policy violation: forbidden on pairing is denied. This tool is for nobody. ...\`). This page is written by \`npx vitest run --project clients test/clients/pairings.test.ts --update\`;
\`make compatibility\` plays every cell of it, \`make compatibility ALL=1\` the whole product of clients, servers, transports and revisions, ${ALL.length} sessions.

${[...LETTERS].map(([version, letter]) => `**${letter}** ${version}`).join(", ")}. A to D open with \`initialize\` (the legacy era), E does not (the modern one).

| client | version | speaks | a call that is refused shows as |
|---|---|---|---|
${CLIENTS.map((client) => `| ${client.title} | ${clientVersion(client)} | ${spoken(client)} | ${client.refusal} |`).join("\n")}

The v2 SDK is told which revision to offer; the others offer their newest, or D where they are told to speak the legacy era, and take the one that the server has.

## Over HTTP, everyone with everyone

${table(
  ["server", ...CLIENTS.map(({ title }) => title)],
  SERVERS.map((server) => [serverTitle(server), ...CLIENTS.map((client) => lettersOf(client, server))]),
)}

"-": the two have no revision in common.

## Over every mix of transports

Over stdio a client starts \`regate stdio SERVER\`, and the gate starts the server. Each server once in each mix, each client too, in the newest revision that the two have.

${table(["server", ...MIXES.map((mix) => `client over ${mix.spoken}, server over ${mix.served}`)], SERVERS.map(mixRow))}

## Where eras do not meet

No era is translated into the other: a rule that was written for one would judge what the other means by it. What a pair without a common revision is told is the server's or the client's own word:

- **A legacy client and a server that speaks 2026-07-28 alone.** The answer to \`initialize\` is the server's own: error -32022, \`Unsupported protocol version: 2025-11-25\`, and in \`data.supported\` what it speaks. Over HTTP it
  comes with status 400, of which Python's mcp 1 and fastmcp 3 show the status alone. \`mcp-remote URL --protocol auto\` between the client and the gate speaks both eras; it is played with this server too.
- **A client that was told to speak 2026-07-28 alone and a legacy server.** \`server/discover\` is refused by the server, and the client says that it was not offered that revision. Clients that try both (\`auto\`) go on with \`initialize\`.
- **A client that is told so and does not ask first**, as Python's mcp 2 and fastmcp 4. Over HTTP the server refuses what it does not know (\`Bad Request: Server not initialized\`, \`Missing session ID\`, \`Unsupported protocol version\`). Over stdio
  the v1 SDK's server answers although nobody opened with \`initialize\`: the gate has judged what it carries out, as ever, and the client can't read the answer. Let such clients negotiate (\`auto\`, their default).
`;
}

function mixRow(server: ServerKind): string[] {
  const played = MIXES.map((mix) =>
    MIXED.find((cell) => cell.server === server && cell.spoken === mix.spoken && cell.served === mix.served),
  );
  return [serverTitle(server), ...played.map((cell) => (cell === undefined ? "-" : describeCell(cell)))];
}

function describeCell({ client, meeting }: Cell): string {
  return `${client.title}, ${LETTERS.get(meeting.gets)}`;
}

function lettersOf(client: ClientKind, server: ServerKind): string {
  const gets = PAIRS.filter((cell) => cell.client === client && cell.server === server).map(
    ({ meeting }) => meeting.gets,
  );
  return gets.length === 0 ? "-" : gets.map((version) => LETTERS.get(version)).join(" ");
}

function spoken({ transports }: ClientKind): string {
  return transports.length === 1 ? "HTTP, and stdio to its own client" : "HTTP, stdio";
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function serverTitle(server: ServerKind): string {
  switch (server.key) {
    case "sdk-v1":
      return `${server.title}, with sessions`;
    case "everything":
      return `${server.title} ${pinned("package.json", "@modelcontextprotocol/server-everything")}`;
    default:
      return server.key.startsWith("only-") ? `TypeScript SDK v2, ${server.title}` : server.title;
  }
}

function clientVersion({ key }: ClientKind): string {
  switch (key) {
    case "sdk-v1":
      return pinned("package.json", "@modelcontextprotocol/sdk");
    case "sdk-v2":
      return pinned("package.json", "@modelcontextprotocol/client");
    case "inspector":
      return pinned("tools/clients/package.json", "@modelcontextprotocol/inspector");
    case "mcp-remote":
      return pinned("tools/clients/package.json", "mcp-remote");
    case "mcp-1":
      return required("tools/python/requirements.txt", "mcp");
    case "mcp-2":
      return required("tools/clients/requirements.txt", "mcp");
    case "fastmcp-3":
      return required("tools/python/requirements.txt", "fastmcp");
    case "fastmcp-4":
      return required("tools/clients/requirements.txt", "fastmcp");
    default:
      throw new Error(`no version is known of ${key}`);
  }
}

const pinsSchema = z.record(z.string(), z.string()).default({});
const packageSchema = z.object({ dependencies: pinsSchema, devDependencies: pinsSchema });

function pinned(file: string, name: string): string {
  const { dependencies, devDependencies } = packageSchema.parse(JSON.parse(readFileSync(join(ROOT, file), "utf8")));
  const version = dependencies[name] ?? devDependencies[name];
  if (version === undefined) throw new Error(`${file} does not pin ${name}`);
  return version;
}

function required(file: string, name: string): string {
  const version = new RegExp(`^${name}==(\\S+)$`, "m").exec(readFileSync(join(ROOT, file), "utf8"))?.[1];
  if (version === undefined) throw new Error(`${file} does not pin ${name}`);
  return version;
}
