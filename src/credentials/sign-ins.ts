// Sign-ins that are under way: each begun by a principal for itself, finished once, within some minutes, with the code that its
// person came back with. The verifier of PKCE stays here: whoever sees the code on its way has no use for it.
import { randomBytes } from "node:crypto";
import { messageOf } from "../problem.ts";
import type { Begun } from "./authorization.ts";
import { placeOf, type SignInServer } from "./connection.ts";
import type { Connections } from "./connections.ts";

/** `state` names the sign-in: it goes to the authorization server, and must come back with the code. */
export type BegunSignIn =
  | { readonly kind: "begun"; readonly url: string; readonly state: string; readonly secondsLeft: number }
  | RefusedSignIn;

export type FinishedSignIn = { readonly kind: "signed_in"; readonly scope: string | undefined } | RefusedSignIn;

/** `whose`: whose fault it is: the request's, the principal's who has too many, or beyond the gate. */
export type RefusedSignIn = {
  readonly kind: "refused";
  readonly whose: "request" | "too_many" | "beyond";
  readonly problem: string;
};

export type Returned = {
  readonly state: string;
  readonly code: string;
  /** What the authorization server says that it is (RFC 9207). */
  readonly iss: string | undefined;
};

export interface SignIns {
  /** @param redirectUri where the person's browser is sent back to, on the person's machine */
  begin(server: SignInServer, principal: string, redirectUri: string): Promise<BegunSignIn>;
  finish(server: SignInServer, principal: string, returned: Returned): Promise<FinishedSignIn>;
}

export type SignInsOptions = {
  readonly connections: Pick<Connections, "take">;
  readonly unixMs: () => number;
  readonly monotonicMs: () => number;
  readonly log: (line: string) => void;
};

type Flow = {
  readonly principal: string;
  readonly place: string;
  readonly redirectUri: string;
  readonly untilMs: number;
  /** Undefined once it was used, or while it begins. */
  begun: Begun | undefined;
  used: boolean;
};

const LIFETIME_MS = 600_000;
/** Begun by one principal within that time, and by all: each asks the authorization server to know a client. */
const MAX_OF_PRINCIPAL = 10;
const MAX_OF_ALL = 1_000;
/** On this machine alone (RFC 8252 7.3); `localhost` may be another's. */
const REDIRECT = /^http:\/\/(?:127\.0\.0\.1|\[::1\]):\d{1,5}\/callback$/;

export function createSignIns({ connections, unixMs, monotonicMs, log }: SignInsOptions): SignIns {
  const flows = new Map<string, Flow>();

  function prune(): void {
    const nowMs = monotonicMs();
    for (const [state, { untilMs }] of flows) if (untilMs <= nowMs) flows.delete(state);
  }

  function beyond({ key }: SignInServer, what: "begun" | "finished", problem: string): RefusedSignIn {
    log(`${key}: a sign-in can't be ${what}: ${problem}`);
    return refused("beyond", problem);
  }

  return {
    async begin(server, principal, redirectUri) {
      if (!REDIRECT.test(redirectUri) || !URL.canParse(redirectUri))
        return refused("request", "redirect_uri must be http://127.0.0.1:PORT/callback, or the same on [::1]");
      prune();
      const own = [...flows.values()].filter((flow) => flow.principal === principal);
      if (own.length >= MAX_OF_PRINCIPAL || flows.size >= MAX_OF_ALL)
        return refused("too_many", "too many sign-ins were begun in the last 10 minutes: try again later");
      const state = randomBytes(32).toString("base64url");
      const untilMs = monotonicMs() + LIFETIME_MS;
      // from now on, so that those which fail count as well
      const flow: Flow = { principal, place: placeOf(server), redirectUri, untilMs, begun: undefined, used: false };
      flows.set(state, flow);
      const { beginAuthorization } = await import("./authorization.ts");
      const answer = await beginAuthorization(server, { redirectUri, state });
      if (answer.kind === "failed") return beyond(server, "begun", answer.problem);
      flow.begun = answer.begun;
      return { kind: "begun", url: answer.begun.url.href, state, secondsLeft: LIFETIME_MS / 1_000 };
    },
    async finish(server, principal, { state, code, iss }) {
      prune();
      const flow = flows.get(state);
      // another's is not told from none
      if (flow === undefined || flow.principal !== principal || flow.place !== placeOf(server))
        return refused("request", "no sign-in of this state is under way: begin again");
      const { begun } = flow;
      if (flow.used || begun === undefined)
        return refused("request", "this sign-in was used already, and a code counts once: begin again");
      flow.used = true;
      flow.begun = undefined;
      const { issuer, namesIssuer } = begun;
      if (iss === undefined ? namesIssuer : iss !== issuer.issuer) {
        log(`${server.key}: a sign-in came back from another authorization server than it went to, and is refused`);
        return refused("beyond", "the code is not of the authorization server that was asked (iss): begin again");
      }
      const { exchangeCode } = await import("./authorization.ts");
      const got = await exchangeCode(server, begun, { code, redirectUri: flow.redirectUri }, unixMs());
      if (got.kind === "failed") return beyond(server, "finished", got.problem);
      const { tokens } = got;
      const { client, resource } = begun;
      try {
        const sinceUnixMs = unixMs();
        connections.take(server, principal, { issuer, ...(client && { client }), resource, sinceUnixMs, tokens });
        return { kind: "signed_in", scope: tokens.scope };
      } catch (error) {
        return beyond(server, "finished", `the gate can't write it down: ${messageOf(error)}`);
      }
    },
  };
}

function refused(whose: RefusedSignIn["whose"], problem: string): RefusedSignIn {
  return { kind: "refused", whose, problem };
}
