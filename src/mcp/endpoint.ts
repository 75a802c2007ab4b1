// The MCP endpoint of one server: reads a request, says who asks in which session, has it judged, and forwards or refuses.
// The order below is the order in docs/life-of-a-call.md. Nothing goes upstream that was not judged here.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Gate } from "../gate/gate.ts";
import type { Call, Principal } from "../gate/types.ts";
import type { Continuations } from "./continuations.ts";
import type { Definition, Definitions } from "./definitions.ts";
import { createHold } from "./hold.ts";
import { createHolds, type Holds } from "./holds.ts";
import { refuseBody, refuseCall, refuseCancelled, refuseMessage, refuseSession } from "./http-refusals.ts";
import { type ClientMessage, type ClientNotification, type ClientRequest, parseClientMessage } from "./jsonrpc.ts";
import { checkHeaders, type Era, eraOf, eraOfHeaders } from "./message-headers.ts";
import { readJsonBody } from "./read-body.ts";
import { type Caller, createScreen } from "./screen.ts";
import type { SessionNames } from "./session-names.ts";
import type { Exchange, PostExchange, SessionRef, Upstream } from "./upstream.ts";
import { createUrlAskers, type UrlAskers } from "./url-askers.ts";
import { writeEmpty } from "./write-answer.ts";

export type EndpointOptions = {
  /** The server's name in policy and log. */
  readonly server: string;
  readonly upstream: Upstream;
  readonly gate: Gate;
  readonly sessionNames: SessionNames;
  readonly definitions: Definitions;
  readonly continuations: Continuations;
  /** Whether arguments are held against the reviewed inputSchema of their tool. */
  readonly arguments: "checked" | "loose";
  /** Observed, whatever the policy refuses goes out all the same; what is no message of one session does not. */
  readonly mode: "enforce" | "observe";
  readonly maxBodyBytes: number;
  readonly maxDepth: number;
};

/** Answers one HTTP request on `outgoing`; resolves when the exchange is over, and rejects only for bugs. */
export type Endpoint = (incoming: IncomingMessage, outgoing: ServerResponse, principal: Principal) => Promise<void>;

type Arrived = { readonly incoming: IncomingMessage; readonly outgoing: ServerResponse; readonly principal: Principal };

/** With the tables of what is under way at one endpoint. */
type Tables = EndpointOptions & { readonly holds: Holds; readonly urlAskers: UrlAskers };

export function createEndpoint(given: EndpointOptions): Endpoint {
  const options: Tables = { ...given, holds: createHolds(), urlAskers: createUrlAskers() };
  return async (incoming, outgoing, principal) => {
    switch (incoming.method) {
      case "POST":
        return answerPost(options, { incoming, outgoing, principal });
      case "GET":
      case "DELETE":
        return answerSession(options, { incoming, outgoing, principal });
      default:
        writeEmpty(outgoing, 405, { allow: "GET, POST, DELETE" });
    }
  };
}

async function answerPost(options: Tables, arrived: Arrived): Promise<void> {
  const { incoming, outgoing, principal } = arrived;
  const { upstream, gate, sessionNames, holds, urlAskers } = options;

  // 1. parse strictly
  const body = await readJsonBody(incoming, options.maxBodyBytes);
  if (body.kind === "gone") return;
  if (body.kind === "refused") return refuseBody(incoming, outgoing, body);
  const message = parseClientMessage(body.bytes, { maxBytes: options.maxBodyBytes, maxDepth: options.maxDepth });
  if (message.kind === "refused") {
    return refuseMessage(
      outgoing,
      { status: 400, code: message.code, problem: message.problem },
      JSON.stringify(message.id),
    );
  }
  const era = eraOf(message, incoming.headersDistinct);
  const mismatch = checkHeaders(message, incoming.headersDistinct);
  if (mismatch !== undefined) return refuseMessage(outgoing, mismatch, idTextOf(message));

  // 2. which session
  const opens = message.kind === "request" && message.method === "initialize";
  const identified = sessionNames.identify({ headers: incoming.headers, era, principal: principal.id, opens });
  if (identified.kind !== "identified") return refuseSession(outgoing, identified);
  const exchange = openExchange(options, arrived, identified.session, era);
  if (message.kind === "response") {
    if (holds.takes(identified.session.name, message)) return writeEmpty(outgoing, 202);
    // answers a request of the server's, which was judged when it was asked
    return upstream.post({ ...exchange, message, body: body.bytes, ...UNCOUNTED });
  }

  // 3 to 6 and 9. complete, decide, limit, approve, record
  const lookup = async () =>
    message.kind === "request" && message.tool !== undefined
      ? await options.definitions.lookup(
          message.tool,
          upstream,
          exchange,
          era === "modern" ? message.metaText : undefined,
        )
      : undefined;
  const definition = await lookup();
  if (definition?.kind === "failed" && definition.sessionLost && identified.session.kind === "issued") {
    return refuseSession(outgoing, { kind: "unknown", problem: definition.problem });
  }
  if (definition?.kind === "listed" && definition.paramHeaders.length > 0) {
    const fault = checkHeaders(message, incoming.headersDistinct, definition.paramHeaders);
    if (fault !== undefined) return refuseMessage(outgoing, fault, idTextOf(message));
  }
  if (isGone(outgoing, message)) return;
  const call = describeCall(options, exchange, message, definition);
  const cancelsHeld = message.kind === "notification" && holds.cancel(identified.session.name, message);
  const hold = createHold({
    exchange,
    message,
    server: options.server,
    holds,
    urlAskers,
    definition: () => lookup().then(hashOf),
  });
  const verdict = await gate.judge(call, hold.waiter);
  const answering = { ...exchange, outgoing: hold.end(verdict) };
  if (verdict.kind !== "forward") return refuseCall(answering.outgoing, verdict, call, message, era);
  const refund = (): void => gate.refund(verdict);
  if (isGone(outgoing, message)) return refund();
  if (hold.isLeft() && message.kind === "request") {
    refund();
    return refuseCancelled(answering.outgoing, message);
  }
  if (cancelsHeld) {
    // what never went to the server can't be cancelled there
    refund();
    return writeEmpty(outgoing, 202);
  }

  // 7 and 8. forward the judged bytes, filter the answer
  return upstream.post({
    ...answering,
    screen: screenOf(options, exchange, call),
    message,
    body: body.bytes,
    onNothingWritten: refund,
    issueSessionId(upstreamId) {
      const { id, name } = sessionNames.issue(principal.id, upstreamId);
      if (opens) urlAskers.learn(name, message.params?.value);
      return id;
    },
  });
}

