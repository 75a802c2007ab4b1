// Which definition of each tool counts for a session: the one the server last listed to it. Where it was never listed, or
// list_changed came since, the gate lists first by itself. One for each server; bounded: a forgotten session is listed again.

import type { ListedDefinition } from "../gate/types.ts";
import { createHeldDefinitions, type HeldDefinition } from "./held-definitions.ts";
import type { ListedTool } from "./list-filter.ts";
import { type ListingFault, listPages, MAX_TOOLS } from "./list-pages.ts";
import { isMisspelt, type Spellings, spellingsOf } from "./misspelt.ts";
import type { Exchange, Upstream } from "./upstream.ts";

const MAX_SESSIONS = 100_000;
/** Of all sessions together; about 200 bytes each. */
const MAX_HELD_TOOLS = 500_000;
/** Of the different definitions of all sessions together. */
const MAX_HELD_CHARACTERS = 33_554_432;
/** Listings that one call waits for while the server keeps saying that its list has changed. */
const MAX_LISTINGS = 3;

export type Definition =
  | HeldDefinition
  /** The server lists no tool of this name; `misspelt`: but one that some reader takes for it. */
  | { readonly kind: "absent"; readonly misspelt?: true }
  | ({ readonly kind: "failed" } & ListingFault);

type Failed = Extract<Definition, { readonly kind: "failed" }>;

/** Which page of a list it is, as far as that is known. */
export type PagePlace = { readonly isFirst: boolean; readonly isLast: boolean };

/** Sees what the server lists, whichever session it lists it to. */
export interface ListingObserver {
  listed(tool: string, definition: ListedDefinition): void;
  /** A moment of the server's listings. */
  mark(): number;
  /** All that the server has was listed since the moment `mark`. */
  wasWhole(mark: number): void;
}

/**
 * `whole`: the server has no further tools. `listing`: undefined while none is under way. `mark`: when the list began that the
 * session reads page by page.
 */
type Known = {
  readonly tools: Map<string, HeldDefinition>;
  whole: boolean;
  /** Of the names of `tools`, once one that is not among them was asked for. */
  spellings: Spellings | undefined;
  listing: Promise<Failed | undefined> | undefined;
  mark: number | undefined;
};

/** What was known of a session when a list was asked for. */
export type Since = object;

export interface Definitions {
  /** To be asked before a list is: what comes back after `forget` was perhaps made before it. */
  since(session: string): Since;
  /** Takes in the definitions of one page that the server listed to this session; none where it was forgotten since. */
  learn(session: string, tools: readonly ListedTool[], place?: PagePlace, since?: Since): void;
  /** What was listed no longer counts (list_changed, or the session is over). */
  forget(session: string): void;
  /** The definition that counts; undefined where the session's tools must be listed first. */
  known(session: string, tool: string): Definition | undefined;
  /** Whether this is what counts now, without listing: undefined for a tool that the server does not list. */
  counts(session: string, tool: string, sha256: string | undefined): boolean;
  /**
   * The definition that counts; lists by itself where it must. Never rejects.
   * @param metaText the `_meta` that a modern request needs, as JSON text
   */
  lookup(tool: string, upstream: Upstream, exchange: Exchange, metaText: string | undefined): Promise<Definition>;
}

const ABSENT: Definition = { kind: "absent" };
const MISSPELT: Definition = { kind: "absent", misspelt: true };
const UNKNOWN_PLACE: PagePlace = { isFirst: false, isLast: false };
const UNOBSERVED: ListingObserver = { listed() {}, mark: () => 0, wasWhole() {} };

