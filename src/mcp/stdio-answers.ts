// Whole answers of the stdio upstream over HTTP, and what the request's headers say about them. The statuses are those of
// the SDK's own Streamable HTTP servers, which clients know. An answer that nobody waits for any more is not written.
import type { OutgoingHttpHeaders } from "node:http";
import { INVALID_PARAMS, INVALID_REQUEST, PARSE_ERROR } from "./jsonrpc.ts";
import { type Era, HEADER_MISMATCH } from "./message-headers.ts";
import type { Outgoing, RequestHead } from "./outgoing.ts";
import { errorAnswer, SESSION_CODE, TRANSPORT_CODE } from "./refusal.ts";
import { writeEmpty, writeJson } from "./write-answer.ts";

/** JSON-RPC's own. */
export const METHOD_NOT_FOUND = -32601;
const MISSING_CLIENT_CAPABILITY = -32021;
export const UNSUPPORTED_PROTOCOL_VERSION = -32022;

/** What a 2026-07-28 client expects beside an error that is the whole answer; every other error comes with 200. */
const MODERN_STATUS_OF_ERROR: ReadonlyMap<number, number> = new Map([
  [PARSE_ERROR, 400],
  [INVALID_REQUEST, 400],
  [METHOD_NOT_FOUND, 404],
  [HEADER_MISMATCH, 400],
  [MISSING_CLIENT_CAPABILITY, 400],
  [UNSUPPORTED_PROTOCOL_VERSION, 400],
]);

/**
 * @param code the error's, where the answer is one
 * @param incomplete the request lacks what every request of the era carries: such a one is malformed, not one with wrong params
 */
export function statusOfAnswer(era: Era, code: number | undefined, incomplete = false): number {
  if (era === "legacy" || code === undefined) return 200;
  if (incomplete && code === INVALID_PARAMS) return 400;
  return MODERN_STATUS_OF_ERROR.get(code) ?? 200;
}

export function answerJson(outgoing: Outgoing, status: number, text: string, headers?: OutgoingHttpHeaders): void {
  if (!outgoing.destroyed && !outgoing.headersSent) writeJson(outgoing, status, text, headers);
}

/** An answer without a body: 202 to notifications and responses, 200 to DELETE, 204 where a stream has nothing left. */
export function answerEmpty(outgoing: Outgoing, status: number, headers?: OutgoingHttpHeaders): void {
  if (!outgoing.destroyed && !outgoing.headersSent) writeEmpty(outgoing, status, headers);
}

/** What is wrong with the HTTP request, whatever its message. */
export function answerFault(outgoing: Outgoing, status: 400 | 406 | 409, problem: string): void {
  answerJson(outgoing, status, errorAnswer("null", TRANSPORT_CODE, problem));
}

/** There is nothing to listen to, or to end, outside of a legacy session. */
export function answerNoStream(outgoing: Outgoing): void {
  answerEmpty(outgoing, 405, { allow: "POST" });
}

/** The session is over or was never there: 404, on which clients initialize again. */
export function answerNoSession(outgoing: Outgoing): void {
  answerJson(outgoing, 404, errorAnswer("null", SESSION_CODE, "Session not found: initialize again"));
}

/** Resolves when the answer is sent, or the client is gone. */
export function whenOver(outgoing: Outgoing): Promise<void> {
  return new Promise((resolve) => {
    if (outgoing.closed) resolve();
    else outgoing.once("close", () => resolve());
  });
}

/** What MCP's clients send with a POST. */
const BOTH = "application/json, text/event-stream";

/** Whether an Accept header, or its absence, allows `type`. */
export function accepts(header: string | undefined, type: "application/json" | "text/event-stream"): boolean {
  if (header === undefined || header === BOTH) return true;
  const [group] = type.split("/");
  const ranges = header.split(",").map((range) => range.split(";", 1)[0]?.trim().toLowerCase());
  return ranges.some((range) => range === type || range === `${group}/*` || range === "*/*");
}

/** The session's id as the client sent it, for the answer to repeat. */
export function sessionHeaders(incoming: RequestHead): OutgoingHttpHeaders {
  const id = incoming.headers["mcp-session-id"];
  return typeof id === "string" ? { "mcp-session-id": id } : {};
}
