// The MCP endpoint of one server: reads a request, says who asks in which session, has it judged, and forwards or refuses.
// The order below is the order in docs/life-of-a-call.md. Nothing goes upstream that was not judged here.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Gate } from "../gate/gate.ts";
import type { Call, Principal } from "../gate/types.ts";
import type { Continuations } from "./continuations.ts";
import type { Definition, Definitions } from "./definitions.ts";
import { refuseBody, refuseCall, refuseMessage, refuseSession } from "./http-refusals.ts";
import { type ClientMessage, type ClientNotification, type ClientRequest, parseClientMessage } from "./jsonrpc.ts";
import { checkHeaders, distinctHeadersOf, type Era, eraOf, eraOfHeaders } from "./message-headers.ts";
import { readJsonBody } from "./read-body.ts";
import { type Caller, createScreen } from "./screen.ts";
import type { SessionNames } from "./session-names.ts";
import type { Exchange, PostExchange, SessionRef, Upstream } from "./upstream.ts";
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

export function createEndpoint(options: EndpointOptions): Endpoint {
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

async function answerPost(options: EndpointOptions, arrived: Arrived): Promise<void> {
  const { incoming, outgoing, principal } = arrived;
  const { upstream, gate, sessionNames } = options;

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
  const headers = distinctHeadersOf(incoming);
  const era = eraOf(message, headers);
  const mismatch = checkHeaders(message, headers);
  if (mismatch !== undefined) return refuseMessage(outgoing, mismatch, idTextOf(message));

  // 2. which session
  const opens = message.kind === "request" && message.method === "initialize";
  const identified = sessionNames.identify({ headers: incoming.headers, era, principal: principal.id, opens });
  if (identified.kind !== "identified") return refuseSession(outgoing, identified);
  const { session } = identified;
  if (message.kind === "response") {
    // answers a request of the server's, which was judged when it was asked
    return upstream.post({ ...openExchange(options, arrived, session, era), message, body: body.bytes, ...UNCOUNTED });
  }

  // 3 to 6 and 9. complete, decide, limit, approve, record
  let definition: Definition | undefined;
  if (message.kind === "request" && message.tool !== undefined) {
    definition = options.definitions.known(session.name, message.tool);
    if (definition === undefined) {
      const exchange = openExchange(options, arrived, session, era);
      const metaText = era === "modern" ? message.metaText : undefined;
      definition = await options.definitions.lookup(message.tool, upstream, exchange, metaText);
    }
  }
  if (definition?.kind === "failed" && definition.sessionLost && session.kind === "issued") {
    return refuseSession(outgoing, { kind: "unknown", problem: definition.problem });
  }
  if (definition?.kind === "listed" && definition.paramHeaders.length > 0) {
    const fault = checkHeaders(message, headers, definition.paramHeaders);
    if (fault !== undefined) return refuseMessage(outgoing, fault, idTextOf(message));
  }
  if (isGone(outgoing, message)) return;
  const call = describeCall(options, session, principal, message, definition);
  const verdict = await gate.judge(call);
  if (verdict.kind !== "forward") return refuseCall(outgoing, verdict, call, message, era);
  const refund = (): void => {
    if (verdict.receipt !== undefined) gate.refund(verdict.receipt);
  };
  if (isGone(outgoing, message)) return refund();

  // 7 and 8. forward the judged bytes, filter the answer
  return upstream.post({
    incoming,
    outgoing,
    principal,
    session,
    era,
    screen: createScreen({
      gate,
      definitions: options.definitions,
      continuations: options.continuations,
      caller: call,
      call,
    }),
    message,
    body: body.bytes,
    onNothingWritten: refund,
    issueSessionId: (upstreamId) => sessionNames.issue(principal.id, upstreamId),
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

type Draft<T> = { -readonly [Key in keyof T]: T[Key] };

/** What the policy judges. */
function describeCall(
  options: EndpointOptions,
  session: SessionRef,
  principal: Principal,
  message: ClientRequest | ClientNotification,
  definition: Definition | undefined,
): Call {
  const { method, params } = message;
  const call: Draft<Call> = {
    server: options.server,
    direction: "to_server",
    method,
    session: session.name,
    principal,
  };
  if (options.mode === "observe") call.observed = true;
  if (message.kind === "notification" || message.tool === undefined) {
    if (params !== undefined) call.params = params;
    return call;
  }
  call.tool = message.tool;
  if (message.args !== undefined) call.args = message.args;
  if (definition?.kind === "listed") call.definition = definition.definition;
  if (definition?.kind === "failed") call.definitionProblem = definition.problem;
  if (options.arguments === "loose") call.looseArguments = true;
  if (options.continuations.use(call, params?.value)) call.continued = true;
  return call;
}

/** An exchange in which nothing is called. */
function openExchange(
  options: EndpointOptions,
  { incoming, outgoing, principal }: Arrived,
  session: SessionRef,
  era: Era,
): Exchange {
  const caller: Draft<Caller> = { server: options.server, session: session.name, principal };
  if (options.mode === "observe") caller.observed = true;
  const { gate, definitions, continuations } = options;
  const screen = createScreen({ gate, definitions, continuations, caller, call: undefined });
  return { incoming, outgoing, principal, session, era, screen };
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
