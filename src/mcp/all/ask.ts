// Requests to one endpoint by the gate itself, in the place of a client of all servers: such as its initialize and tools/list. They
// are parsed, judged and recorded like a client's.
import { randomUUID } from "node:crypto";
import type { Principal } from "../../gate/types.ts";
import type { ServerEndpoint } from "../endpoint.ts";
import { isRecord } from "../envelope.ts";
import type { RequestHead } from "../outgoing.ts";
import { parseJson } from "../parse-json.ts";
import type { OwnAnswer } from "../upstream.ts";
import { InnerAnswer } from "./inner-answer.ts";

export type Headers = Readonly<Record<string, string>>;

export type AskOptions = {
  readonly endpoint: ServerEndpoint;
  readonly principal: Principal;
  readonly headers: Headers;
  /** As in SharedRequest. */
  readonly session: string | undefined;
  /** Gets what comes before the answer. */
  readonly onOther: (text: string) => void;
};

export type Asked = OwnAnswer & {
  /** Of the session that was opened. */
  readonly sessionId: string | undefined;
};

const TYPES = { accept: "application/json, text/event-stream", "content-type": "application/json" };
export const NO_BODY: Uint8Array = new Uint8Array();

/** Sends a request and waits for its answer, as long as the endpoint does. Never rejects. */
export async function ask(options: AskOptions, method: string, paramsText: string): Promise<Asked> {
  const id = `regate-${randomUUID()}`;
  let answer: string | undefined;
  const inner = new InnerAnswer({
    onMessage(text) {
      if (isAnswer(text, id)) answer = text;
      else options.onOther(text);
    },
  });
  const text = `{"jsonrpc":"2.0","id":"${id}","method":${JSON.stringify(method)},"params":${paramsText}}`;
  const problem = await send(options, "POST", Buffer.from(text), inner);
  if (problem === undefined && !inner.isStream && inner.statusCode === 200) answer = inner.body.toString("utf8");
  const { "mcp-session-id": given } = inner.headers;
  const sessionId = typeof given === "string" ? given : undefined;
  if (answer !== undefined) return { kind: "answered", text: answer, sessionId };
  const { statusCode: status } = inner;
  const why = problem ?? describe(inner);
  return { kind: "failed", problem: why, status, sessionLost: status === 404, sessionId };
}

/** Sends a message that has no answer. */
export async function tell(options: AskOptions, text: string): Promise<void> {
  await send(options, "POST", Buffer.from(text), new InnerAnswer({ onMessage: options.onOther }));
}

/** @returns what went wrong within the gate */
export async function send(
  { endpoint, principal, headers, session }: Omit<AskOptions, "onOther">,
  method: "GET" | "POST" | "DELETE",
  body: Uint8Array,
  inner: InnerAnswer,
): Promise<string | undefined> {
  const incoming = headOf(method, { ...headers, ...(method === "GET" ? { accept: "text/event-stream" } : TYPES) });
  try {
    await endpoint.shared({ incoming, outgoing: inner, principal, body, session });
    if (!inner.writableEnded) inner.destroy();
    await inner.over;
    return undefined;
  } catch (error) {
    inner.destroy();
    return `internal error: ${String(error)}`;
  }
}

export function headOf(method: string, headers: Headers): RequestHead {
  const distinct = Object.entries(headers).map(([name, value]) => [name, [value]]);
  return {
    method,
    headers,
    headersDistinct: Object.fromEntries(distinct),
    rawHeaders: Object.entries(headers).flat(),
  };
}

function isAnswer(text: string, id: string): boolean {
  const message = parseJson(text);
  return isRecord(message) && message.id === id && !("method" in message);
}

/** What an endpoint says where it does not answer the request. */
function describe(inner: InnerAnswer): string {
  const message = parseJson(inner.body.toString("utf8"));
  const error = isRecord(message) && isRecord(message.error) ? message.error : undefined;
  if (typeof error?.message === "string") return error.message;
  return inner.statusCode === 0 ? "it gave no answer" : `it answered with HTTP status ${inner.statusCode}`;
}
