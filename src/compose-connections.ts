// Sign-ins of principals to servers, set on the gate's parts: which server takes them, and how what is not done is told. Made once,
// by the composition root.
import type { ServerConfig } from "./config/server-schema.ts";
import type { SignInServer } from "./credentials/connection.ts";
import { type Connections, createConnections } from "./credentials/connections.ts";
import { createSignIns, type RefusedSignIn } from "./credentials/sign-ins.ts";
import type { ConnectionDesk, Undone } from "./http/connections-api.ts";
import { messageOf } from "./problem.ts";
import type { State } from "./state/state.ts";

export type ConnectionParts = {
  readonly state: Pick<State, "connections" | "secretKey">;
  /** As they run now. */
  readonly servers: () => readonly ServerConfig[];
  readonly log: (line: string) => void;
};

export type RunningConnections = { readonly connections: Connections; readonly desk: ConnectionDesk };

const STATUS = { request: 400, too_many: 429, beyond: 502 } as const;
const REMEDY = {
  request: "regate connect does all of it",
  too_many: "wait some minutes",
  beyond: "the gate's log says the same: begin again, and tell the operator where it fails again",
} as const;

export function composeConnections({ state, servers, log }: ConnectionParts): RunningConnections {
  let key: Buffer | undefined;
  const connections = createConnections({
    store: state.connections,
    key: () => {
      key ??= state.secretKey("connections");
      return key;
    },
    unixMs: Date.now,
    log,
  });
  const signIns = createSignIns({ connections, unixMs: Date.now, monotonicMs: () => performance.now(), log });

  const desk: ConnectionDesk = {
    list: (principal) =>
      servers()
        .filter(isSignInServer)
        .map((server) => {
          const found = connections.find(server, principal);
          if (found === undefined) return { server: server.key, connected: false };
          const { sinceUnixMs, tokens } = found;
          return { server: server.key, connected: true, sinceUnixMs, scope: tokens.scope };
        }),
    async begin(principal, name, redirectUri) {
      const server = find(servers(), name);
      if (server.kind === "undone") return server;
      const begun = await signIns.begin(server.found, principal, redirectUri);
      return begun.kind === "begun" ? begun : undoneOf(begun);
    },
    async finish(principal, name, returned) {
      const server = find(servers(), name);
      if (server.kind === "undone") return server;
      const finished = await signIns.finish(server.found, principal, returned);
      return finished.kind === "signed_in" ? finished : undoneOf(finished);
    },
    async remove(principal, name) {
      const server = find(servers(), name);
      if (server.kind === "undone") return server;
      try {
        const removed = await connections.remove(server.found, principal);
        if (removed !== undefined) return { kind: "removed", isRevoked: removed.isRevoked };
        return undone(404, `${principal} is not signed in to ${name}`, "regate connect --list says where it is");
      } catch (error) {
        const remedy = "see to the disk with the gate's state folder, then do it again";
        return undone(503, `it could not be written down, so nobody was signed out: ${messageOf(error)}`, remedy);
      }
    },
  };
  return { connections, desk };
}

function isSignInServer(server: ServerConfig): server is ServerConfig & SignInServer {
  return server.kind === "http" && server.signIn !== undefined;
}

function find(
  servers: readonly ServerConfig[],
  name: string,
): { readonly kind: "found"; readonly found: SignInServer } | Undone {
  const server = servers.find(({ key }) => key === name);
  if (server === undefined) {
    const named = servers.filter(isSignInServer).map(({ key }) => key);
    const there =
      named.length === 0 ? "no server of this gate wants one" : `those that want one are ${named.join(", ")}`;
    return undone(404, "there is no server of this name to sign in to", there);
  }
  if (isSignInServer(server)) return { kind: "found", found: server };
  if (server.kind === "stdio")
    return undone(409, `${name} is started by the gate, and has no sign-in`, "what it needs goes into its env");
  return undone(
    409,
    `${name} gets the gate's own credentials, the same for everybody`,
    "for each principal's own, the configuration says oauth: { perPrincipal: true }",
  );
}

function undoneOf({ whose, problem }: RefusedSignIn): Undone {
  return undone(STATUS[whose], problem, REMEDY[whose]);
}

function undone(status: Undone["status"], problem: string, remedy: string): Undone {
  return { kind: "undone", status, problem, remedy };
}
