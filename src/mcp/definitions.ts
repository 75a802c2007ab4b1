// Which definition of each tool counts for a session: the one the server last listed to it. Where it was never listed, or
// list_changed came since, the gate lists first by itself. One for each server; bounded: a forgotten session is listed again.
import { parseServerMessage } from "./jsonrpc.ts";
import { type ListedTool, listedTools } from "./list-filter.ts";
import { type ParamHeader, paramHeadersOf } from "./param-headers.ts";
import type { Exchange, OwnAnswer, Upstream } from "./upstream.ts";

const MAX_SESSIONS = 100_000;
const MAX_PAGES = 500;
/** Of one session. */
const MAX_TOOLS = 50_000;
/** Of all sessions together; about 200 bytes each. */
const MAX_HELD_TOOLS = 500_000;
/** Listings that one call waits for while the server keeps saying that its list has changed. */
const MAX_LISTINGS = 3;
const METHOD_NOT_FOUND = -32601;
/** How some servers say that there is no next page. */
const NO_CURSOR = new Set(["null", '""']);

export type Definition =
  | ({ readonly kind: "listed" } & Listed)
  /** The server lists no tool of this name. */
  | { readonly kind: "absent" }
  /** `sessionLost`: as in OwnAnswer. */
  | { readonly kind: "failed"; readonly problem: string; readonly sessionLost: boolean };

type Failed = Extract<Definition, { readonly kind: "failed" }>;

type Listed = {
  /** SHA-256 (hex) of the canonical definition. */
  readonly sha256: string;
  /** The arguments that the definition wants repeated in headers. */
  readonly paramHeaders: readonly ParamHeader[];
};

/** `whole`: the server has no further tools. `listing`: undefined while none is under way. */
type Known = { readonly tools: Map<string, Listed>; whole: boolean; listing: Promise<Failed | undefined> | undefined };

export interface Definitions {
  /** Takes in the definitions of one page that the server listed to this session. */
  learn(session: string, tools: Iterable<ListedTool>): void;
  /** What was listed no longer counts (list_changed, or the session is over). */
  forget(session: string): void;
  /**
   * The definition that counts; lists by itself where it must. Never rejects.
   * @param metaText the `_meta` that a modern request needs, as JSON text
   */
  lookup(tool: string, upstream: Upstream, exchange: Exchange, metaText: string | undefined): Promise<Definition>;
}

/** @param timeoutMs how long one page of the gate's own listing may take */
export function createDefinitions(timeoutMs: number): Definitions {
  /** The one used last stands last. */
  const sessions = new Map<string, Known>();
  let held = 0;

  function open(session: string): Known {
    const known = sessions.get(session) ?? { tools: new Map(), whole: false, listing: undefined };
    sessions.delete(session);
    sessions.set(session, known);
    trim();
    return known;
  }

  /** Forgets the sessions that were used longest ago, but never the last one. */
  function trim(): void {
    for (const oldest of sessions.keys()) {
      if (sessions.size === 1 || (held <= MAX_HELD_TOOLS && sessions.size <= MAX_SESSIONS)) return;
      forget(oldest);
    }
  }

  function forget(session: string): void {
    held -= sessions.get(session)?.tools.size ?? 0;
    sessions.delete(session);
  }

  function learn(session: string, tools: Iterable<ListedTool>): void {
    const known = open(session);
    const before = known.tools.size;
    for (const tool of tools) {
      if (known.tools.size < MAX_TOOLS || known.tools.has(tool.name)) known.tools.set(tool.name, describe(tool));
    }
    held += known.tools.size - before;
    trim();
  }

  /** Lists all tools into `known`, unless it is forgotten meanwhile; answers why that failed. */
  async function list(
    known: Known,
    upstream: Upstream,
    exchange: Exchange,
    metaText: string | undefined,
  ): Promise<Failed | undefined> {
    const session = exchange.session.name;
    const failed = await listPages(
      metaText,
      (paramsText) => upstream.request(exchange, "tools/list", paramsText, timeoutMs),
      (tools) => {
        if (sessions.get(session) === known) learn(session, tools);
      },
    );
    known.whole = failed === undefined;
    known.listing = undefined;
    return failed;
  }

  return {
    learn,
    forget,
    async lookup(tool, upstream, exchange, metaText) {
      for (let attempt = 0; attempt < MAX_LISTINGS; attempt++) {
        const known = open(exchange.session.name);
        const listed = known.tools.get(tool);
        if (listed !== undefined) return { kind: "listed", ...listed };
        if (known.whole) return { kind: "absent" };
        known.listing ??= list(known, upstream, exchange, metaText);
        const failed = await known.listing;
        if (failed !== undefined) return failed;
      }
      return failure("the server's tools keep changing while they are listed");
    },
  };
}

function describe({ text, sha256 }: ListedTool): Listed {
  if (!/x-mcp-header|\\u/i.test(text)) return { sha256, paramHeaders: [] };
  return { sha256, paramHeaders: paramHeadersOf(JSON.parse(text).inputSchema) };
}

/** Reads tools/list page by page; answers why it could not. A server without tools/list has no tools. */
async function listPages(
  metaText: string | undefined,
  ask: (paramsText: string) => Promise<OwnAnswer>,
  take: (tools: readonly ListedTool[]) => void,
): Promise<Failed | undefined> {
  const cursors = new Set<string>();
  let cursorText: string | undefined;
  let count = 0;
  for (let page = 0; page < MAX_PAGES; page++) {
    const members = [metaText && `"_meta":${metaText}`, cursorText && `"cursor":${cursorText}`].filter(Boolean);
    const answer = await ask(`{${members.join(",")}}`);
    if (answer.kind === "failed")
      return failure(`the server's tools could not be listed: ${answer.problem}`, answer.sessionLost);
    const message = parseServerMessage(answer.text);
    if (message.kind !== "response") return failure("the server answered tools/list with something else");
    if (message.error?.code === METHOD_NOT_FOUND) return undefined;
    if (message.error !== undefined) return failure(`the server answered tools/list with error ${message.error.code}`);
    const listed = listedTools(answer.text, message.root);
    if (listed.kind === "none") return failure("the server's tools/list is malformed: it holds no tools");
    if (listed.kind === "malformed") return failure(`the server's tools/list is malformed: ${listed.problem}`);
    count += listed.tools.length;
    if (count > MAX_TOOLS) return failure(`the server lists more than ${MAX_TOOLS} tools`);
    take(listed.tools);
    cursorText = listed.cursorText;
    if (cursorText === undefined || NO_CURSOR.has(cursorText)) return undefined;
    if (cursors.has(cursorText)) return failure("the server's tools/list repeats a cursor");
    cursors.add(cursorText);
  }
  return failure(`the server's tools/list has more than ${MAX_PAGES} pages`);
}

function failure(problem: string, sessionLost = false): Failed {
  return { kind: "failed", problem, sessionLost };
}
