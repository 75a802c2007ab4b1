// The endpoint of all servers: to a client it is one server whose tools are those of every configured one, in both eras; to each
// server's endpoint it is a client within the gate, so that every call is judged there as that server's tool. Tools only. It
// judges nothing and sends nothing to a server by itself.
import { randomUUID } from "node:crypto";
import type { Principal } from "../../gate/types.ts";
import type { Endpoint } from "../endpoint.ts";
import { isRecord } from "../envelope.ts";
import { refuseBody, refuseMessage, refuseSession } from "../http-refusals.ts";
import { createInFlight } from "../in-flight.ts";
import {
  type ClientMessage,
  type ClientRequest,
  INVALID_PARAMS,
  INVALID_REQUEST,
  parseClientMessage,
} from "../jsonrpc.ts";
import { checkBodiless, checkHeaders, distinctHeadersOf, type Era, eraOf, eraOfHeaders } from "../message-headers.ts";
import type { Incoming, Outgoing } from "../outgoing.ts";
import { PROTOCOL_VERSION_KEY } from "../protocol-keys.ts";
import { readJsonBody } from "../read-body.ts";
import { errorAnswer, SESSION_CODE } from "../refusal.ts";
import type { SessionNames } from "../session-names.ts";
import {
  accepts,
  answerEmpty,
  answerFault,
  answerNoSession,
  answerNoStream,
  METHOD_NOT_FOUND,
  sessionHeaders,
  statusOfAnswer,
  UNSUPPORTED_PROTOCOL_VERSION,
} from "../stdio-answers.ts";
import { cancelledBy } from "../stdio-flights.ts";
import type { SessionRef } from "../upstream.ts";
import { writeEmpty, writeJson } from "../write-answer.ts";
import { openClientStream } from "./client-stream.ts";
import { introduceModern, MODERN_VERSION, openLegacy } from "./introduction.ts";
import { type Claims, LIST_CHANGED, modernHeaders, type SharedServer } from "./link.ts";
import { mergeLists } from "./merged-list.ts";
import { toServer } from "./own-names.ts";
import { relayCall } from "./relay-call.ts";
import type { SharedSession } from "./shared-session.ts";
import { createSharedSessions } from "./shared-sessions.ts";
import { listenForChanges } from "./subscription.ts";
import { prefixOf, splitName } from "./tool-names.ts";

export type AllEndpointOptions = {
  /** Those that run now; the same array until they change. */
  readonly servers: () => readonly SharedServer[];
  /** Of sessions with all servers. */
  readonly sessionNames: SessionNames;
  readonly maxBodyBytes: number;
  readonly maxDepth: number;
  /** Calls of one session that may be under way at a time, to all servers together. */
  readonly inFlightPerSession: number;
  /** How long a list of tools waits for a server. */
  readonly waitMs: number;
  /** Regate's. */
  readonly version: string;
  readonly log: (line: string) => void;
};

export type AllEndpoint = {
  readonly endpoint: Endpoint;
  /** The servers are others now. */
  changed(): void;
  /** Ends all sessions. */
  close(): Promise<void>;
};

type Arrived = {
  readonly incoming: Incoming;
  readonly outgoing: Outgoing;
  readonly principal: Principal;
  readonly expiresUnixMs: number | undefined;
};
type Request = Arrived & { readonly message: ClientRequest; readonly era: Era; readonly session: SharedSession };

