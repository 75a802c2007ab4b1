// The clients and the servers of the pairings, which revisions of MCP each of them speaks, and so where two of them meet. Data and pure functions.
import { LEGACY, MODERN } from "./job.ts";

export const TRANSPORTS = ["http", "stdio"] as const;
export type Transport = (typeof TRANSPORTS)[number];

export type ClientKind = {
  readonly key: string;
  /** With its version, as the table has it. */
  readonly title: string;
  readonly transports: readonly Transport[];
  /** `any`: it can be told which revision to offer; `newest`: it offers its newest, and takes what the server has. */
  readonly legacy: "any" | "newest";
  readonly modern: boolean;
  /** How a refused call shows in it. */
  readonly refusal: string;
};

export type ServerKind = {
  readonly key: string;
  readonly title: string;
  /** Revisions that it speaks, oldest first. */
  readonly versions: readonly string[];
};

/** One session: what the client offers, and what the two agree on. */
export type Meeting = { readonly offers: string; readonly gets: string };

const NEWEST_LEGACY = LEGACY[3];

export const CLIENTS = [
  {
    key: "sdk-v1",
    title: "TypeScript SDK v1",
    transports: TRANSPORTS,
    legacy: "newest",
    modern: false,
    refusal: "a result with isError",
  },
  {
    key: "sdk-v2",
    title: "TypeScript SDK v2",
    transports: TRANSPORTS,
    legacy: "any",
    modern: true,
    refusal: "a result with isError",
  },
  {
    key: "inspector",
    title: "Inspector's CLI",
    transports: TRANSPORTS,
    legacy: "newest",
    modern: true,
    refusal: "exit code 5",
  },
  {
    key: "mcp-remote",
    title: "mcp-remote",
    transports: ["http"],
    legacy: "newest",
    modern: false,
    refusal: "a result with isError",
  },
  {
    key: "mcp-1",
    title: "Python mcp 1",
    transports: TRANSPORTS,
    legacy: "newest",
    modern: false,
    refusal: "a result with isError",
  },
  {
    key: "mcp-2",
    title: "Python mcp 2",
    transports: TRANSPORTS,
    legacy: "newest",
    modern: true,
    refusal: "a result with isError",
  },
  {
    key: "fastmcp-3",
    title: "fastmcp 3",
    transports: TRANSPORTS,
    legacy: "newest",
    modern: false,
    refusal: "ToolError",
  },
  {
    key: "fastmcp-4",
    title: "fastmcp 4",
    transports: TRANSPORTS,
    legacy: "newest",
    modern: true,
    refusal: "ToolError",
  },
] as const satisfies readonly ClientKind[];

export const SERVERS = [
  { key: "sdk-v1", title: "TypeScript SDK v1", versions: LEGACY },
  { key: "sdk-v2", title: "TypeScript SDK v2", versions: [...LEGACY, MODERN] },
  ...LEGACY.slice(0, 3).map((version) => ({ key: `only-${version}`, title: `${version} only`, versions: [version] })),
  { key: "mcp-1", title: "Python mcp 1", versions: LEGACY },
  { key: "mcp-2", title: "Python mcp 2", versions: [...LEGACY, MODERN] },
  { key: "fastmcp-3", title: "fastmcp 3", versions: LEGACY },
  { key: "fastmcp-4", title: "fastmcp 4", versions: [...LEGACY, MODERN] },
  { key: "everything", title: "server-everything", versions: LEGACY },
  { key: `only-${MODERN}`, title: `${MODERN} only`, versions: [MODERN] },
] as const satisfies readonly ServerKind[];

/** Every session of a client with a server; none where they can't meet. */
export function meetingsOf(client: ClientKind, server: ServerKind): readonly Meeting[] {
  const legacy = server.versions.filter((version) => version !== MODERN);
  const modern = client.modern && server.versions.includes(MODERN) ? [{ offers: MODERN, gets: MODERN }] : [];
  return [...legacyMeetings(client, legacy), ...modern];
}

function legacyMeetings(client: ClientKind, versions: readonly string[]): readonly Meeting[] {
  const newest = versions.at(-1);
  if (newest === undefined) return [];
  if (client.legacy === "newest") return [{ offers: NEWEST_LEGACY, gets: newest }];
  return versions.map((version) => ({ offers: version, gets: version }));
}
