// What the endpoint of all servers says of itself, in either era, and what of a client's own introduction goes on to the servers.
import { isRecord } from "../envelope.ts";
import { MAX_DEPTH, memberOf, scanJson } from "../json-scan.ts";
import { type ClientRequest, INVALID_PARAMS } from "../jsonrpc.ts";
import { errorAnswer } from "../refusal.ts";
import { splice } from "../splice.ts";
import type { LinkOptions, SharedServer } from "./link.ts";
import { prefixOf } from "./tool-names.ts";

export const MODERN_VERSION = "2026-07-28";
const LATEST_LEGACY_VERSION = "2025-11-25";
const LEGACY_VERSIONS: ReadonlySet<unknown> = new Set([
  "2024-11-05",
  "2025-03-26",
  "2025-06-18",
  LATEST_LEGACY_VERSION,
]);
/** They are kept for as long as the session, to open those of servers. */
const MAX_PARAMS_CHARACTERS = 65_536;
const CAPABILITIES = { tools: { listChanged: true } };
const SERVER_INFO_KEY = "io.modelcontextprotocol/serverInfo";

export type Opened =
  | { readonly kind: "opened"; readonly text: string; readonly opening: NonNullable<LinkOptions["opening"]> }
  /** `text` is the answer. */
  | { readonly kind: "refused"; readonly text: string };

/** Answers `initialize`; the servers get the client's own params, with the version that was agreed on. */
export function openLegacy(
  { idText, params }: ClientRequest,
  regateVersion: string,
  servers: readonly SharedServer[],
): Opened {
  const asked = isRecord(params?.value) ? params.value.protocolVersion : undefined;
  const node = params && versionIn(params.text);
  if (params === undefined || typeof asked !== "string" || node === undefined) {
    return { kind: "refused", text: errorAnswer(idText, INVALID_PARAMS, '"params.protocolVersion" must be a string') };
  }
  if (params.text.length > MAX_PARAMS_CHARACTERS) {
    const problem = `"params" is longer than ${MAX_PARAMS_CHARACTERS} characters`;
    return { kind: "refused", text: errorAnswer(idText, INVALID_PARAMS, problem) };
  }
  const version = LEGACY_VERSIONS.has(asked) ? asked : LATEST_LEGACY_VERSION;
  const result = {
    protocolVersion: version,
    capabilities: CAPABILITIES,
    serverInfo: infoOf(regateVersion),
    instructions: instructionsFor(servers),
  };
  return {
    kind: "opened",
    text: `{"jsonrpc":"2.0","id":${idText},"result":${JSON.stringify(result)}}`,
    opening: { version, paramsText: splice(params.text, [{ ...node, text: JSON.stringify(version) }]) },
  };
}

/** Answers `server/discover`. */
export function introduceModern(idText: string, regateVersion: string, servers: readonly SharedServer[]): string {
  const result = {
    resultType: "complete",
    supportedVersions: [MODERN_VERSION],
    capabilities: CAPABILITIES,
    instructions: instructionsFor(servers),
    ttlMs: 0,
    cacheScope: "private",
    _meta: { [SERVER_INFO_KEY]: infoOf(regateVersion) },
  };
  return `{"jsonrpc":"2.0","id":${idText},"result":${JSON.stringify(result)}}`;
}

function versionIn(paramsText: string): { readonly start: number; readonly end: number } | undefined {
  const scanned = scanJson(paramsText, { maxDepth: MAX_DEPTH });
  const node =
    scanned.kind === "scanned" && scanned.root.kind === "object"
      ? memberOf(scanned.root, "protocolVersion")
      : undefined;
  return node && { start: node.start, end: node.end };
}

function infoOf(version: string) {
  return { name: "regate", title: "Regate: all servers", version };
}

function instructionsFor(servers: readonly SharedServer[]): string {
  const names = servers.map(({ key }) => {
    const prefix = prefixOf(key);
    return prefix === key ? key : `${key} (as ${prefix})`;
  });
  const which = names.length === 0 ? "no servers yet" : names.join(", ");
  return `The tools of ${which}. A tool's name is its server's, two underscores, and what the server calls it. Only tools are offered here: resources, prompts and all else of a server are at its own endpoint, /mcp/SERVER.`;
}
