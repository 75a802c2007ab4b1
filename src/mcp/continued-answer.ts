// The response to a request whose event stream the gate has begun already, for whoever answers the request then and knows
// nothing of that: a stream goes on in it, a whole answer becomes its last event. A view of node's own response: what is read
// of the connection is the connection's.
import type { OutgoingHttpHeaders } from "node:http";
import { isRecord } from "./envelope.ts";
import type { Outgoing } from "./outgoing.ts";
import { parseJson } from "./parse-json.ts";
import { errorAnswer, UPSTREAM_FAILED_CODE } from "./refusal.ts";
import { writeEvent } from "./sse.ts";

type Chunk = string | Uint8Array;
type Head = { readonly status: number; readonly isStream: boolean };

/** @param idText the request's id, as received */
export function continueStream(outgoing: Outgoing, idText: string): Outgoing {
  const chunks: Uint8Array[] = [];
  let head: Head | undefined;

  function end(chunk?: Chunk, encoding?: BufferEncoding): void {
    if (chunk !== undefined) chunks.push(bytesOf(chunk, encoding));
    if (head?.isStream === true) {
      outgoing.end(Buffer.concat(chunks));
      return;
    }
    const data = answerTo(idText, Buffer.concat(chunks).toString("utf8"), head?.status ?? 200);
    outgoing.end(writeEvent({ data, event: "message" }));
  }

  const own: Partial<Record<string | symbol, unknown>> = {
    writeHead(status: number, headers: OutgoingHttpHeaders = {}) {
      head = { status, isStream: String(headers["content-type"] ?? "").startsWith("text/event-stream") };
      return continued;
    },
    setHeader: () => continued,
    flushHeaders: () => {},
    write(chunk: Chunk, encoding?: BufferEncoding) {
      const bytes = bytesOf(chunk, encoding);
      if (head?.isStream === true) return outgoing.write(bytes);
      chunks.push(bytes);
      return true;
    },
    end(chunk?: Chunk, encoding?: BufferEncoding) {
      end(chunk, encoding);
      return continued;
    },
  };
  const continued: Outgoing = new Proxy(outgoing, {
    get(target, key) {
      if (key === "headersSent") return head !== undefined;
      if (Object.hasOwn(own, key)) return own[key];
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return continued;
}

function bytesOf(chunk: Chunk, encoding: BufferEncoding | undefined): Uint8Array {
  return typeof chunk === "string" ? Buffer.from(chunk, encoding) : chunk;
}

/** The answer that a client reads in a stream: of an error over HTTP, or one that names no request, what it says. */
function answerTo(idText: string, body: string, status: number): string {
  const message = parseJson(body);
  if (isRecord(message) && (message.id ?? null) !== null) return body;
  const error = isRecord(message) && isRecord(message.error) ? message.error : {};
  const { code, message: text } = error;
  return errorAnswer(
    idText,
    typeof code === "number" ? code : UPSTREAM_FAILED_CODE,
    typeof text === "string" ? text : `the server answered with HTTP status ${status}`,
  );
}
