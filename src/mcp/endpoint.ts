// The MCP endpoint of one server: reads a request, says who asks in which session, has it judged, and forwards or refuses.
// The order below is the order in docs/life-of-a-call.md. Nothing goes upstream that was not judged here.
import type { Gate, Waiter } from "../gate/gate.ts";
import type { Call, Draft, Overload, Place, Principal, Verdict } from "../gate/types.ts";
import type { AnswerJudge } from "./answers.ts";
import type { Continuations } from "./continuations.ts";
import type { Definition, Definitions } from "./definitions.ts";
import { atExpiry } from "./expiry.ts";
import { createHold } from "./hold.ts";
import { createHolds, type Holds } from "./holds.ts";
import {
  refuseBody,
  refuseCall,
  refuseCancelled,
  refuseMessage,
  refuseSession,
  refuseSignedOut,
} from "./http-refusals.ts";
import { createInFlight, type InFlight, type InFlightCaps, overloaded, type Slot } from "./in-flight.ts";
import { type ClientMessage, type ClientNotification, type ClientRequest, parseClientMessage } from "./jsonrpc.ts";
import { checkBodiless, checkHeaders, distinctHeadersOf, type Era, eraOf, eraOfHeaders } from "./message-headers.ts";
import { describeListed } from "./misspelt.ts";
import type { Incoming, Outgoing, RequestHead } from "./outgoing.ts";
import { readJsonBody } from "./read-body.ts";
import { createRecentCalls, type RecentCalls } from "./recent-calls.ts";
import { refusal } from "./refusal.ts";
import { type Caller, createScreen } from "./screen.ts";
import type { SessionNames } from "./session-names.ts";
import type { CallTrace, Tracing } from "./tracing.ts";
import type { Credentials, Exchange, PostExchange, SessionRef, Upstream } from "./upstream.ts";
import { createUrlAskers, type UrlAskers } from "./url-askers.ts";
import { writeEmpty } from "./write-answer.ts";

export type EndpointOptions = {
  /** The server's name in policy and log. */
  readonly server: string;
  readonly place: Place;
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
  /** Requests that may be under way at a time. */
  readonly inFlight: InFlightCaps;
  /** Where principals sign in to the server: whoever has not is told so, and nothing of it is judged. */
  readonly signedOut?: Credentials["missing"];
  /** Judges answers by the policy's rules for them; where there is none, they pass. */
  readonly answers?: AnswerJudge;
  /** Draws what becomes of each message, for who collects that. */
  readonly tracing?: Tracing | undefined;
};

/**
 * Answers one HTTP request on `outgoing`; resolves when the exchange is over, and rejects only for bugs.
 * @param expiresUnixMs when what proved the principal does so no longer; undefined: it always will
 */
export type Endpoint = (
  incoming: Incoming,
  outgoing: Outgoing,
  principal: Principal,
  expiresUnixMs?: number,
) => Promise<void>;

/** One request whose body was read already, of a client that has one session with several servers. */
export type SharedRequest = {
  readonly incoming: RequestHead;
  readonly outgoing: Outgoing;
  readonly principal: Principal;
  /** As in Endpoint. */
  readonly expiresUnixMs?: number | undefined;
  /** Exactly what came, or what was made of it: it is parsed, judged and forwarded as if it had come so. Empty where there is none. */
  readonly body: Uint8Array;
  /** The session, by its name (32 hexadecimal digits), that one opened by `initialize` is part of, or one ended by DELETE was. */
  readonly session?: string | undefined;
  /** It is over a cap that counts requests to other servers too. */
  readonly overload?: Overload | undefined;
};

export type ServerEndpoint = Endpoint & {
  /** The same for a client within the gate. */
  readonly shared: (request: SharedRequest) => Promise<void>;
};

type Arrived = Omit<SharedRequest, "body">;

/** With the tables of what is under way at one endpoint. */
type Tables = Omit<EndpointOptions, "inFlight"> & {
  readonly holds: Holds;
  readonly urlAskers: UrlAskers;
  readonly inFlight: InFlight;
  readonly recent: RecentCalls;
};

/** Its stream is open for as long as the client wants. */
const LISTENING = "subscriptions/listen";
const NO_BODY = new Uint8Array();
/** Of one call whose tool becomes another one each time. */
const MAX_JUDGEMENTS = 3;
const MISSPELT_NAME = "the server lists no tool of this name, but one that it could be taken for";
const CHANGING: Definition = {
  kind: "failed",
  problem: "the tool's definition changed while the call was judged",
  sessionLost: false,
};

