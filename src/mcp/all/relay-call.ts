// One call of a client of all servers: the name in its bytes, and in Mcp-Name, becomes the one that the server knows, and what has
// become of them goes to the server's endpoint, which parses, judges and forwards exactly these. The answer goes back as it comes.
import type { IncomingHttpHeaders } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Overload, Principal } from "../../gate/types.ts";
import { MAX_DEPTH, memberOf, scanJson } from "../json-scan.ts";
import { type ClientRequest, parseServerMessage } from "../jsonrpc.ts";
import type { Outgoing, RequestHead } from "../outgoing.ts";
import { encodeHeaderValue } from "../param-headers.ts";
import { upstreamError } from "../refusal.ts";
import { splice } from "../splice.ts";
import { writeEvent } from "../sse.ts";
import { sessionHeaders } from "../stdio-answers.ts";
import { hasRoom, STREAM_HEADERS } from "../stdio-streams.ts";
import { writeJson } from "../write-answer.ts";
import { type Headers, headOf, NO_BODY } from "./ask.ts";
import { InnerAnswer } from "./inner-answer.ts";
import type { Link } from "./link.ts";
import { toClient } from "./own-names.ts";

export type RelayedCall = {
  readonly principal: Principal;
  /** When what proved the principal does so no longer. */
  readonly expiresUnixMs: number | undefined;
  readonly link: Link;
  readonly incoming: RequestHead;
  readonly outgoing: Outgoing;
  readonly request: ClientRequest;
  /** What the server calls the tool. */
  readonly tool: string;
  readonly overload: Overload | undefined;
  readonly log: (line: string) => void;
};

/** Headers of the client's that are about its own session, connection or body. */
const NOT_PASSED: ReadonlySet<string> = new Set([
  "authorization",
  "cookie",
  "connection",
  "content-length",
  "transfer-encoding",
  "last-event-id",
  "mcp-session-id",
]);
/** Of an answer that is no stream. */
const PASSED_BACK = ["content-type", "retry-after", "allow"] as const;
const MAX_RESUMPTIONS = 5;
const RESUME_MS = 1_000;
const STALL_MS = 30_000;
const KEEP_ALIVE = ": keepalive\n\n";

/** Resolves when the exchange is over. */
export async function relayCall(call: RelayedCall): Promise<void> {
  const { link, outgoing, request } = call;
  for (let attempt = 1; ; attempt += 1) {
    const ready = await link.ready(call.principal);
    if (outgoing.destroyed) return;
    if (ready.kind === "failed") {
      writeJson(outgoing, 200, upstreamError(request.idText, link.server.key, ready.problem));
      return;
    }
    const inner = await carry(call, ready.headers);
    if (inner.isStream || outgoing.destroyed) return;
    if (inner.statusCode === 404 && ready.headers["mcp-session-id"] !== undefined) {
      // the server's session ended meanwhile, and nothing was called: a client of this server would open another one
      link.lost(ready.headers);
      if (attempt === 1) continue;
      writeJson(outgoing, 200, upstreamError(request.idText, link.server.key, "it does not know its own sessions"));
      return;
    }
    const own = PASSED_BACK.flatMap((name) => (inner.headers[name] === undefined ? [] : [[name, inner.headers[name]]]));
    outgoing.writeHead(inner.statusCode, {
      ...Object.fromEntries(own),
      "content-length": inner.body.length,
      ...sessionHeaders(call.incoming),
    });
    outgoing.end(inner.body);
    return;
  }
}

