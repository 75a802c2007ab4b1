// Which definition of each tool counts for a session: the one the server last listed to it. Where it was never listed, or
// list_changed came since, the gate lists first by itself. One for each server; bounded: a forgotten session is listed again.
import type { ListedTool } from "./list-filter.ts";
import { type ListingFault, listPages, MAX_TOOLS } from "./list-pages.ts";
import { type ParamHeader, paramHeadersOf } from "./param-headers.ts";
import type { Exchange, Upstream } from "./upstream.ts";

const MAX_SESSIONS = 100_000;
/** Of all sessions together; about 200 bytes each. */
const MAX_HELD_TOOLS = 500_000;
/** Listings that one call waits for while the server keeps saying that its list has changed. */
const MAX_LISTINGS = 3;

export type Definition =
  | ({ readonly kind: "listed" } & Listed)
  /** The server lists no tool of this name. */
  | { readonly kind: "absent" }
  | ({ readonly kind: "failed" } & ListingFault);

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
    const fault = await listPages(
      metaText,
      (paramsText) => upstream.request(exchange, "tools/list", paramsText, timeoutMs),
      ({ tools }) => {
        if (sessions.get(session) === known) learn(session, tools);
      },
    );
    known.whole = fault === undefined;
    known.listing = undefined;
    return fault && { kind: "failed", ...fault };
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

function failure(problem: string): Failed {
  return { kind: "failed", problem, sessionLost: false };
}
