// The seam between the endpoint, which has parsed, attributed and judged a message, and the two kinds of upstream that
// carry it on. Types only. An upstream never judges and never changes a message from the client; what comes back from
// the server passes `screen` first.
import type { Principal } from "../gate/types.ts";
import type { ClientMessage } from "./jsonrpc.ts";
import type { Era } from "./message-headers.ts";
import type { Outgoing, RequestHead } from "./outgoing.ts";
import type { TraceHeaders } from "./tracing.ts";

/** The session of one exchange. `name` is what policy, log and buckets call it. */
export type SessionRef =
  /** No MCP session: the modern era, or a server that issues no ids. */
  | { readonly kind: "none"; readonly name: string }
  /** A session that the gate issued: `upstreamId` is the server's own id (for a stdio server, the gate's id of its child). */
  | { readonly kind: "issued"; readonly name: string; readonly upstreamId: string };

/** What becomes of one message that the server sent. */
export type Screened =
  /** `id` is that of the response that it is, where it is one to a request. */
  | { readonly kind: "pass"; readonly id?: string | number }
  /** Send this text in its place (a filtered list, a refused answer). */
  | { readonly kind: "replace"; readonly text: string }
  /** Keep it from the client: what it says can't be known, so it can't be screened. */
  | { readonly kind: "drop"; readonly problem: string }
  /** Keep it from the client, and answer the server with this JSON-RPC error (a denied sampling or elicitation request). */
  | { readonly kind: "refuse"; readonly replyText: string };

/** Judges and filters each JSON-RPC message from the server before the client sees it; `text` is one message, as received. */
export type Screen = ((text: string) => Screened | Promise<Screened>) & {
  /** Whether nothing may reach the client that it has not passed, not even the text of an HTTP error. */
  readonly isStrict?: () => boolean;
};

/** One HTTP exchange, cleared by the gate. */
export type Exchange = {
  readonly incoming: RequestHead;
  /** Not yet begun: the upstream writes status, headers and body. */
  readonly outgoing: Outgoing;
  readonly principal: Principal;
  readonly session: SessionRef;
  /** `modern` is 2026-07-28 and later: no initialize, no session ids. */
  readonly era: Era;
  readonly screen: Screen;
};

export type PostExchange = Exchange & {
  readonly message: ClientMessage;
  /** The judged bytes: exactly these go upstream. */
  readonly body: Uint8Array;
  /** Called at most once, and only where not one byte of the request was written upstream: tokens go back. */
  readonly onNothingWritten: () => void;
  /**
   * Asked right before the first byte of a request goes upstream, again where it goes out once more: what the client gets in
   * the place of an answer where the call must not go out any more.
   */
  readonly stopped?: () => string | undefined;
  /** Turns the server's new session id into the id that the client gets; for the answer to a legacy `initialize`. */
  readonly issueSessionId: (upstreamId: string) => string;
  /** Goes with it over HTTP, in the place of what the client sent; undefined where the gate draws no traces. */
  readonly traceHeaders?: TraceHeaders | undefined;
};

/** Answer to a request of the gate's own (such as tools/list): the whole JSON-RPC response message, or why there is none. */
export type OwnAnswer =
  | { readonly kind: "answered"; readonly text: string }
  /**
   * `sessionLost` where the server no longer knows the session: its client must initialize again. `status` where HTTP
   * itself was the refusal.
   */
  | { readonly kind: "failed"; readonly problem: string; readonly sessionLost?: boolean; readonly status?: number };

/** Names as they are configured. */
export type CredentialHeaders = Readonly<Record<string, string>>;

/** What the gate sends to a server to be let in. `principal`: the id of whose request it is; left out for nobody's, as a scan's. */
export interface Credentials {
  /** A promise where they have to be fetched first; it rejects where they can't be had, with a CredentialsFault that says why where that is for the caller to mend. */
  headers(principal?: string): CredentialHeaders | Promise<CredentialHeaders>;
  /** The server answered 401 to these: others, where there are any. Never rejects. Absent where they never change. */
  renew?(refused: CredentialHeaders, principal?: string): Promise<CredentialHeaders | undefined>;
  /** Why nothing of this principal's can go out, as it has not signed in; undefined where it can. Never rejects. Absent where all have the same. */
  missing?(principal?: string): string | undefined | Promise<string | undefined>;
}

export type UpstreamState =
  /** `processes` that run now. */
  | { readonly kind: "stdio"; readonly processes: number }
  /** `last_status`: of the last answer; absent where the last request got none. */
  | { readonly kind: "http"; readonly connections: number; readonly last_status?: number | undefined };

export interface Upstream {
  /** Forwards a POSTed message and answers on `outgoing`. Resolves when the exchange is over; never rejects for the upstream's faults. */
  post(exchange: PostExchange): Promise<void>;
  /** Opens or resumes (Last-Event-ID) the server-to-client stream of a GET. */
  stream(exchange: Exchange): Promise<void>;
  /** Ends the session of a DELETE. `ended` is called where the session is over. */
  end(exchange: Exchange, ended: () => void): Promise<void>;
  /**
   * Sends a request of the gate's own in the session of `exchange` (id chosen by the upstream, `params` as JSON text)
   * and waits for its answer, at most `timeoutMs`. Nothing of it reaches the client.
   */
  request(exchange: Exchange, method: string, paramsText: string, timeoutMs: number): Promise<OwnAnswer>;
  /** What is known of the server without asking it. */
  state(): UpstreamState;
  /** Ends all sessions and connections; resolves when child processes are gone. */
  close(): Promise<void>;
}