async function carry(call: RelayedCall, ready: Headers): Promise<InnerAnswer> {
  const { principal, expiresUnixMs, link, incoming, outgoing, request, tool, overload } = call;
  const body = Buffer.from(withName(request.text, tool));
  const headers = headersFor(incoming.headers, ready, tool);
  const exchange = { principal, expiresUnixMs, overload };
  const stream = new StreamBack(call);
  const inner = stream.answer();
  await link.server.endpoint.shared({ ...exchange, incoming: headOf("POST", headers), outgoing: inner, body });
  await inner.over;
  if (!inner.isStream) return inner;
  await stream.resume(inner, (lastEventId, next) => {
    const resumed = headOf("GET", { ...ready, accept: "text/event-stream", "last-event-id": lastEventId });
    const rest = { incoming: resumed, outgoing: next, body: NO_BODY };
    return link.server.endpoint.shared({ ...exchange, ...rest });
  });
  if (!outgoing.destroyed) outgoing.end();
  return inner;
}

/** The message with another `params.name`, and every other byte as it came. Only for a `tools/call` that was parsed. */
export function withName(text: string, tool: string): string {
  const scanned = scanJson(text, { maxDepth: MAX_DEPTH });
  const root = scanned.kind === "scanned" && scanned.root.kind === "object" ? scanned.root : undefined;
  const params = root && memberOf(root, "params");
  const name = params?.kind === "object" ? memberOf(params, "name") : undefined;
  if (name === undefined) throw new Error("a call has no name");
  return splice(text, [{ start: name.start, end: name.end, text: JSON.stringify(tool) }]);
}

function headersFor(received: IncomingHttpHeaders, ready: Headers, tool: string): Headers {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(received)) {
    if (typeof value === "string" && !NOT_PASSED.has(name)) headers[name] = value;
  }
  if (headers["mcp-name"] !== undefined) headers["mcp-name"] = encodeHeaderValue(tool);
  return { ...headers, ...ready };
}

/** The stream of a call's answer, towards the client. */
class StreamBack {
  readonly #call: RelayedCall;
  #answered = false;

  constructor(call: RelayedCall) {
    this.#call = call;
  }

  /** A response that goes on in the client's. */
  answer(): InnerAnswer {
    const { outgoing, incoming } = this.#call;
    const inner = new InnerAnswer({
      onStream: () => {
        if (outgoing.headersSent || outgoing.destroyed) return;
        // a broken connection closes too
        outgoing.on("error", () => {});
        outgoing.writeHead(200, { ...STREAM_HEADERS, ...sessionHeaders(incoming) });
        outgoing.flushHeaders();
      },
      onMessage: (text) => this.#write(text),
      onAlive: () => {
        if (!outgoing.destroyed) outgoing.write(KEEP_ALIVE);
      },
    });
    const leave = (): void => void inner.destroy();
    outgoing.once("close", leave);
    void inner.over.then(() => outgoing.off("close", leave));
    if (outgoing.destroyed) leave();
    return inner;
  }

  /** Goes on with a stream that ended before the answer, where the server lets it be resumed. */
  async resume(first: InnerAnswer, open: (lastEventId: string, next: InnerAnswer) => Promise<void>): Promise<void> {
    const { outgoing, request, link } = this.#call;
    let { lastEventId } = first;
    for (let times = 0; !this.#answered && lastEventId !== undefined && times < MAX_RESUMPTIONS; times += 1) {
      if (outgoing.destroyed) return;
      await sleep(RESUME_MS);
      const next = this.answer();
      await open(lastEventId, next);
      if (!next.writableEnded) next.destroy();
      await next.over;
      if (next.lastEventId !== undefined && next.lastEventId !== lastEventId) times = 0;
      lastEventId = next.isStream ? (next.lastEventId ?? lastEventId) : undefined;
    }
    if (this.#answered || outgoing.destroyed) return;
    await this.#write(upstreamError(request.idText, link.server.key, "it ended the stream without an answer"));
  }

  async #write(text: string): Promise<void> {
    const { outgoing, link, request, log } = this.#call;
    if (outgoing.destroyed) return;
    const message = parseServerMessage(text);
    this.#answered ||= message.kind === "response" && String(message.id) === String(request.id);
    outgoing.write(writeEvent({ data: toClient(link.prefix, text), event: "message" }));
    await hasRoom(outgoing, { stallMs: STALL_MS, log });
  }
}
