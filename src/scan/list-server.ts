// Reads all that one configured server lists, as it sends it: the definitions are the received text, so that their hash is
// the one that the gate computes. It starts or connects to the server, calls no tool, and leaves nothing behind.

import type { ServerConfig } from "../config/server-schema.ts";
import { createCredentials } from "../credentials/credentials.ts";
import { isPlainName } from "../mcp/envelope.ts";
import { openHttpLink } from "../mcp/http-own-link.ts";
import type { ListedPage, ListedTool } from "../mcp/list-filter.ts";
import { listPages, MAX_TOOLS } from "../mcp/list-pages.ts";
import { introduce, type ServerInfo } from "../mcp/own-introduction.ts";
import type { OwnLink } from "../mcp/own-link.ts";
import { openStdioLink } from "../mcp/stdio-own-link.ts";
import type { OwnAnswer } from "../mcp/upstream.ts";
import { showName } from "./show.ts";

export type Listing = {
  /** What the server says of itself. */
  readonly info: ServerInfo;
  /** In the server's order, each name once. */
  readonly tools: readonly ListedTool[];
  /** One sentence for each thing listed that is no tool, or can't be told from another. */
  readonly faults: readonly string[];
  /** Tools on the longest page. */
  readonly longestPage: number;
};

export type Listed =
  | { readonly kind: "listed"; readonly listing: Listing }
  /** `problem` as in "it can't be started". */
  | { readonly kind: "failed"; readonly problem: string };

export type ListingOptions = {
  /** Of Regate. */
  readonly version: string;
  /** For each answer; for all of them together ten times as much. */
  readonly timeoutMs: number;
  /** Called after each page. */
  readonly onPage: (tools: number, pages: number) => void;
  /** A monotonic clock. */
  readonly nowMs: () => number;
};

/** One answer, as in the gate: what is longer can't be served either. */
const MAX_ANSWER_BYTES = 16_777_216;
const MAX_LIST_CHARACTERS = 134_217_728;
/** Listings until one is whole without the server saying meanwhile that it has changed. */
const MAX_LISTINGS = 3;
/** A name is shown, written as a key and made a file's: what is longer is no name. */
const MAX_NAME_CHARACTERS = 1_000;

/** Never rejects for what the server does. */
export async function listServer(server: ServerConfig, options: ListingOptions): Promise<Listed> {
  const link = openLink(server, options.timeoutMs);
  try {
    const introduced = await introduce(link, options.version);
    if (introduced.kind === "failed") return introduced;
    for (let attempt = 0; attempt < MAX_LISTINGS; attempt += 1) {
      const before = link.listChanges;
      const listed = await readList(link, introduced.metaText, options);
      if (listed.kind === "failed") return listed;
      const { tools, faults, longestPage } = listed;
      const listing = { info: introduced.server, tools, faults, longestPage };
      if (link.listChanges === before) return { kind: "listed", listing };
    }
    return { kind: "failed", problem: `its tools changed each of the ${MAX_LISTINGS} times that they were listed` };
  } finally {
    await link.close();
  }
}

function openLink(server: ServerConfig, timeoutMs: number): OwnLink {
  if (server.kind === "http") {
    // what is wrong with them shows in what the server answers
    const credentials = createCredentials(server, { monotonicMs: () => performance.now(), log: () => {} });
    return openHttpLink({ url: new URL(server.url), credentials, timeoutMs, maxAnswerBytes: MAX_ANSWER_BYTES });
  }
  const { command, args, env, cwd } = server;
  return openStdioLink({ command, args, env, cwd, timeoutMs, maxMessageBytes: MAX_ANSWER_BYTES });
}

type List = ({ readonly kind: "list" } & Omit<Listing, "info">) | { readonly kind: "failed"; readonly problem: string };

async function readList(link: OwnLink, metaText: string | undefined, options: ListingOptions): Promise<List> {
  const { timeoutMs, nowMs, onPage } = options;
  const deadlineMs = nowMs() + 10 * timeoutMs;
  const read = new ReadTools();
  let characters = 0;
  const ask = async (paramsText: string): Promise<OwnAnswer> => {
    if (nowMs() > deadlineMs) return failed(`the list did not end within ${(10 * timeoutMs) / 1000} s`);
    const answer = await link.ask("tools/list", paramsText);
    characters += answer.kind === "answered" ? answer.text.length : 0;
    return characters > MAX_LIST_CHARACTERS ? failed(`the list is longer than ${MAX_LIST_CHARACTERS} bytes`) : answer;
  };
  const take = (page: ListedPage): void => {
    read.take(page);
    onPage(read.tools.size, read.pages);
  };
  const fault = await listPages(metaText, ask, take, MAX_TOOLS);
  if (fault !== undefined) return failed(fault.problem);
  return { kind: "list", tools: [...read.tools.values()], faults: read.faults, longestPage: read.longestPage };
}

/** Of two tools with one name the first is kept, as the gate shows it to clients; that there are two is a fault. */
class ReadTools {
  readonly tools = new Map<string, ListedTool>();
  readonly faults: string[] = [];
  pages = 0;
  longestPage = 0;

  take(page: ListedPage): void {
    this.pages += 1;
    this.longestPage = Math.max(this.longestPage, page.tools.length + page.malformed.length);
    for (const problem of page.malformed) this.faults.push(`page ${this.pages}: ${problem}; it is left out`);
    for (const tool of page.tools) {
      const problem = this.#problemOf(tool);
      if (problem === undefined) this.tools.set(tool.name, tool);
      else this.faults.push(`page ${this.pages}: ${showName(tool.name)} ${problem}; it is left out`);
    }
  }

  #problemOf({ name, sha256 }: ListedTool): string | undefined {
    const earlier = this.tools.get(name);
    if (earlier !== undefined)
      return earlier.sha256 === sha256 ? "was listed before" : "was listed before, with another definition";
    if (!isPlainName(name) || !name.isWellFormed()) return "is no name that a call could have";
    // some readers of the catalogue would take it for something else than a name
    if (name === "__proto__") return "can't be a key";
    return name.length > MAX_NAME_CHARACTERS ? `is a name of more than ${MAX_NAME_CHARACTERS} characters` : undefined;
  }
}

function failed(problem: string): { readonly kind: "failed"; readonly problem: string } {
  return { kind: "failed", problem };
}
