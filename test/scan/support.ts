// What the scan tests share: the listing server with what it shall list, as the configuration names it; policy folders; and
// definitions.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { StdioServer } from "../../src/config/server-schema.ts";
import type { Classification } from "../../src/gate/types.ts";
import { sha256OfDefinition } from "../../src/mcp/canonical.ts";
import { describeDefinition } from "../../src/scan/describe-definition.ts";
import type { LiveTool } from "../../src/scan/merge-catalogue.ts";
import { makeFolder, ROOT } from "../policy/support.ts";

export const LISTING_SERVER = join(ROOT, "test/fixtures/listing-server.mjs");

export type ListingServer = {
  readonly entry: StdioServer;
  /** Lists these from now on: results of tools/list, each a page. */
  show(...pages: readonly string[]): void;
};

/** @param pages results of tools/list, as JSON text */
export async function makeListingServer(pages: readonly string[], ...flags: readonly string[]): Promise<ListingServer> {
  const dir = await makeFolder({});
  const file = join(dir, "pages.json");
  const show = (...shown: readonly string[]): void => writeFileSync(file, JSON.stringify(shown));
  show(...pages);
  const entry: StdioServer = {
    kind: "stdio",
    key: "listing",
    catalogue: "listing",
    arguments: "checked",
    mode: "enforce",
    command: process.execPath,
    args: [LISTING_SERVER, file, ...flags],
    env: {},
    cwd: dir,
  };
  return { entry, show };
}

/** A page that lists these definitions, each as JSON text or as data. */
export function pageOf(...tools: readonly unknown[]): string {
  return `{"tools":[${tools.map((tool) => (typeof tool === "string" ? tool : JSON.stringify(tool))).join(",")}]}`;
}

export function toolNamed(name: string, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    name,
    description: `Does ${name}`,
    inputSchema: { type: "object", properties: { path: { type: "string" } } },
    ...more,
  };
}

/** As a scan sees it. */
export function liveTool(name: string, more: Readonly<Record<string, unknown>> = {}): LiveTool {
  const text = JSON.stringify(toolNamed(name, more));
  const listed = { name, text, sha256: sha256OfDefinition(text) };
  return { ...describeDefinition(listed), ...listed };
}

export const JUDGED: Classification = {
  category: "Write",
  risk: "Medium",
  severity: "medium",
  signals: ["bulk"],
  required: [],
  rationale: "It says so.",
};
