// Where the person's browser comes back to after a sign-in: a port of this machine's own loopback (RFC 8252), open for this one
// sign-in. What comes with another `state` is turned away and ends nothing: any page can send a browser here.
import { timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What the browser came back with. */
export type Comeback =
  | { readonly kind: "code"; readonly code: string; readonly iss: string | undefined }
  /** `error` as the authorization server calls it, as in `access_denied`. */
  | { readonly kind: "refused"; readonly error: string }
  | { readonly kind: "late" };

export interface Loopback {
  readonly redirectUri: string;
  /** The first that comes with this state; nothing else does from then on. */
  comeback(state: string, patienceMs: number): Promise<Comeback>;
  close(): void;
}

const PATH = "/callback";
const HEADERS = {
  "content-type": "text/plain; charset=utf-8",
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  connection: "close",
};
const ERROR = /^[a-z_]{1,64}$/;

export async function openLoopback(): Promise<Loopback> {
  let waiting: { readonly state: string; readonly done: (comeback: Comeback) => void } | undefined;
  const server = createServer((incoming, outgoing) => {
    const found = readComeback(incoming, host, waiting?.state);
    if (found.kind === "turned_away") return say(outgoing, found.status, found.problem);
    const done = waiting?.done;
    waiting = undefined;
    say(outgoing, 200, "Regate has what it needs. You can close this window: the terminal says how it went.");
    done?.(found);
  });
  await new Promise<void>((listening, failed) => {
    server.once("error", failed);
    server.listen(0, "127.0.0.1", listening);
  });
  const { port } = server.address() as AddressInfo;
  const host = `127.0.0.1:${port}`;
  return {
    redirectUri: `http://${host}${PATH}`,
    comeback(state, patienceMs) {
      return new Promise((resolve) => {
        const timer = setTimeout(() => resolve({ kind: "late" }), patienceMs);
        waiting = {
          state,
          done: (comeback) => {
            clearTimeout(timer);
            resolve(comeback);
          },
        };
      });
    },
    close() {
      server.close();
      server.closeIdleConnections();
    },
  };
}

type TurnedAway = { readonly kind: "turned_away"; readonly status: number; readonly problem: string };

function readComeback(
  { method, url = "", headers }: IncomingMessage,
  host: string,
  state: string | undefined,
): Comeback | TurnedAway {
  const turnedAway = (status: number, problem: string): TurnedAway => ({ kind: "turned_away", status, problem });
  // a name that was bound to this address anew is not ours
  if (headers.host !== host) return turnedAway(403, "This is not where a sign-in comes back to.");
  const target = URL.canParse(url, `http://${host}`) ? new URL(url, `http://${host}`) : undefined;
  if (method !== "GET" || target?.pathname !== PATH) return turnedAway(404, "There is nothing here.");
  const { searchParams: given } = target;
  if (["state", "code", "error", "iss"].some((name) => given.getAll(name).length > 1))
    return turnedAway(400, "A parameter stands there twice.");
  if (state === undefined || !isSame(given.get("state") ?? "", state))
    return turnedAway(400, "This is not the sign-in that regate connect waits for, or it came back already.");
  const [code, error] = [given.get("code"), given.get("error")];
  if (error !== null) return { kind: "refused", error: ERROR.test(error) ? error : "an error that can't be shown" };
  if (code === null || code === "") return turnedAway(400, "There is no code in this address.");
  return { kind: "code", code, iss: given.get("iss") ?? undefined };
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function say(outgoing: ServerResponse, status: number, text: string): void {
  outgoing.writeHead(status, HEADERS).end(`${text}\n`);
}