export function createAllEndpoint(options: AllEndpointOptions): AllEndpoint {
  const { sessionNames, log } = options;
  const sessions = createSharedSessions(options);
  const inFlight = createInFlight({ perSession: options.inFlightPerSession, perServer: Number.POSITIVE_INFINITY });

  async function answerPost(arrived: Arrived): Promise<void> {
    const { incoming, outgoing, principal } = arrived;
    const body = await readJsonBody(incoming, options.maxBodyBytes);
    if (body.kind === "gone") return;
    if (body.kind === "refused") return refuseBody(incoming, outgoing, body);
    const message = parseClientMessage(body.bytes, { maxBytes: options.maxBodyBytes, maxDepth: options.maxDepth });
    if (message.kind === "refused") {
      const { code, problem, id } = message;
      return refuseMessage(outgoing, { status: 400, code, problem }, JSON.stringify(id));
    }
    const headers = distinctHeadersOf(incoming);
    const era = eraOf(message, headers);
    const idText = message.kind === "notification" ? "null" : message.idText;
    const mismatch = checkHeaders(message, headers);
    if (mismatch !== undefined) return refuseMessage(outgoing, mismatch, idText);

    const opens = message.kind === "request" && message.method === "initialize";
    const identified = await sessionNames.identify({ headers: incoming.headers, era, principal: principal.id, opens });
    if (identified.kind !== "identified") return refuseSession(outgoing, identified);
    const { session: ref } = identified;
    if (opens) return openSession(arrived, message, ref);
    const session = sessions.find(ref, principal, era, incoming.headers);
    if (session === undefined) return answerAbsent(arrived, ref);
    if (message.kind === "request") return answerRequest({ ...arrived, message, era, session });
    return takeOneWay(arrived, message, era, session);
  }

  function openSession({ incoming, outgoing, principal }: Arrived, message: ClientRequest, ref: SessionRef): void {
    if (ref.kind === "issued") {
      answerFault(outgoing, 400, "the session is initialized already");
      return;
    }
    const opened = openLegacy(message, options.version, options.servers());
    if (opened.kind === "refused") {
      writeJson(outgoing, 200, opened.text);
      return;
    }
    const { id, name } = sessionNames.issue(principal.id, randomUUID());
    sessions.open(name, principal, opened.opening, incoming.headers).open();
    writeJson(outgoing, 200, opened.text, { "mcp-session-id": id });
  }

  async function answerRequest(request: Request): Promise<void> {
    const { message, era, session } = request;
    const claims = claimsOf(message, era);
    if (claims !== undefined && claims.version !== MODERN_VERSION) {
      const data = { supported: [MODERN_VERSION], requested: claims.version };
      return refuse(request, UNSUPPORTED_PROTOCOL_VERSION, `only ${MODERN_VERSION} is spoken here`, data);
    }
    const modern = era === "modern";
    switch (message.method) {
      case "ping":
        return answer(request, `{"jsonrpc":"2.0","id":${message.idText},"result":{}}`);
      case "tools/list": {
        const { params } = message;
        if (isRecord(params?.value) && Object.hasOwn(params.value, "cursor"))
          return refuse(request, INVALID_PARAMS, "there is one page only: no cursor was given");
        const { listed, leftOut } = await session.list({ principal: request.principal, claims });
        return answer(request, mergeLists(message.idText, era, listed, leftOut));
      }
      case "tools/call":
        return callTool(request, claims);
      case "server/discover":
        if (modern) return answer(request, introduceModern(message.idText, options.version, options.servers()));
        break;
      case "subscriptions/listen":
        if (modern && claims !== undefined) return listenForChanges({ ...request, claims });
        break;
    }
    const where = "tools only are offered here, for all servers: ask /mcp/SERVER for anything else of a server";
    return refuse(request, METHOD_NOT_FOUND, where);
  }

  async function callTool(request: Request, claims: Claims | undefined): Promise<void> {
    const { message, session, incoming, outgoing, principal, expiresUnixMs } = request;
    const name = message.tool ?? "";
    const split = splitName(name);
    const link = split && session.find(split.prefix);
    if (split === undefined || link === undefined) {
      const prefixes = options.servers().map(({ key }) => `${prefixOf(key)}__`);
      const known = prefixes.length === 0 ? "there are no servers" : `names here begin with ${prefixes.join(", ")}`;
      return refuse(request, INVALID_PARAMS, `"params.name" names no tool of a server: ${known}`);
    }
    if (isRecord(message.params?.value) && Object.hasOwn(message.params.value, "task")) {
      const problem = `tasks are not offered here: call the tool at /mcp/${link.server.key}`;
      return refuse(request, INVALID_PARAMS, problem);
    }
    const slot = inFlight.enter(session.name, message);
    const over = session.begin(message.id, link);
    try {
      const tool = split.tool.kind === "plain" ? split.tool.tool : await link.unhash(name, { principal, claims });
      if (tool === undefined)
        return refuse(request, INVALID_PARAMS, `"params.name" names no tool of ${link.server.key}`);
      const { overload } = slot;
      await relayCall({ principal, expiresUnixMs, link, incoming, outgoing, request: message, tool, overload, log });
    } finally {
      over();
      slot.leave();
    }
  }

  /** A notification, or an answer to a server. */
  async function takeOneWay(
    { outgoing, incoming, principal }: Arrived,
    message: Exclude<ClientMessage, ClientRequest>,
    era: Era,
    session: SharedSession,
  ): Promise<void> {
    const said = toServer(message);
    const link = said && session.find(said.prefix);
    if (message.kind === "response") {
      if (said === undefined || link === undefined) {
        const fault = { status: 400, code: INVALID_REQUEST, problem: "it answers no request of a server's" } as const;
        return refuseMessage(outgoing, fault, message.idText);
      }
      await link.tell(said.text, principal);
      return answerEmpty(outgoing, 202);
    }
    const version = incoming.headers["mcp-protocol-version"];
    const headers =
      era === "modern" ? modernHeaders({ metaText: "", version: String(version) }, message.method) : undefined;
    if (said !== undefined && link !== undefined) await link.tell(said.text, principal, headers);
    const cancelled = cancelledBy(message);
    if (cancelled !== undefined) await session.callee(cancelled)?.tell(message.text, principal, headers);
    if (message.method === "notifications/roots/list_changed")
      await Promise.all(session.links().map((one) => one.isOpen && one.tell(message.text, principal, headers)));
    answerEmpty(outgoing, 202);
  }

  /** GET opens the stream of what servers say by themselves, DELETE ends the session. */
  async function answerSession(arrived: Arrived): Promise<void> {
    const { incoming, outgoing, principal } = arrived;
    const mismatch = checkBodiless(incoming.headersDistinct);
    if (mismatch !== undefined) return refuseMessage(outgoing, mismatch, "null");
    const era = eraOfHeaders(incoming.headersDistinct);
    const caller = { headers: incoming.headers, era, principal: principal.id, opens: false };
    const identified = await sessionNames.identify(caller);
    if (identified.kind !== "identified") return refuseSession(outgoing, identified);
    if (era === "modern") return answerNoStream(outgoing);
    const session = sessions.find(identified.session, principal, era, incoming.headers);
    if (session === undefined) return answerAbsent(arrived, identified.session);
    if (incoming.method === "GET") return listen(arrived, session);
    answerEmpty(outgoing, 200);
    await sessions.end(session);
    // last: the servers' own sessions go by the same name, and have to be known to be ended
    sessionNames.end(session.name);
  }

  async function listen({ incoming, outgoing, expiresUnixMs }: Arrived, session: SharedSession): Promise<void> {
    if (!accepts(incoming.headers.accept, "text/event-stream"))
      return answerFault(outgoing, 406, "the client must accept text/event-stream");
    if (incoming.headers["last-event-id"] !== undefined)
      return answerFault(outgoing, 400, "Last-Event-ID names no event: streams of all servers are not resumed");
    const stream = openClientStream(outgoing, sessionHeaders(incoming), expiresUnixMs);
    const detach = session.attach({ changed: () => stream.send(LIST_CHANGED), deliver: stream.send });
    await stream.over;
    detach();
  }

  return {
    endpoint: async (incoming, outgoing, principal, expiresUnixMs) => {
      const arrived = { incoming, outgoing, principal, expiresUnixMs };
      switch (incoming.method) {
        case "POST":
          return answerPost(arrived);
        case "GET":
        case "DELETE":
          return answerSession(arrived);
        default:
          writeEmpty(outgoing, 405, { allow: "GET, POST, DELETE" });
      }
    },
    changed: sessions.changed,
    close: sessions.close,
  };
}

function answer({ outgoing, incoming }: Request, text: string): void {
  if (!outgoing.destroyed) writeJson(outgoing, 200, text, sessionHeaders(incoming));
}

function refuse({ outgoing, message, era }: Request, code: number, problem: string, data?: unknown): void {
  if (outgoing.destroyed) return;
  writeJson(outgoing, statusOfAnswer(era, code), errorAnswer(message.idText, code, problem, data));
}

function answerAbsent({ outgoing }: Arrived, ref: SessionRef): void {
  const problem = "a session is needed: send initialize, then its Mcp-Session-Id";
  if (ref.kind === "issued") answerNoSession(outgoing);
  else writeJson(outgoing, 400, errorAnswer("null", SESSION_CODE, problem));
}

/** Checked with the headers: a request of the modern era has both. */
function claimsOf({ meta, metaText }: ClientRequest, era: Era): Claims | undefined {
  if (era !== "modern" || metaText === undefined) return undefined;
  return { metaText, version: String(meta?.[PROTOCOL_VERSION_KEY]) };
}