export function createEndpoint(given: EndpointOptions): ServerEndpoint {
  const inFlight = createInFlight(given.inFlight);
  const options: Tables = {
    ...given,
    holds: createHolds(),
    urlAskers: createUrlAskers(),
    inFlight,
    recent: createRecentCalls(),
  };
  const endpoint: Endpoint = async (incoming, outgoing, principal, expiresUnixMs) => {
    const arrived = { incoming, outgoing, principal, expiresUnixMs };
    if (incoming.method !== "POST") return answer(options, arrived, NO_BODY);
    const body = await readJsonBody(incoming, options.maxBodyBytes);
    if (body.kind === "gone") return;
    if (body.kind === "refused") return refuseBody(incoming, outgoing, body);
    return answer(options, arrived, body.bytes);
  };
  return Object.assign(endpoint, {
    shared: ({ body, ...arrived }: SharedRequest) => answer(options, arrived, body),
  });
}

async function answer(options: Tables, arrived: Arrived, body: Uint8Array): Promise<void> {
  switch (arrived.incoming.method) {
    case "POST":
      return answerPost(options, arrived, body);
    case "GET":
    case "DELETE":
      return answerSession(options, arrived);
    default:
      writeEmpty(arrived.outgoing, 405, { allow: "GET, POST, DELETE" });
  }
}

async function answerPost(options: Tables, arrived: Arrived, body: Uint8Array): Promise<void> {
  const { incoming, outgoing, principal } = arrived;
  const { upstream, sessionNames, holds } = options;

  // 1. parse strictly
  const message = parseClientMessage(body, { maxBytes: options.maxBodyBytes, maxDepth: options.maxDepth });
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

  // 2. which session, of one who may have any
  const asking = options.signedOut?.(principal.id);
  const signedOut = asking instanceof Promise ? await asking : asking;
  if (signedOut !== undefined)
    return refuseSignedOut(outgoing, signedOut, message.kind === "request" ? message : undefined);
  const opens = message.kind === "request" && message.method === "initialize";
  const naming = sessionNames.identify({ headers: incoming.headers, era, principal: principal.id, opens });
  const identified = naming instanceof Promise ? await naming : naming;
  if (identified.kind !== "identified") return refuseSession(outgoing, identified);
  const { session } = identified;
  if (message.kind === "response") {
    if (holds.takes(session.name, message)) return writeEmpty(outgoing, 202);
    // answers a request of the server's, which was judged when it was asked
    return upstream.post({ ...openExchange(options, arrived, session, era), message, body, ...UNCOUNTED });
  }

  const { overload } = arrived;
  const slot = overload === undefined ? options.inFlight.enter(session.name, message) : overloaded(overload);
  const trace = options.tracing?.begin({ message, session, headers: incoming.headers });
  try {
    await carryOut(options, arrived, { message, body, headers, era, session, slot, trace });
  } finally {
    slot.leave();
    trace?.end(outgoing);
  }
}

type Request = {
  readonly message: ClientRequest | ClientNotification;
  readonly body: Uint8Array;
  readonly headers: ReturnType<typeof distinctHeadersOf>;
  readonly era: Era;
  readonly session: SessionRef;
  readonly slot: Slot;
  readonly trace: CallTrace | undefined;
};

