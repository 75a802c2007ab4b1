// An upstream over stdio: one process of the server for each legacy session, a few shared by a principal's modern clients.
// It maps HTTP exchanges to processes; the judged bytes go to the process as one line. It never judges, and never writes
// a client's message anew.
import type { ClientRequest } from "./jsonrpc.ts";
import { upstreamError } from "./refusal.ts";
import { showable } from "./showable.ts";
import { answerEmpty, answerFault, answerJson, answerNoSession, answerNoStream } from "./stdio-answers.ts";
import { ThrottledLog } from "./stdio-lines.ts";
import { Pool, type Taken } from "./stdio-pool.ts";
import { Reaper } from "./stdio-reaper.ts";
import type { StdioSession } from "./stdio-session.ts";
import type { Exchange, PostExchange, Upstream } from "./upstream.ts";

const DEFAULT_IDLE_MS = 30 * 60_000;
const DEFAULT_MAX_CHILDREN = 64;
const DEFAULT_STALL_MS = 30_000;

export type StdioUpstreamOptions = {
  /** The server's name, for messages and the log. */
  readonly server: string;
  /** An executable, looked up in PATH; no shell reads it. */
  readonly command: string;
  readonly args: readonly string[];
  /** Joins the few variables of the gate's own environment that are safe to inherit (PATH, HOME, ...). */
  readonly env: Readonly<Record<string, string>>;
  /** The process's folder; the gate's own where it is undefined. */
  readonly cwd?: string | undefined;
  readonly maxChildrenPerPrincipal: number;
  /** Of all principals together; 64 where it is undefined. */
  readonly maxChildren?: number | undefined;
  /** Longest message that the server may send: a longer one ends the process. */
  readonly maxMessageBytes: number;
  /** How long the server may say nothing to a request; undefined: as long as the client waits. */
  readonly answerTimeoutMs?: number | undefined;
  /** How long it may take to answer one, whatever it says meanwhile. */
  readonly totalTimeoutMs?: number | undefined;
  /** A session that nobody uses for so long is ended; 30 minutes where it is undefined. */
  readonly idleMs?: number | undefined;
  /** How long a client may leave a full connection unread before it is disconnected; 30 s where it is undefined. */
  readonly stallMs?: number | undefined;
  /** A monotonic clock, in milliseconds. */
  readonly now?: (() => number) | undefined;
  /** Gets one line at a time, fit to be shown. */
  readonly log: (line: string) => void;
};

/** The processes start with the first request that needs one. A server that can't be started is an answer, not an exception. */
export function createStdioUpstream(options: StdioUpstreamOptions): Upstream {
  const { server, command, args, env, cwd, maxMessageBytes } = options;
  const log = (line: string) => options.log(`${server}: ${line}`);
  const now = options.now ?? (() => performance.now());
  const noise = new ThrottledLog(log, now);
  const reaper = new Reaper(log);
  const pool = new Pool({
    server,
    child: { command, args, env, cwd, maxMessageBytes, reaper },
    answerTimeoutMs: options.answerTimeoutMs,
    totalTimeoutMs: options.totalTimeoutMs,
    stallMs: options.stallMs ?? DEFAULT_STALL_MS,
    now,
    maxChildrenPerPrincipal: options.maxChildrenPerPrincipal,
    maxChildren: options.maxChildren ?? DEFAULT_MAX_CHILDREN,
    idleMs: options.idleMs ?? DEFAULT_IDLE_MS,
    log,
  });

  function find({ principal, session }: Exchange): StdioSession | undefined {
    return session.kind === "issued" ? pool.find(principal.id, session.upstreamId) : undefined;
  }

  async function request(exchange: PostExchange, message: ClientRequest): Promise<void> {
    if (exchange.session.kind === "issued") {
      const session = find(exchange);
      if (session === undefined) return nothingWritten(exchange, answerNoSession);
      if (message.method !== "initialize") return await session.request(exchange, message);
      return nothingWritten(exchange, (outgoing) => answerFault(outgoing, 400, "the session is initialized already"));
    }
    if (exchange.era === "legacy" && message.method !== "initialize")
      return nothingWritten(exchange, answerSessionNeeded);
    const taken =
      exchange.era === "legacy" ? pool.open(exchange.principal.id) : pool.borrow(exchange.principal.id, message);
    if (taken.kind === "taken") return await taken.session.request(exchange, message);
    noise.write(`no process for ${showable(exchange.principal.id)}: ${taken.problem}`);
    nothingWritten(exchange, (outgoing) =>
      answerJson(outgoing, 200, upstreamError(message.idText, server, taken.problem)),
    );
  }

  async function forward(exchange: PostExchange): Promise<void> {
    const { message, session } = exchange;
    if (session.kind === "issued") {
      const found = find(exchange);
      return found === undefined ? nothingWritten(exchange, answerNoSession) : await found.forward(exchange);
    }
    if (exchange.era === "legacy" || message.kind !== "notification")
      return nothingWritten(exchange, answerSessionNeeded);
    // Without a session only a cancellation says which process it is for.
    const awaiting = pool.awaiting(exchange.principal.id, message);
    if (awaiting !== undefined) return await awaiting.forward(exchange);
    nothingWritten(exchange, (outgoing) => answerEmpty(outgoing, 202));
  }

  return {
    post: (exchange) => (exchange.message.kind === "request" ? request(exchange, exchange.message) : forward(exchange)),
    async stream(exchange) {
      const session = find(exchange);
      if (session !== undefined) return await session.stream(exchange);
      answerAbsent(exchange);
    },
    async end(exchange, ended) {
      const session = find(exchange);
      if (exchange.session.kind === "issued") ended();
      if (session === undefined) return answerAbsent(exchange);
      answerEmpty(exchange.outgoing, 200);
      // The client need not wait until the process is gone; `close` does.
      void session.stop("its session was ended");
    },
    async request(exchange, method, paramsText, timeoutMs) {
      const taken = takeForOwn(exchange);
      if (taken.kind === "taken") {
        const answer = await taken.session.own(method, paramsText, timeoutMs);
        if (answer.kind === "answered" || find(exchange) !== undefined) return answer;
        return { ...answer, sessionLost: exchange.session.kind === "issued" };
      }
      return { kind: "failed", problem: taken.problem, sessionLost: exchange.session.kind === "issued" };
    },
    state: () => ({ kind: "stdio", processes: pool.size }),
    async close() {
      await pool.close();
      reaper.close();
    },
  };

  function takeForOwn(exchange: Exchange): Taken {
    if (exchange.session.kind === "none" && exchange.era === "modern")
      return pool.borrow(exchange.principal.id, undefined);
    const session = find(exchange);
    if (session !== undefined) return { kind: "taken", session };
    const isOver = exchange.session.kind === "issued";
    return {
      kind: "refused",
      problem: isOver ? "its session is over" : "no session was opened: initialize comes first",
    };
  }
}

function nothingWritten(exchange: PostExchange, answer: (outgoing: Exchange["outgoing"]) => void): void {
  exchange.onNothingWritten();
  answer(exchange.outgoing);
}

/** A GET or DELETE that names no session that is there. */
function answerAbsent({ session, era, outgoing }: Exchange): void {
  if (session.kind === "issued") answerNoSession(outgoing);
  else if (era === "modern") answerNoStream(outgoing);
  else answerSessionNeeded(outgoing);
}

function answerSessionNeeded(outgoing: Exchange["outgoing"]): void {
  answerFault(outgoing, 400, "a session is needed: send initialize, then its Mcp-Session-Id");
}
