// Who is signed in to which server: the tokens of each principal, its own alone, sealed on disk, fetched anew before they expire and
// once where the server refuses them. One request at a time for each; a sign-in that is over is forgotten. Nothing secret is logged.
import { parseJson } from "../mcp/parse-json.ts";
import { showable } from "../mcp/showable.ts";
import { CredentialsFault } from "../mcp/upstream-fault.ts";
import { messageOf } from "../problem.ts";
import { type Connection, type ConnectionStore, connectionSchema, placeOf, type SignInServer } from "./connection.ts";
import { open, seal } from "./sealed.ts";
import { PAUSE_MS, type TokenSource } from "./token-source.ts";

export interface Connections {
  /** The tokens of one principal for one server. What it rejects with is a CredentialsFault that says how to sign in. */
  tokensOf(server: SignInServer, principal: string): TokenSource;
  find(server: SignInServer, principal: string): Connection | undefined;
  /** From now on these count. @throws where they can't be written */
  take(server: SignInServer, principal: string, connection: Connection): void;
  /** Forgets them, here and at the authorization server. `isRevoked`: it said that it has. @throws where that can't be written */
  remove(server: SignInServer, principal: string): Promise<{ readonly isRevoked: boolean } | undefined>;
}

export type ConnectionsOptions = {
  readonly store: ConnectionStore;
  /** 32 bytes. */
  readonly key: () => Buffer;
  readonly unixMs: () => number;
  readonly log: (line: string) => void;
};

/** As it is in memory. */
type Live = {
  connection: Connection;
  refreshing?: Promise<string> | undefined;
  failed?: { readonly untilUnixMs: number; readonly fault: CredentialsFault } | undefined;
};

const MAX_LIVE = 10_000;
const MAX_TOLD = 1_000;
const REFRESH_FROM = 0.8;
const COUNTS_UNTIL = 0.95;
/** Errors after which only the person can help; those of the client are no fault of a sign-in where the client is configured. */
const OVER = new Set(["invalid_grant"]);
const OVER_FOR_REGISTERED = new Set(["invalid_grant", "invalid_client", "unauthorized_client"]);