/** @param timeoutMs how long one page of the gate's own listing may take */
export function createDefinitions(timeoutMs: number, observer: ListingObserver = UNOBSERVED): Definitions {
  /** The one used last stands last. */
  const sessions = new Map<string, Known>();
  const shelf = createHeldDefinitions();
  let held = 0;

  function open(session: string): Known {
    const known = sessions.get(session) ?? {
      tools: new Map(),
      whole: false,
      spellings: undefined,
      listing: undefined,
      mark: undefined,
    };
    sessions.delete(session);
    sessions.set(session, known);
    trim(0);
    return known;
  }

  /** Forgets the sessions that were used longest ago, but never the last one, until `characters` more have room. */
  function trim(characters: number): void {
    for (const oldest of sessions.keys()) {
      const isBounded = held <= MAX_HELD_TOOLS && sessions.size <= MAX_SESSIONS;
      if (sessions.size === 1 || (isBounded && shelf.characters + characters <= MAX_HELD_CHARACTERS)) return;
      forget(oldest);
    }
  }

  function forget(session: string): void {
    const tools = sessions.get(session)?.tools;
    if (tools === undefined) return;
    for (const definition of tools.values()) shelf.release(definition);
    held -= tools.size;
    sessions.delete(session);
  }

  function learn(session: string, tools: readonly ListedTool[], { isFirst, isLast }: PagePlace): void {
    const known = open(session);
    if (isFirst) known.mark = observer.mark();
    for (const tool of tools) take(known.tools, tool);
    known.spellings = undefined;
    trim(0);
    if (!isLast) return;
    if (known.mark !== undefined) observer.wasWhole(known.mark);
    known.mark = undefined;
  }

  function take(known: Map<string, HeldDefinition>, tool: ListedTool): void {
    const before = known.get(tool.name);
    const taken = before?.definition.sha256 === tool.sha256 ? before : replace(known, tool, before);
    if (taken !== undefined) observer.listed(tool.name, taken.definition);
  }

  /** What there is no room for counts as never listed. */
  function replace(
    known: Map<string, HeldDefinition>,
    tool: ListedTool,
    before: HeldDefinition | undefined,
  ): HeldDefinition | undefined {
    if (before !== undefined) {
      shelf.release(before);
      known.delete(tool.name);
      held -= 1;
    }
    if (known.size >= MAX_TOOLS || !hasRoomFor(tool)) return undefined;
    const taken = shelf.hold(tool);
    known.set(tool.name, taken);
    held += 1;
    return taken;
  }

  function hasRoomFor({ sha256, text }: ListedTool): boolean {
    if (shelf.holds(sha256)) return true;
    trim(text.length);
    return shelf.characters + text.length <= MAX_HELD_CHARACTERS;
  }

  /** Lists all tools into `known`, unless it is forgotten meanwhile; answers why that failed. */
  async function list(
    known: Known,
    upstream: Upstream,
    exchange: Exchange,
    metaText: string | undefined,
  ): Promise<Failed | undefined> {
    const session = exchange.session.name;
    const mark = observer.mark();
    const fault = await listPages(
      metaText,
      (paramsText) => upstream.request(exchange, "tools/list", paramsText, timeoutMs),
      ({ tools }) => {
        if (sessions.get(session) === known) learn(session, tools, UNKNOWN_PLACE);
      },
    );
    if (fault === undefined && sessions.get(session) === known) observer.wasWhole(mark);
    known.whole = fault === undefined;
    known.listing = undefined;
    return fault && { kind: "failed", ...fault };
  }

  function find(known: Known, tool: string): Definition | undefined {
    return known.tools.get(tool) ?? (known.whole ? absent(known, tool) : undefined);
  }

  function absent(known: Known, tool: string): Definition {
    known.spellings ??= spellingsOf(known.tools.keys());
    return isMisspelt(tool, known.spellings) ? MISSPELT : ABSENT;
  }

  return {
    since: open,
    learn(session, tools, place = UNKNOWN_PLACE, since = undefined) {
      if (since === undefined || sessions.get(session) === since) learn(session, tools, place);
    },
    forget,
    known: (session, tool) => find(open(session), tool),
    counts(session, tool, sha256) {
      const known = sessions.get(session);
      const held = known?.tools.get(tool);
      return held === undefined ? sha256 === undefined && known?.whole === true : held.definition.sha256 === sha256;
    },
    async lookup(tool, upstream, exchange, metaText) {
      for (let attempt = 0; attempt < MAX_LISTINGS; attempt++) {
        const known = open(exchange.session.name);
        const found = find(known, tool);
        if (found !== undefined) return found;
        known.listing ??= list(known, upstream, exchange, metaText);
        const failed = await known.listing;
        if (failed !== undefined) return failed;
      }
      return failure("the server's tools keep changing while they are listed");
    },
  };
}

function failure(problem: string): Failed {
  return { kind: "failed", problem, sessionLost: false };
}
