// What each server listed last, whoever it listed it to, held against what was reviewed. Tells once of each definition that
// is not the reviewed one, and what changed; judges nothing. Bounded: a server that lists without end is not remembered
// without end.
import type { ListedDefinition } from "../gate/types.ts";
import { remember } from "./bounded-map.ts";
import { type Catalogue, type CatalogueTool, findTool, isReviewed } from "./catalogue.ts";

export type ToolName = { readonly server: string; readonly tool: string };

export type ToolStatus =
  /** `by`: documentation where there was no definition to review. */
  | { readonly kind: "reviewed"; readonly by: "definition" | "documentation"; readonly definition: ListedDefinition }
  | ({ readonly kind: "changed"; readonly definition: ListedDefinition } & DefinitionChange)
  | { readonly kind: "uncatalogued"; readonly definition: ListedDefinition }
  /** Not listed since the gate started, as far as it knows. */
  | { readonly kind: "unseen" }
  /** Reviewed, and no longer in the server's whole list. */
  | { readonly kind: "gone" };

export type DefinitionChange = {
  /** SHA-256 (hex) of the reviewed definition. */
  readonly reviewedSha256: string;
  /** What changed, in words fit to be shown. */
  readonly what: string;
};

/** One server's listings, as the gate sees them. */
export interface Listings {
  listed(tool: string, definition: ListedDefinition): void;
  /** A moment of the server's listings. */
  mark(): number;
  /** All that the server has was listed since the moment `mark`. */
  wasWhole(mark: number): void;
}

export type LiveToolsOptions = {
  /** Of the active policy. */
  readonly catalogue: () => Catalogue;
  /** What the definition says otherwise than the reviewed one, in words fit to be shown. */
  readonly describeChange: (reviewed: CatalogueTool, definition: ListedDefinition, tool: string) => string;
  /** Told once for each definition that is not the reviewed one, up to a bound for each server; `isLast` at the bound. */
  readonly onChanged: (server: string, tool: string, sha256: string, change: DefinitionChange, isLast: boolean) => void;
};

export interface LiveTools {
  /** @param onReviewed gets each listed definition that is the reviewed one */
  observe(server: string, onReviewed?: (tool: string, definition: ListedDefinition) => void): Listings;
  statusOf(server: string, tool: string): ToolStatus;
  /** What servers listed last and nobody reviewed, of one server where it is named; of each server a thousand at most. */
  uncatalogued(server?: string): readonly (ToolName & { readonly definition: ListedDefinition })[];
  /** What changed of a reviewed tool; undefined where nothing did. `definition` is undefined where the server lists it no more. */
  changeOf(server: string, tool: string, definition: ListedDefinition | undefined): DefinitionChange | undefined;
  /** How many definitions that are not the reviewed ones were told of since the gate started. */
  readonly changesSeen: number;
}

/** Of one server. */
const MAX_TOOLS = 10_000;
const MAX_CHARACTERS = 16_777_216;
/** Changes of one server that are compared and told; comparing takes up to some 20 ms. */
const MAX_TOLD = 500;
/** Changes of one server whose words are remembered. */
const MAX_REMEMBERED = 500;
/** Tools of one server that are shown to who asks what nobody reviewed. */
const MAX_SHOWN = 1_000;
const NOT_COMPARED = "not compared: this server has changed its definitions too often";
const NO_LONGER_LISTED = "the server no longer lists it";

type Seen = { readonly definition: ListedDefinition; at: number };

class LiveServer {
  readonly tools = new Map<string, Seen>();
  /** The words of each change, by tool and both hashes; the oldest first. */
  readonly changes = new Map<string, string>();
  readonly told = new Set<string>();
  isWhole = false;
  #moment = 0;
  #characters = 0;

  mark(): number {
    this.#moment += 1;
    return this.#moment;
  }