export function createConnections({ store, key, unixMs, log }: ConnectionsOptions): Connections {
  /** The one used last stands last. */
  const live = new Map<string, Live>();
  /** Those of which it was told. */
  const unreadable = new Set<string>();

  const idOf = (server: SignInServer, principal: string): string => JSON.stringify([principal, placeOf(server)]);
  const nameOf = (server: SignInServer, principal: string): string => `${server.key}: ${showable(principal)}`;

  function look(server: SignInServer, principal: string): Live | undefined {
    const id = idOf(server, principal);
    const known = live.get(id) ?? load(server, principal, id);
    live.delete(id);
    if (known === undefined) return undefined;
    live.set(id, known);
    const [oldest] = live;
    if (live.size > MAX_LIVE && oldest !== undefined && oldest[1].refreshing === undefined) live.delete(oldest[0]);
    return known;
  }

  function load(server: SignInServer, principal: string, id: string): Live | undefined {
    let problem = "it was changed, or sealed by another key";
    try {
      const sealed = store.get(principal, placeOf(server));
      if (sealed === undefined) return undefined;
      const read = connectionSchema.safeParse(parseJson(open(key(), sealed, id) ?? ""));
      if (read.success) return { connection: read.data };
    } catch (error) {
      problem = messageOf(error);
    }
    if (!unreadable.has(id) && unreadable.size < MAX_TOLD) {
      unreadable.add(id);
      log(`${nameOf(server, principal)} was signed in, and what is kept of that can't be read: ${problem}`);
    }
    return undefined;
  }

  function write(server: SignInServer, principal: string, connection: Connection): void {
    const text = JSON.stringify(connection);
    store.put(principal, placeOf(server), seal(key(), text, idOf(server, principal)));
  }

  function isCurrent(server: SignInServer, principal: string, one: Live): boolean {
    return live.get(idOf(server, principal)) === one;
  }

  /** The sign-in counts no more. */
  function end(server: SignInServer, principal: string, why: string): CredentialsFault {
    live.delete(idOf(server, principal));
    try {
      store.drop(principal, placeOf(server));
    } catch (error) {
      log(`${nameOf(server, principal)}: its old sign-in can't be removed from the state: ${messageOf(error)}`);
    }
    log(`${nameOf(server, principal)} is signed out: ${why}`);
    return signedOut(server, principal);
  }

  function refresh(server: SignInServer, principal: string, one: Live, refreshToken: string): Promise<string> {
    one.refreshing ??= ask(server, principal, one, refreshToken).finally(() => {
      one.refreshing = undefined;
    });
    return one.refreshing;
  }

  async function ask(server: SignInServer, principal: string, one: Live, refreshToken: string): Promise<string> {
    const { refreshTokens } = await import("./authorization.ts");
    const answer = await refreshTokens(server, one.connection, refreshToken, unixMs());
    // another sign-in has taken its place, or it was removed
    if (!isCurrent(server, principal, one)) return tokensOf(server, principal).current();
    if (answer.kind === "tokens") {
      one.connection = { ...one.connection, tokens: answer.tokens };
      one.failed = undefined;
      try {
        write(server, principal, one.connection);
      } catch (error) {
        log(`${nameOf(server, principal)}: its new tokens can't be written yet: ${messageOf(error)}`);
      }
      return answer.tokens.access;
    }
    const over = one.connection.client === undefined ? OVER : OVER_FOR_REGISTERED;
    if (over.has(answer.code ?? "")) throw end(server, principal, answer.problem);
    if (one.failed === undefined) log(`${nameOf(server, principal)}: its token can't be had anew: ${answer.problem}`);
    const fault = new CredentialsFault(`the sign-in of ${showable(principal)} can't be renewed now: try again later`);
    one.failed = { untilUnixMs: unixMs() + PAUSE_MS, fault };
    throw fault;
  }

  function tokensOf(server: SignInServer, principal: string): TokenSource {
    return {
      current() {
        const one = look(server, principal);
        if (one === undefined) return Promise.reject(signedOut(server, principal));
        const {
          access,
          refresh: refreshToken,
          gotUnixMs,
          lifetimeSeconds = Number.POSITIVE_INFINITY,
        } = one.connection.tokens;
        const nowUnixMs = unixMs();
        const ageMs = nowUnixMs - gotUnixMs;
        const isPausing = one.failed !== undefined && one.failed.untilUnixMs > nowUnixMs;
        // a clock that was set back says nothing of its age
        if (ageMs >= 0 && ageMs < lifetimeSeconds * 1_000 * COUNTS_UNTIL) {
          // the next calls go on with this one meanwhile
          const isDue = ageMs >= lifetimeSeconds * 1_000 * REFRESH_FROM;
          if (isDue && refreshToken !== undefined && !isPausing)
            refresh(server, principal, one, refreshToken).catch(() => {});
          return access;
        }
        if (lifetimeSeconds === Number.POSITIVE_INFINITY) return access;
        if (refreshToken === undefined)
          return Promise.reject(end(server, principal, "its token has expired, and there is none to renew it with"));
        if (one.refreshing === undefined && isPausing && one.failed !== undefined)
          return Promise.reject(one.failed.fault);
        return refresh(server, principal, one, refreshToken);
      },
      async renew(refused) {
        const one = look(server, principal);
        if (one === undefined) return undefined;
        const { access, refresh: refreshToken, gotUnixMs } = one.connection.tokens;
        if (access !== refused) return access;
        if (refreshToken === undefined) {
          end(server, principal, "the server refuses its token, and there is none to renew it with");
          return undefined;
        }
        const nowUnixMs = unixMs();
        const isNew = nowUnixMs - gotUnixMs < PAUSE_MS;
        const isPausing = one.failed !== undefined && one.failed.untilUnixMs > nowUnixMs;
        if (one.refreshing === undefined && (isNew || isPausing)) return undefined;
        const fresh = await refresh(server, principal, one, refreshToken).catch(() => undefined);
        return fresh === refused ? undefined : fresh;
      },
    };
  }

  return {
    tokensOf,
    find: (server, principal) => look(server, principal)?.connection,
    take(server, principal, connection) {
      write(server, principal, connection);
      live.set(idOf(server, principal), { connection });
      unreadable.delete(idOf(server, principal));
      log(`${nameOf(server, principal)} is signed in`);
    },
    async remove(server, principal) {
      const one = look(server, principal);
      store.drop(principal, placeOf(server));
      live.delete(idOf(server, principal));
      if (one === undefined) return undefined;
      log(`${nameOf(server, principal)} has signed out`);
      const { revokeTokens } = await import("./authorization.ts");
      const answer = await revokeTokens(server, one.connection);
      if (answer.kind === "asked") return { isRevoked: answer.revoked };
      log(`${nameOf(server, principal)}: its tokens can't be revoked: ${answer.problem}`);
      return { isRevoked: false };
    },
  };
}

function signedOut({ key }: SignInServer, principal: string): CredentialsFault {
  return new CredentialsFault(
    `${showable(principal)} has not signed in to ${key}, so nothing was sent to it: run regate connect ${key}, then try again`,
  );
}
