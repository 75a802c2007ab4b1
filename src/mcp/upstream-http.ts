// An upstream over Streamable HTTP: the judged bytes go out as they are, in both eras, and the answer comes back through
// AnswerRelay. Follows no redirect, sends no credential but the configured ones, and retries nothing but what was answered 401.
import { randomUUID } from "node:crypto";
import Pool from "undici/lib/dispatcher/pool.js";
import { AnswerRelay } from "./http-answer.ts";
import { sendWithCredentials } from "./http-credentials.ts";
import { ownHeaders, upstreamHeaders } from "./http-headers.ts";
import { OwnExchange } from "./http-own-exchange.ts";
import type { Credentials, Exchange, OwnAnswer, PostExchange, SessionRef, Upstream } from "./upstream.ts";

export type HttpUpstreamOptions = {
  /** The server's name, for messages. */
  readonly server: string;
  readonly url: URL;
  /** And other headers of the configuration. */
  readonly credentials: Credentials;
  /** How long the server may take until its answer begins, and how long until it ends where it is no stream. */
  readonly answerTimeoutMs: number;
  /** How long a stream may take to answer a request, whatever it says meanwhile. */
  readonly totalTimeoutMs?: number | undefined;
  /** The longest answer, and the longest event of a stream, that is held in memory to be screened. */
  readonly maxAnswerBytes: number;
  readonly log: (line: string) => void;
};

const CONNECT_TIMEOUT_MS = 10_000;
const REPLY_TIMEOUT_MS = 30_000;

export function createHttpUpstream(options: HttpUpstreamOptions): Upstream {
  const { server, credentials, answerTimeoutMs, totalTimeoutMs, maxAnswerBytes, log } = options;
  const path = options.url.pathname + options.url.search;
  const pool = new Pool(options.url.origin, {
    connections: null,
    pipelining: 1,
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: answerTimeoutMs,
    bodyTimeout: 0,
  });

  let lastStatus: number | undefined;

  /** Resolves when the exchange is over, with the server's status where it answered. */
  function forward(method: "GET" | "POST" | "DELETE", exchange: Exchange, post: PostExchange | undefined) {
    return new Promise<number | undefined>((resolve) => {
      const over = (status: number | undefined): void => {
        lastStatus = status;
        resolve(status);
      };
      const received = exchange.incoming.headers;
      const sessionId = upstreamIdOf(exchange.session);
      const body = post?.body ?? null;
      const headersTimeout = method === "GET" ? 0 : answerTimeoutMs;
      const bounds = { answerTimeoutMs, totalTimeoutMs, maxAnswerBytes };
      const relay = new AnswerRelay({ exchange, post, server, ...bounds, log, reply, over });
      sendWithCredentials({
        dispatcher: pool,
        credentials,
        principal: exchange.principal.id,
        // named, not spread: V8 makes a new shape for each object that is spread first
        request: (own) => ({
          method,
          path,
          body,
          headersTimeout,
          headers: upstreamHeaders(received, own, sessionId, post?.traceHeaders),
        }),
        handler: relay,
      });
    });
  }

  /** Sends one message of the gate's own; `id` is the request's, absent for a response. */
  function sendOwn(
    exchange: Exchange,
    method: string | undefined,
    text: string,
    id: string | undefined,
    timeoutMs: number,
  ) {
    return new Promise<OwnAnswer>((resolve) => {
      const received = exchange.incoming.headers;
      const sessionId = upstreamIdOf(exchange.session);
      const rest = { method: "POST", path, body: text, headersTimeout: timeoutMs } as const;
      sendWithCredentials({
        dispatcher: pool,
        credentials,
        principal: exchange.principal.id,
        request: (own) => ({ ...rest, headers: ownHeaders(received, own, sessionId, method) }),
        handler: new OwnExchange(id, maxAnswerBytes, timeoutMs, resolve),
      });
    });
  }

  /** Answers a request of the server's that was refused. */
  async function reply(exchange: Exchange, text: string): Promise<void> {
    const answer = await sendOwn(exchange, undefined, text, undefined, REPLY_TIMEOUT_MS);
    if (answer.kind === "failed") log(`${server}: a refusal could not be delivered: ${answer.problem}`);
  }

  return {
    async post(exchange) {
      await forward("POST", exchange, exchange);
    },
    async stream(exchange) {
      await forward("GET", exchange, undefined);
    },
    async end(exchange, ended) {
      const status = await forward("DELETE", exchange, undefined);
      if (status !== undefined && (status < 300 || status === 404)) ended();
    },
    request(exchange, method, paramsText, timeoutMs) {
      const id = `regate-${randomUUID()}`;
      const text = `{"jsonrpc":"2.0","id":"${id}","method":${JSON.stringify(method)},"params":${paramsText}}`;
      return sendOwn(exchange, method, text, id, timeoutMs);
    },
    state: () => ({ kind: "http", connections: pool.stats.connected, last_status: lastStatus }),
    close: () => pool.destroy(),
  };
}

function upstreamIdOf(session: SessionRef): string | undefined {
  return session.kind === "issued" ? session.upstreamId : undefined;
}