/** GET opens or resumes a stream, DELETE ends the session. */
async function answerSession(options: EndpointOptions, arrived: Arrived): Promise<void> {
  const { incoming, outgoing, principal } = arrived;
  const era = eraOfHeaders(incoming.headersDistinct);
  const caller = { headers: incoming.headers, era, principal: principal.id, opens: false };
  const identified = options.sessionNames.identify(caller);
  if (identified.kind !== "identified") return refuseSession(outgoing, identified);
  const { session } = identified;
  const exchange = openExchange(options, arrived, session, era);
  if (incoming.method === "GET") return options.upstream.stream(exchange);
  return options.upstream.end(exchange, () => {
    if (session.kind === "issued") options.sessionNames.end(session.name);
    options.definitions.forget(session.name);
  });
}

/** What the policy judges. */
function describeCall(
  options: EndpointOptions,
  exchange: Exchange,
  message: ClientRequest | ClientNotification,
  definition: Definition | undefined,
): Call {
  const { method, params } = message;
  const caller = { ...callerOf(options, exchange), direction: "to_server", method } as const;
  if (message.kind === "notification" || message.tool === undefined) {
    return { ...caller, ...(params !== undefined && { params }) };
  }
  const { tool, args } = message;
  const call: Call = {
    ...caller,
    tool,
    ...(args !== undefined && { args }),
    ...(definition?.kind === "listed" && { definition: definition.definition }),
    ...(definition?.kind === "failed" && { definitionProblem: definition.problem }),
    ...(options.arguments === "loose" && { looseArguments: true }),
  };
  return options.continuations.use(call, params?.value) ? { ...call, continued: true } : call;
}

function openExchange(options: EndpointOptions, arrived: Arrived, session: SessionRef, era: Era): Exchange {
  const bare = { ...arrived, session, era };
  return { ...bare, screen: screenOf(options, bare, undefined) };
}

function screenOf(
  options: EndpointOptions,
  exchange: Omit<Exchange, "screen">,
  call: Call | undefined,
): Exchange["screen"] {
  const { gate, definitions, continuations } = options;
  return createScreen({ gate, definitions, continuations, caller: callerOf(options, exchange), call });
}

function callerOf(options: EndpointOptions, exchange: Omit<Exchange, "screen">): Caller {
  const { server, mode } = options;
  const caller = { server, session: exchange.session.name, principal: exchange.principal };
  return mode === "observe" ? { ...caller, observed: true } : caller;
}

function hashOf(definition: Definition | undefined): string | undefined {
  return definition?.kind === "listed" ? definition.definition.sha256 : undefined;
}

/** A request whose client left is not carried out; what is no request takes effect though nobody waits for it. */
function isGone(outgoing: ServerResponse, message: ClientMessage): boolean {
  return outgoing.destroyed && message.kind === "request";
}

function idTextOf(message: ClientMessage): string {
  return message.kind === "notification" ? "null" : message.idText;
}

/** A response takes no tokens and opens no session. */
const UNCOUNTED: Pick<PostExchange, "onNothingWritten" | "issueSessionId"> = {
  onNothingWritten: () => {},
  issueSessionId: () => {
    throw new Error("a response opens no session");
  },
};
