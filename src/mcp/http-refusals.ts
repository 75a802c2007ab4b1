// How the endpoint says no over HTTP: a refused call is a tool result in HTTP 200, since clients hand that to the model;
// 4xx is for what is wrong with the request itself.
import { finished } from "node:stream";
import type { Call, Verdict } from "../gate/types.ts";
import type { ClientNotification, ClientRequest } from "./jsonrpc.ts";
import type { Era, HeaderFault } from "./message-headers.ts";
import type { Incoming, Outgoing } from "./outgoing.ts";
import type { Body } from "./read-body.ts";
import { errorAnswer, REFUSED_CODE, refusal, SESSION_CODE, SIGN_IN_CODE, TRANSPORT_CODE } from "./refusal.ts";
import type { Identified } from "./session-names.ts";
import { writeEmpty, writeJson } from "./write-answer.ts";

/** What is told to wait where nothing says how long. */
const DEFAULT_RETRY_SECONDS = 60;
const UNAVAILABLE_RETRY_SECONDS = 5;
const LINGER_MS = 5_000;

/**
 * Refuses a request whose body was not read to its end. What is left of it is thrown away for a while: who closes a
 * connection on unread bytes resets it, and the sender may never get to read the refusal.
 * @param text of the refusal, JSON
 */
export function refuseBody(
  incoming: Incoming,
  outgoing: Outgoing,
  body: Extract<Body, { kind: "refused" }>,
  text = errorAnswer("null", TRANSPORT_CODE, body.problem),
): void {
  // of what came in a frame there is nothing left to read
  if ("framed" in incoming) {
    writeJson(outgoing, body.status, text);
    return;
  }
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
  outgoing.writeHead(body.status, { ...headers, connection: "close" });
  outgoing.write(text);
  const close = setTimeout(() => outgoing.end(), LINGER_MS);
  finished(incoming, () => {
    clearTimeout(close);
    outgoing.end();
  });
  incoming.resume();
}

/** What is wrong with the message, or with headers that repeat it; `idText` is its id as received, or `null`. */
export function refuseMessage(outgoing: Outgoing, fault: HeaderFault, idText: string): void {
  writeJson(outgoing, fault.status, errorAnswer(idText, fault.code, fault.problem));
}

export function refuseSession(outgoing: Outgoing, refused: Exclude<Identified, { kind: "identified" }>): void {
  switch (refused.kind) {
    case "unknown":
      writeJson(outgoing, 404, errorAnswer("null", SESSION_CODE, "Session not found: initialize again"));
      return;
    case "malformed":
      writeJson(outgoing, 400, errorAnswer("null", SESSION_CODE, refused.problem));
      return;
    case "unavailable": {
      const problem = "Sessions can't be looked up now: try again; the operator finds the cause in the gate's log";
      writeJson(outgoing, 503, errorAnswer("null", SESSION_CODE, problem), {
        "retry-after": String(UNAVAILABLE_RETRY_SECONDS),
      });
      return;
    }
    case "uncounted": {
      const problem = "New sessions can't be counted now: try again later, or go on in an open one";
      writeJson(outgoing, 503, errorAnswer("null", SESSION_CODE, problem), {
        "retry-after": String(UNAVAILABLE_RETRY_SECONDS),
      });
      return;
    }
    case "too_many": {
      const seconds = Math.max(1, Math.ceil(refused.retryAfterSeconds ?? DEFAULT_RETRY_SECONDS));
      const problem = `Too many new sessions: try again in ${seconds} s, or go on in an open one`;
      writeJson(outgoing, 429, errorAnswer("null", SESSION_CODE, problem), { "retry-after": String(seconds) });
      return;
    }
  }
}

/** @param request undefined for what is none; `problem` says how to sign in */
export function refuseSignedOut(outgoing: Outgoing, problem: string, request: ClientRequest | undefined): void {
  const status = request === undefined ? 403 : 200;
  writeJson(outgoing, status, errorAnswer(request?.idText ?? "null", SIGN_IN_CODE, problem));
}

export function refuseCall(
  outgoing: Outgoing,
  verdict: Exclude<Verdict, { kind: "forward" }>,
  call: Call,
  message: ClientRequest | ClientNotification,
  era: Era,
): void {
  if (message.kind === "notification") writeEmpty(outgoing, 202);
  else writeJson(outgoing, 200, refusal(verdict, call, message.idText, era));
}

/** A call that its client cancelled when it was about to go out. */
export function refuseCancelled(outgoing: Outgoing, { idText }: ClientRequest): void {
  writeJson(outgoing, 200, errorAnswer(idText, REFUSED_CODE, "The call was cancelled, and not carried out"));
}
