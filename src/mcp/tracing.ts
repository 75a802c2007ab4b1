// What follows a client's message through the gate, for who draws it beside what the client and the server say of themselves.
// Types only. It is told what happens, decides nothing, and never throws.
import type { IncomingHttpHeaders } from "node:http";
import type { Call, Verdict } from "../gate/types.ts";
import type { ClientNotification, ClientRequest } from "./jsonrpc.ts";
import type { Outgoing } from "./outgoing.ts";
import type { Screen, SessionRef } from "./upstream.ts";

/** A message that is about to be judged. */
export type Traced = {
  readonly message: ClientRequest | ClientNotification;
  readonly session: SessionRef;
  readonly headers: IncomingHttpHeaders;
};

/** W3C Trace Context, as headers. */
export type TraceHeaders = { readonly traceparent: string; readonly tracestate: string | undefined };

export interface Tracing {
  begin(traced: Traced): CallTrace;
}

/** One message, from its judgement to the end of its answer. */
export interface CallTrace {
  judged(call: Call, verdict: Verdict): void;
  /** It goes to the server now. @returns what tells the server whose child its own work is */
  forwarded(): TraceHeaders;
  /** The same screen, looked at as the server's answer passes it. */
  watch(screen: Screen): Screen;
  /** It is over, however it ended. @param outgoing what its client got */
  end(outgoing: Outgoing): void;
}
