// The servers of a gate that runs, which a changed configuration may change: those that are as they were go on with their
// sessions, those that are gone or say something else are closed. Who holds one of the maps sees each change.
import { isDeepStrictEqual } from "node:util";
import type { RunningServer } from "./compose-servers.ts";
import type { ServerConfig } from "./config/server-schema.ts";
import type { ReloadedServers } from "./http/app.ts";
import type { Endpoint } from "./mcp/endpoint.ts";

/** What the configured servers are called. */
export type ServerNames = {
  /** Key to catalogue name. */
  readonly byKey: ReadonlyMap<string, string>;
  /** Catalogue name to keys. */
  readonly byCatalogue: ReadonlyMap<string, readonly string[]>;
  rename(servers: Iterable<ServerConfig>): void;
};

export type ServerSet = {
  /** In the order of the configuration. */
  readonly running: () => readonly RunningServer[];
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  /** Runs these from now on; resolves when what is not among them is closed. */
  take(servers: ReadonlyMap<string, ServerConfig>): Promise<Exclude<ReloadedServers, { kind: "kept" }>>;
  close(): Promise<void>;
};

export function nameServers(servers: Iterable<ServerConfig>): ServerNames {
  const byKey = new Map<string, string>();
  const byCatalogue = new Map<string, readonly string[]>();
  const rename = (named: Iterable<ServerConfig>): void => {
    byKey.clear();
    byCatalogue.clear();
    for (const { key, catalogue } of named) {
      byKey.set(key, catalogue);
      byCatalogue.set(catalogue, [...(byCatalogue.get(catalogue) ?? []), key]);
    }
  };
  rename(servers);
  return { byKey, byCatalogue, rename };
}

export function runServers(
  servers: ReadonlyMap<string, ServerConfig>,
  names: ServerNames,
  start: (server: ServerConfig) => RunningServer,
): ServerSet {
  let running: readonly RunningServer[] = [];
  const endpoints = new Map<string, Endpoint>();
  const closeAll = async (closing: readonly RunningServer[]): Promise<void> => {
    await Promise.all(closing.map(({ upstream }) => upstream.close()));
  };

  /** At once: no call meets half of a change. */
  function swap(wanted: ReadonlyMap<string, ServerConfig>) {
    const before = new Map(running.map((one) => [one.server.key, one]));
    const next = [...wanted.values()].map((server) => {
      const known = before.get(server.key);
      return known !== undefined && isDeepStrictEqual(known.server, server) ? known : start(server);
    });
    const closing = running.filter((one) => !next.includes(one));
    running = next;
    endpoints.clear();
    for (const { server, endpoint } of next) endpoints.set(server.key, endpoint);
    names.rename(wanted.values());
    const keys = next.map(({ server }) => server.key);
    const started = next.filter((one) => one !== before.get(one.server.key)).map(({ server }) => server.key);
    const taken = {
      kind: "taken" as const,
      added: started.filter((key) => !before.has(key)),
      changed: started.filter((key) => before.has(key)),
      removed: [...before.keys()].filter((key) => !keys.includes(key)),
    };
    return { closing, taken };
  }

  swap(servers);
  return {
    running: () => running,
    endpoints,
    async take(wanted) {
      const { closing, taken } = swap(wanted);
      await closeAll(closing);
      return taken;
    },
    close: () => closeAll(running),
  };
}