/** From the message in its session to the end of its answer. */
async function carryOut(options: Tables, arrived: Arrived, request: Request): Promise<void> {
  const { incoming, outgoing, principal, expiresUnixMs } = arrived;
  const { upstream, gate, sessionNames, holds, urlAskers } = options;
  const { message, body, headers, era, session, slot, trace } = request;

  // 3 to 6 and 9. complete, decide, limit, approve, record
  const definition =
    message.kind === "request" && message.tool !== undefined && slot.overload === undefined
      ? (options.definitions.known(session.name, message.tool) ??
        (await findDefinition(options, openExchange(options, arrived, session, era), message)))
      : undefined;
  if (definition?.kind === "failed" && definition.sessionLost && session.kind === "issued") {
    return refuseSession(outgoing, { kind: "unknown", problem: definition.problem });
  }
  if (definition?.kind === "listed" && definition.paramHeaders.length > 0) {
    const fault = checkHeaders(message, headers, definition.paramHeaders);
    if (fault !== undefined) return refuseMessage(outgoing, fault, idTextOf(message));
  }
  if (isGone(outgoing, message)) return;
  const cancelsHeld = message.kind === "notification" && holds.cancel(session.name, message);
  const exchange = openExchange(options, arrived, session, era);
  const hold = createHold({
    exchange,
    message,
    server: options.server,
    holds,
    urlAskers,
    slot,
    expiresUnixMs,
    definition: () => findDefinition(options, exchange, message).then(hashOf),
  });
  const first = describeCall(options, session, principal, message, definition, slot.overload);
  const { call, verdict } = await judge(options, exchange, message, first, hold.waiter);
  trace?.judged(call, verdict);
  const answered = hold.end(verdict);
  slot.resumed();
  if (verdict.kind !== "forward") return refuseCall(answered, verdict, call, message, era);
  const refund = (): void => gate.refund(verdict);
  if (isGone(outgoing, message)) return refund();
  if (hold.isLeft() && message.kind === "request") {
    refund();
    return refuseCancelled(answered, message);
  }
  if (cancelsHeld) {
    // what never went to the server can't be cancelled there
    refund();
    return writeEmpty(outgoing, 202);
  }

  // 7 and 8. forward the judged bytes, filter the answer
  if (message.method === LISTENING) endWithToken(arrived);
  const expects = message.kind === "request" ? { id: message.id } : "none";
  const screen = screenOf(options, session, principal, era, { expects, call, verdict });
  return upstream.post({
    incoming,
    outgoing: answered,
    principal,
    session,
    era,
    screen: trace === undefined ? screen : trace.watch(screen),
    message,
    body,
    onNothingWritten: refund,
    stopped() {
      const refused = gate.stops(call, verdict);
      return refused && refusal(refused, call, idTextOf(message), era);
    },
    issueSessionId(upstreamId) {
      const { id, name } = sessionNames.issue(principal.id, upstreamId, arrived.session);
      // the server may have had a session in the same one before
      if (arrived.session !== undefined) options.definitions.forget(name);
      if (message.method === "initialize") urlAskers.learn(name, message.params?.value);
      return id;
    },
    traceHeaders: trace?.forwarded(),
  });
}

/** GET opens or resumes a stream, DELETE ends the session. */
async function answerSession(options: Tables, arrived: Arrived): Promise<void> {
  const { incoming, outgoing, principal } = arrived;
  const mismatch = checkBodiless(incoming.headersDistinct);
  if (mismatch !== undefined) return refuseMessage(outgoing, mismatch, "null");
  const asking = options.signedOut?.(principal.id);
  const signedOut = asking instanceof Promise ? await asking : asking;
  if (signedOut !== undefined) return refuseSignedOut(outgoing, signedOut, undefined);
  const era = eraOfHeaders(incoming.headersDistinct);
  const caller = { headers: incoming.headers, era, principal: principal.id, opens: false };
  const naming = options.sessionNames.identify(caller);
  const identified = naming instanceof Promise ? await naming : naming;
  if (identified.kind !== "identified") return refuseSession(outgoing, identified);
  const { session } = identified;
  const exchange = openExchange(options, arrived, session, era);
  if (incoming.method === "GET") {
    endWithToken(arrived);
    return options.upstream.stream(exchange);
  }
  return options.upstream.end(exchange, () => {
    // the session that this one is part of goes on
    if (session.kind === "issued" && arrived.session === undefined) options.sessionNames.end(session.name);
    options.definitions.forget(session.name);
  });
}

/** @returns undefined for what is no call of a tool */
async function findDefinition(
  { definitions, upstream }: Tables,
  exchange: Exchange,
  message: ClientRequest | ClientNotification,
): Promise<Definition | undefined> {
  if (message.kind !== "request" || message.tool === undefined) return undefined;
  return definitions.lookup(message.tool, upstream, exchange, exchange.era === "modern" ? message.metaText : undefined);
}

/**
 * Judges once more where the tool became another one meanwhile: tokens, approvals and the record take time, and what goes
 * out has to be a call of the tool that was judged.
 */
async function judge(
  options: Tables,
  exchange: Exchange,
  message: ClientRequest | ClientNotification,
  first: Call,
  waiter: Waiter,
): Promise<{ readonly call: Call; readonly verdict: Verdict }> {
  const { gate, definitions } = options;
  let call = first;
  for (let attempt = 1; ; attempt += 1) {
    const judging = gate.judge(call, waiter);
    const verdict = judging instanceof Promise ? await judging : judging;
    const { tool, session, definition } = call;
    if (verdict.kind !== "forward" || tool === undefined || call.definitionProblem !== undefined)
      return { call, verdict };
    if (definitions.counts(session, tool, definition?.sha256)) return { call, verdict };
    const now = attempt < MAX_JUDGEMENTS ? await findDefinition(options, exchange, message) : CHANGING;
    const sha256 = now?.kind === "listed" ? now.definition.sha256 : undefined;
    if (now?.kind !== "failed" && sha256 === definition?.sha256) return { call, verdict };
    gate.refund(verdict);
    // what it wants in headers was not held against this request
    const isOtherwise = now?.kind === "listed" && now.paramHeaders.length > 0;
    call = withDefinition(call, isOtherwise ? CHANGING : now);
  }
}

