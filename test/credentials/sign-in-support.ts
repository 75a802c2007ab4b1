// A server that people sign in to, a browser for them, and what a gate keeps of it: the real parts, on a state folder of the test's.
import { z } from "zod";
import type { SignInServer } from "../../src/credentials/connection.ts";
import { createConnections } from "../../src/credentials/connections.ts";
import { createSignIns } from "../../src/credentials/sign-ins.ts";
import type { ConnectionDesk } from "../../src/http/connections-api.ts";
import { openState } from "../../src/state/state.ts";
import { startHttpFixture } from "../e2e/harness-fixtures.ts";
import { makeTempDir, whenDone } from "../e2e/harness-process.ts";

const notExpected = (): never => {
  throw new Error("not expected");
};

/** What nobody asks for. */
export const NO_CONNECTIONS: ConnectionDesk = {
  list: notExpected,
  begin: notExpected,
  finish: notExpected,
  remove: notExpected,
};

export const REDIRECT = "http://127.0.0.1:9/callback";

const SEEN = z.object({
  messages: z.array(z.string()),
  grants: z.array(z.string()),
  registered: z.int(),
  secrets: z.array(z.string()),
  resources: z.array(z.string()),
  revoked: z.int(),
});

/** test/fixtures/sign-in-server.mjs. */
export async function startSignInServer() {
  const { url } = await startHttpFixture("sign-in-server.mjs");
  const control = new URL("/control", url);
  return {
    url,
    base: control.origin,
    seen: async () => SEEN.parse(await (await fetch(control)).json()),
    async behave(how: Readonly<Record<string, unknown>>): Promise<void> {
      const headers = { "content-type": "application/json" };
      const answer = await fetch(control, { method: "POST", headers, body: JSON.stringify(how) });
      if (!answer.ok) throw new Error(`the fixture answered ${answer.status}`);
    },
  };
}

/** Signs in as `login`, as far as the browser is sent back. */
export async function browse(url: string, login: string): Promise<URL> {
  const answer = await fetch(`${url}&login=${login}`, { redirect: "manual" });
  return new URL(answer.headers.get("location") ?? "about:blank");
}

/** What the browser came back with. */
export function returnedIn({ searchParams: given }: URL) {
  return { state: given.get("state") ?? "", code: given.get("code") ?? "", iss: given.get("iss") ?? undefined };
}

/** Sign-ins to a server on a state folder, with a clock that is set. */
export function startConnections(url: string, dir = makeTempDir()) {
  const state = openState(dir);
  let isOpen = true;
  const close = (): void => {
    if (isOpen) state.close();
    isOpen = false;
  };
  whenDone(close);
  const clock = { ms: Date.now() };
  const log: string[] = [];
  const parts = { unixMs: () => clock.ms, log: (line: string) => void log.push(line) };
  const connections = createConnections({
    store: state.connections,
    key: () => state.secretKey("connections"),
    ...parts,
  });
  const signIns = createSignIns({ connections, monotonicMs: () => clock.ms, ...parts });
  const server: SignInServer = { key: "notes", url, signIn: { client: undefined, scope: undefined } };
  return {
    dir,
    state,
    close,
    clock,
    log,
    server,
    connections,
    signIns,
    async begin(principal: string, to = server) {
      const begun = await signIns.begin(to, principal, REDIRECT);
      if (begun.kind === "refused") throw new Error(begun.problem);
      return begun;
    },
    /** Signs in, whole. */
    async signIn(principal: string, login = principal): Promise<void> {
      const begun = await this.begin(principal);
      const finished = await signIns.finish(server, principal, returnedIn(await browse(begun.url, login)));
      if (finished.kind === "refused") throw new Error(finished.problem);
    },
    token: async (principal: string) => connections.tokensOf(server, principal).current(),
  };
}
