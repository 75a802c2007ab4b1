// One exchange's request and response, as much of node's as those need who answer it: the response may go to a client over HTTP,
// or to the endpoint of all servers, which is a client within the gate (all/inner-answer.ts). Types only.
import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";

/** A request without its body. */
export type RequestHead = Pick<IncomingMessage, "method" | "headers" | "headersDistinct" | "rawHeaders"> & {
  /** It came in a frame (frames.ts): its answer breaks off only where the whole connection does, with which the session ends. */
  readonly framed?: true;
};

/** A request that came in a frame. */
export type FramedRequest = RequestHead & {
  readonly framed: true;
  /** Undefined where it was longer than a body may be. */
  readonly body: Uint8Array | undefined;
};

/** A request whose body is still to be read. */
export type Incoming = IncomingMessage | FramedRequest;

/** A response that has to be begun by writeHead. */
export interface Outgoing {
  readonly headersSent: boolean;
  /** Of the answer, where it has begun. */
  readonly statusCode: number;
  /** `end` was called. */
  readonly writableEnded: boolean;
  /** Nobody reads it any more. */
  readonly destroyed: boolean;
  readonly closed: boolean;
  /** Bytes that were written and not read yet. */
  readonly writableLength: number;
  writeHead(status: number, headers?: OutgoingHttpHeaders): unknown;
  flushHeaders(): void;
  /** False where the reader is behind; "drain" tells when it has caught up. */
  write(chunk: string | Uint8Array, encoding?: BufferEncoding): boolean;
  end(chunk?: string | Uint8Array, encoding?: BufferEncoding): unknown;
  destroy(): unknown;
  on(event: "close" | "drain" | "error", listener: () => void): unknown;
  once(event: "close" | "drain" | "error", listener: () => void): unknown;
  off(event: "close" | "drain" | "error", listener: () => void): unknown;
}
