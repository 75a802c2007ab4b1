// What an operator has frozen: all calls, those to one server, those of one principal. Kept in the state, so that a restart
// thaws nothing; what was kept and can't be read freezes everything. Asked for each call, so it looks nothing up.
import type { Call } from "../gate/types.ts";
import { readKept, writeKept } from "./kept.ts";

/** What is frozen: calls that match both where both are named, every call where neither is. */
export type FreezeScope = {
  /** Catalogue name. */
  readonly server?: string | undefined;
  /** The principal's id. */
  readonly principal?: string | undefined;
};

export type Frozen = FreezeScope & {
  readonly sinceUnixMs: number;
  /** Who froze it, as authenticated; undefined where that was not kept. */
  readonly by: string | undefined;
};

export type FreezeOutcome =
  /** `unkept`: it holds now, and a restart will not know of it. */
  | { readonly kind: "done"; readonly frozen: readonly Frozen[]; readonly unkept?: string | undefined }
  | { readonly kind: "refused"; readonly problem: string };

export interface Freezes {
  /** Why the call may not go out, in one sentence that an agent may read; undefined where it may. */
  frozen(call: Call): string | undefined;
  /** The oldest first. */
  list(): readonly Frozen[];
  /**
   * Holds from the next call on. A server may be named by its key in the configuration.
   * @param by who wants it, as authenticated
   */
  freeze(scope: FreezeScope, by: string): FreezeOutcome;
  /** Ends exactly this freeze. */
  thaw(scope: FreezeScope, by: string): FreezeOutcome;
  thawAll(by: string): FreezeOutcome;
  /** @returns what ends the listening */
  onChange(listener: () => void): () => void;
}

/** Where it is kept between starts. */
export interface FreezeStore {
  get(name: string): string | undefined;
  set(name: string, value: string): void;
  delete(name: string): void;
}

export type FreezeOptions = {
  readonly store: FreezeStore;
  /** The configured servers: key to catalogue name. */
  readonly servers: ReadonlyMap<string, string>;
  /** Everyone who can call by a key, or without one; any name will do where it is left out. */
  readonly principals?: readonly string[];
  /** Names of the issuers of tokens: whoever has one is `NAME:SUBJECT`, and nobody knows who all of them are. */
  readonly issuers?: readonly string[];
  readonly unixMs: () => number;
  readonly log: (line: string, level?: "info") => void;
};

const META_NAME = "frozen";
export const MAX_FREEZES = 1_000;
const MAX_PRINCIPAL_CHARS = 400;
const MAX_NAMED = 20;

/** What keeps a session alive and reaches nothing: an agent that is frozen can still ask what there is. */
const UNTOUCHED: ReadonlySet<string> = new Set([
  "initialize",
  "ping",
  "server/discover",
  "tools/list",
  "prompts/list",
  "resources/list",
  "resources/templates/list",
]);

export function createFreezes(options: FreezeOptions): Freezes {
  const { store, servers, unixMs, log } = options;
  const listeners = new Set<() => void>();
  let frozen = readKept(store.get(META_NAME), unixMs(), log);

  const keep = (next: readonly Frozen[]): FreezeOutcome => {
    frozen = next;
    let unkept: string | undefined;
    try {
      if (next.length === 0) store.delete(META_NAME);
      else store.set(META_NAME, writeKept(next));
    } catch (error) {
      unkept = `it holds until a restart, for it can't be kept: ${error instanceof Error ? error.message : String(error)}`;
      log(`freeze: ${unkept}`);
    }
    for (const listener of listeners) listener();
    return { kind: "done", frozen, unkept };
  };

  const resolve = (scope: FreezeScope): FreezeScope => {
    const server = scope.server === undefined ? undefined : (servers.get(scope.server) ?? scope.server);
    return { server, principal: scope.principal };
  };

  return {
    frozen(call) {
      if (frozen.length === 0) return undefined;
      if (UNTOUCHED.has(call.method) || call.method.startsWith("notifications/")) return undefined;
      const found = frozen.find((one) => covers(one, call));
      return found === undefined ? undefined : `${describeScope(found, "calls")} are frozen by an operator`;
    },
    list: () => frozen,
    freeze(given, by) {
      const problem = findFault(given, options);
      if (problem !== undefined) return { kind: "refused", problem };
      const scope = resolve(given);
      if (frozen.some((one) => isSame(one, scope))) return { kind: "done", frozen };
      if (frozen.length >= MAX_FREEZES) {
        return { kind: "refused", problem: `${MAX_FREEZES} freezes are there already; freeze all calls instead` };
      }
      log(`freeze: ${describeScope(scope, "calls")} are frozen by ${by}`, "info");
      return keep([...frozen, { ...scope, sinceUnixMs: unixMs(), by }]);
    },
    thaw(given, by) {
      const scope = resolve(given);
      const left = frozen.filter((one) => !isSame(one, scope));
      if (left.length === frozen.length) {
        const others = frozen.map((one) => describeScope(one, "calls")).slice(0, 5);
        const there = others.length === 0 ? "nothing is frozen" : `frozen: ${others.join("; ")}`;
        return { kind: "refused", problem: `${describeScope(scope, "calls")} are not frozen by themselves; ${there}` };
      }
      log(`freeze: ${describeScope(scope, "calls")} are thawed by ${by}`, "info");
      return keep(left);
    },
    thawAll(by) {
      if (frozen.length > 0) log(`freeze: all is thawed by ${by}`, "info");
      return keep([]);
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** `All calls`, `Calls to files`, `Calls of agent-7 to files`. */
export function describeScope({ server, principal }: FreezeScope, noun: string): string {
  if (server === undefined && principal === undefined) return `All ${noun}`;
  const of = principal === undefined ? "" : ` of ${principal}`;
  const to = server === undefined ? "" : ` to ${server}`;
  return `${noun.charAt(0).toUpperCase()}${noun.slice(1)}${of}${to}`;
}

function covers({ server, principal }: Frozen, call: Call): boolean {
  return (
    (server === undefined || server === call.server) && (principal === undefined || principal === call.principal.id)
  );
}

function isSame(one: FreezeScope, other: FreezeScope): boolean {
  return one.server === other.server && one.principal === other.principal;
}

function findFault(
  { server, principal }: FreezeScope,
  { servers, principals, issuers = [] }: Pick<FreezeOptions, "servers" | "principals" | "issuers">,
): string | undefined {
  if (server !== undefined && !servers.has(server) && ![...servers.values()].includes(server)) {
    return `no server of this name; this gate has ${[...servers.keys()].join(", ") || "none"}`;
  }
  if (principal !== undefined && (principal === "" || principal.length > MAX_PRINCIPAL_CHARS)) {
    return `a principal's name has 1 to ${MAX_PRINCIPAL_CHARS} characters`;
  }
  // who mistypes a name would believe that somebody is stopped
  const isIssued = issuers.some((name) => principal?.startsWith(`${name}:`) === true && principal !== `${name}:`);
  if (principal !== undefined && !isIssued && principals?.includes(principal) === false) {
    const some = [...principals.slice(0, MAX_NAMED), ...issuers.map((name) => `${name}:SUBJECT`)].join(", ");
    const more = principals.length - MAX_NAMED;
    return `no principal of this name; this gate has ${some}${more > 0 ? ` and ${more} more` : ""}`;
  }
  return undefined;
}
