// The tools that the console lists: those of the catalogue, and those that a server lists and nobody reviewed; and what a
// person searches and filters them by.
import type { Risk, Severity } from "../gate/types.ts";
import type { Catalogue, LiveStatus, LiveView, ReviewedServer, ToolInfo, ToolName } from "./ports.ts";

export type ToolRow = ToolName & {
  readonly info: ToolInfo;
  readonly serverTitle: string;
  /** In lower case, what a text is looked for in. */
  readonly haystack: string;
};

export const RISKS: readonly Risk[] = ["Low", "Medium", "High", "Critical", "Unknown"];
export const SEVERITIES: readonly Severity[] = ["low", "medium", "high", "critical"];

/** How a tool's definition stands, in one word; `documented`: there is none, only documentation was reviewed. */
export type ToolState = LiveStatus["kind"] | "documented";
export const STATES: readonly ToolState[] = ["reviewed", "changed", "uncatalogued", "gone", "documented", "unseen"];

/** An empty string filters nothing; a value that there is not finds nothing. */
export type Filter = {
  readonly text: string;
  readonly server: string;
  readonly category: string;
  readonly risk: string;
  readonly severity: string;
  readonly signal: string;
  readonly state: string;
};

export const NO_FILTER: Filter = {
  text: "",
  server: "",
  category: "",
  risk: "",
  severity: "",
  signal: "",
  state: "",
};

/** Of a value that a person searches for. */
const MAX_VALUE_CHARS = 400;
/** Of a description: what is searched of it. */
const MAX_SEARCHED_CHARS = 2_000;

/** Listing thousands of tools anew for each page would block the gate's calls. */
const rowsOf = new WeakMap<Catalogue, readonly ToolRow[]>();

/** Reads what a form sent. */
export function readFilter(query: (name: string) => string | undefined): Filter {
  const text = (name: string): string => (query(name) ?? "").slice(0, MAX_VALUE_CHARS);
  return {
    text: text("q").trim(),
    server: text("server"),
    category: text("category"),
    risk: text("risk"),
    severity: text("severity"),
    signal: text("signal"),
    state: text("state"),
  };
}

/** Every tool, by server and name. */
export function listTools(catalogue: Catalogue, live: LiveView): readonly ToolRow[] {
  const found = rowsOf.get(catalogue) ?? listReviewed(catalogue);
  rowsOf.set(catalogue, found);
  const others = [...live.uncatalogued()].map((name) => describeRow(name, name.info, catalogue));
  return others.length === 0 ? found : [...found, ...others].sort(compareRows);
}

/** The tools that a filter leaves, in their order. */
export function filterTools(rows: readonly ToolRow[], filter: Filter, live: LiveView): readonly ToolRow[] {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  const { server, category, risk, severity, signal, state } = filter;
  return rows.filter((row) => {
    const { info } = row;
    return (
      (server === "" || row.server === server) &&
      (category === "" || info.category === category) &&
      (risk === "" || info.risk === risk) &&
      (severity === "" || info.severity === severity) &&
      (signal === "" || info.signals?.includes(signal) === true) &&
      words.every((word) => row.haystack.includes(word)) &&
      (state === "" || stateOf(info, live.statusOf(row)) === state)
    );
  });
}

export function stateOf({ source }: ToolInfo, { kind }: LiveStatus): ToolState {
  return kind === "unseen" && source === "documented" ? "documented" : kind;
}

/** The signals that there are, sorted. */
export function listSignals(rows: readonly ToolRow[]): readonly string[] {
  return [...new Set(rows.flatMap(({ info }) => info.signals ?? []))].sort();
}

export function countBy<K>(rows: readonly ToolRow[], keyOf: (row: ToolRow) => K): ReadonlyMap<K, number> {
  const counts = new Map<K, number>();
  for (const row of rows) counts.set(keyOf(row), (counts.get(keyOf(row)) ?? 0) + 1);
  return counts;
}

export function findServer(catalogue: Catalogue, server: string): ReviewedServer | undefined {
  return Object.hasOwn(catalogue, server) ? catalogue[server] : undefined;
}

export function findTool(catalogue: Catalogue, { server, tool }: ToolName): ToolInfo | undefined {
  const tools = findServer(catalogue, server)?.tools ?? {};
  return Object.hasOwn(tools, tool) ? tools[tool] : undefined;
}

function listReviewed(catalogue: Catalogue): readonly ToolRow[] {
  const rows = Object.entries(catalogue).flatMap(([server, { tools }]) =>
    Object.entries(tools).map(([tool, info]) => describeRow({ server, tool }, info, catalogue)),
  );
  return rows.sort(compareRows);
}

function describeRow(name: ToolName, info: ToolInfo, catalogue: Catalogue): ToolRow {
  const { server, tool } = name;
  const serverTitle = findServer(catalogue, server)?.title ?? server;
  const description = info.description?.slice(0, MAX_SEARCHED_CHARS) ?? "";
  const haystack = [tool, server, serverTitle, description].join("\n").toLowerCase();
  return { server, tool, info, serverTitle, haystack };
}

function compareRows(one: ToolName, other: ToolName): number {
  if (one.server !== other.server) return one.server < other.server ? -1 : 1;
  return one.tool < other.tool ? -1 : one.tool > other.tool ? 1 : 0;
}