  see(tool: string, definition: ListedDefinition): void {
    const before = this.tools.get(tool);
    if (before?.definition.sha256 === definition.sha256) {
      before.at = this.#moment;
      return;
    }
    this.drop(tool);
    const characters = this.#characters + definition.text.length;
    if (this.tools.size >= MAX_TOOLS || characters > MAX_CHARACTERS) return;
    this.tools.set(tool, { definition, at: this.#moment });
    this.#characters = characters;
  }

  drop(tool: string): void {
    this.#characters -= this.tools.get(tool)?.definition.text.length ?? 0;
    this.tools.delete(tool);
  }

  remember(key: string, what: string): void {
    remember(this.changes, key, what, MAX_REMEMBERED);
  }
}

export function createLiveTools({ catalogue, describeChange, onChanged }: LiveToolsOptions): LiveTools {
  const servers = new Map<string, LiveServer>();
  let changesSeen = 0;

  function serverOf(name: string): LiveServer {
    const known = servers.get(name) ?? new LiveServer();
    servers.set(name, known);
    return known;
  }

  /** The words for one change, compared once. */
  function wordsOf(server: LiveServer, tool: string, reviewed: CatalogueTool, definition: ListedDefinition): string {
    const key = keyOf(tool, reviewed, definition);
    const known = server.changes.get(key);
    if (known !== undefined) return known;
    const what = server.told.size < MAX_TOLD ? describeChange(reviewed, definition, tool) : NOT_COMPARED;
    server.remember(key, what);
    return what;
  }

  function notice(name: string, server: LiveServer, tool: string, definition: ListedDefinition): void {
    const reviewed = findTool(catalogue(), name, tool);
    if (reviewed?.sha256 === undefined || reviewed.sha256 === definition.sha256) return;
    const key = keyOf(tool, reviewed, definition);
    if (server.told.has(key) || server.told.size >= MAX_TOLD) return;
    const change = { reviewedSha256: reviewed.sha256, what: wordsOf(server, tool, reviewed, definition) };
    server.told.add(key);
    changesSeen += 1;
    onChanged(name, tool, definition.sha256, change, server.told.size === MAX_TOLD);
  }

  return {
    observe(name, onReviewed) {
      const server = serverOf(name);
      return {
        mark: () => server.mark(),
        listed(tool, definition) {
          notice(name, server, tool, definition);
          server.see(tool, definition);
          if (isReviewed(catalogue(), name, tool, definition.sha256)) onReviewed?.(tool, definition);
        },
        wasWhole(mark) {
          server.isWhole = true;
          for (const [tool, { at }] of server.tools) if (at < mark) server.drop(tool);
        },
      };
    },
    statusOf(name, tool) {
      const reviewed = findTool(catalogue(), name, tool);
      const server = servers.get(name);
      const definition = server?.tools.get(tool)?.definition;
      if (server === undefined || definition === undefined) {
        const isMissed = server?.isWhole === true && reviewed?.sha256 !== undefined;
        return isMissed ? { kind: "gone" } : { kind: "unseen" };
      }
      if (reviewed === undefined) return { kind: "uncatalogued", definition };
      if (reviewed.sha256 === undefined) return { kind: "reviewed", by: "documentation", definition };
      if (reviewed.sha256 === definition.sha256) return { kind: "reviewed", by: "definition", definition };
      const what = wordsOf(server, tool, reviewed, definition);
      return { kind: "changed", definition, reviewedSha256: reviewed.sha256, what };
    },
    uncatalogued(only) {
      const names = only === undefined ? [...servers.keys()] : [only];
      return names.flatMap((server) => {
        const listed = [...(servers.get(server)?.tools ?? [])];
        const others = listed.filter(([tool]) => findTool(catalogue(), server, tool) === undefined);
        return others.slice(0, MAX_SHOWN).map(([tool, { definition }]) => ({ server, tool, definition }));
      });
    },
    changeOf(name, tool, definition) {
      const reviewed = findTool(catalogue(), name, tool);
      if (reviewed?.sha256 === undefined || reviewed.sha256 === definition?.sha256) return undefined;
      const what = definition === undefined ? NO_LONGER_LISTED : wordsOf(serverOf(name), tool, reviewed, definition);
      return { reviewedSha256: reviewed.sha256, what };
    },
    get changesSeen() {
      return changesSeen;
    },
  };
}

function keyOf(tool: string, reviewed: CatalogueTool, { sha256 }: ListedDefinition): string {
  return JSON.stringify([tool, reviewed.sha256, sha256]);
}