function withDefinition(call: Call, definition: Definition | undefined): Call {
  const { definition: _, misspelt: __, ...bare } = call;
  return { ...bare, ...defined(bare, definition) };
}

function defined(
  call: Call,
  definition: Definition | undefined,
): Pick<Call, "definition" | "definitionProblem" | "misspelt"> {
  switch (definition?.kind) {
    case undefined:
      return {};
    case "failed":
      return { definitionProblem: definition.problem };
    case "absent":
      return definition.misspelt === true ? { misspelt: MISSPELT_NAME } : {};
    case "listed":
      return describeListed(definition.definition, call);
  }
}

/** What the policy judges. */
function describeCall(
  options: Tables,
  session: SessionRef,
  principal: Principal,
  message: ClientRequest | ClientNotification,
  definition: Definition | undefined,
  overload: Overload | undefined,
): Call {
  const { method, params } = message;
  const call: Draft<Call> = {
    server: options.server,
    place: options.place,
    direction: "to_server",
    method,
    session: session.name,
    principal,
  };
  if (options.mode === "observe") call.observed = true;
  if (overload !== undefined) call.overload = overload;
  if (message.kind === "notification" || message.tool === undefined) {
    if (params !== undefined) call.params = params;
    return call;
  }
  call.tool = message.tool;
  if (params !== undefined) call.wholeParams = params;
  if (message.args !== undefined) call.args = message.args;
  if (options.arguments === "loose") call.looseArguments = true;
  Object.assign(call, defined(call, definition));
  if (overload === undefined && options.continuations.use(call, params?.value)) call.continued = true;
  return call;
}

/** An exchange in which nothing is called. */
function openExchange(
  options: Tables,
  { incoming, outgoing, principal }: Arrived,
  session: SessionRef,
  era: Era,
): Exchange {
  const expects = incoming.headers["last-event-id"] === undefined ? "none" : "any";
  const screen = screenOf(options, session, principal, era, { expects });
  return { incoming, outgoing, principal, session, era, screen };
}

type Expected = {
  /** Which answers may come. */
  readonly expects: { readonly id: string | number } | "none" | "any";
  /** The call that is answered, and the verdict on it, where there is one. */
  readonly call?: Call;
  readonly verdict?: Verdict;
};

function screenOf(
  options: Tables,
  session: SessionRef,
  principal: Principal,
  era: Era,
  { expects, call, verdict }: Expected,
): Exchange["screen"] {
  const { gate, definitions, continuations, answers: judge, recent, server } = options;
  const caller = callerOf(options, session, principal);
  if (judge === undefined) return createScreen({ gate, definitions, continuations, caller, call, expects });
  // spread last: V8 makes a new shape for each object that is spread first
  const about = call && { decisionId: verdict?.id, facts: verdict?.facts, ...call };
  const own = about !== undefined && typeof expects === "object" ? { id: expects.id, about } : undefined;
  if (own !== undefined && judge.speaksAt(server)) recent.add(own.id, own.about);
  const answers = { judge, recent, own, era };
  return createScreen({ gate, definitions, continuations, caller, call, expects, answers });
}

function callerOf({ server, place, mode }: Tables, session: SessionRef, principal: Principal): Caller {
  const caller = { server, place, session: session.name, principal };
  return mode === "observe" ? { ...caller, observed: true } : caller;
}

function hashOf(definition: Definition | undefined): string | undefined {
  return definition?.kind === "listed" ? definition.definition.sha256 : undefined;
}

/** A stream that stands open for as long as its client wants ends with the token that opened it. */
function endWithToken({ outgoing, expiresUnixMs }: Arrived): void {
  outgoing.once(
    "close",
    atExpiry(expiresUnixMs, () => outgoing.destroy()),
  );
}

/** A request whose client left is not carried out; what is no request takes effect though nobody waits for it. */
function isGone(outgoing: Outgoing, message: ClientMessage): boolean {
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
