// One server in the session of a client of all servers: opens the server's own session with what the client said of itself, lists
// its tools, and listens to what the server says by itself. Everything goes through the server's endpoint, which judges it.
import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Principal } from "../../gate/types.ts";
import type { ServerEndpoint } from "../endpoint.ts";
import { isRecord } from "../envelope.ts";
import type { ListedTool } from "../list-filter.ts";
import { listPages } from "../list-pages.ts";
import { resultOf } from "../own-link.ts";
import { parseJson } from "../parse-json.ts";
import { UPSTREAM_FAILED_CODE } from "../refusal.ts";
import { type Asked, ask, type Headers, NO_BODY, send, tell } from "./ask.ts";
import { InnerAnswer } from "./inner-answer.ts";
import { isHashed, nameTool, prefixOf } from "./tool-names.ts";

/** A configured server, as it runs. */
export type SharedServer = { readonly key: string; readonly endpoint: ServerEndpoint };

export type LinkOptions = {
  readonly server: SharedServer;
  /** Who called last in the session: for what no request asks for. */
  readonly principal: () => Principal;
  /** The name of the client's session. */
  readonly session: string;
  /** Params of the `initialize` that opens the server's own; undefined in the modern era, which has none. */
  readonly opening: { readonly paramsText: string; readonly version: string } | undefined;
  /** Sent with each message of the gate's own. */
  readonly headers: Headers;
  /** Gets each message that the server sends outside of a client's call. */
  readonly onMessage: (link: Link, text: string) => void;
};

/** `headers` name the server's session and what it speaks. */
export type Ready = { readonly kind: "ready"; readonly headers: Headers } | Failed;
export type Listing = { readonly kind: "listed"; readonly tools: readonly ListedTool[] } | Failed;
type Failed = { readonly kind: "failed"; readonly problem: string };

/** What a request of the modern era says of its client. */
export type Claims = { readonly metaText: string; readonly version: string };
/** Who asks: what a token says of a principal may differ from one request to the next. */
export type Asking = { readonly principal: Principal; readonly claims: Claims | undefined };

const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;
const initializedSchema = z.object({ protocolVersion: z.string().regex(/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/) });
export const LIST_CHANGED = '{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}';
const INITIALIZED = '{"jsonrpc":"2.0","method":"notifications/initialized"}';

export class Link {
  readonly server: SharedServer;
  readonly prefix: string;
  readonly #options: LinkOptions;
  /** Full names of tools that can't be read back, with the tools. */
  #hashed: ReadonlyMap<string, string> = new Map();
  #ready: Promise<Ready> | undefined;
  /** Of the server's session that was opened last. */
  #headers: Headers | undefined;
  #wasOpen = false;
  #failures = 0;
  #retryAtMs = 0;
  #stream: InnerAnswer | undefined;
  #ended = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.server = options.server;
    this.prefix = prefixOf(options.server.key);
  }

  /** Opens the server's session where none is open; one that failed is tried again after a while. Never rejects. */
  async ready(principal: Principal = this.#options.principal()): Promise<Ready> {
    if (this.#ended) return failed("its session is over");
    this.#ready ??= this.#open(principal);
    const opening = this.#ready;
    const ready = await opening;
    if (ready.kind === "ready" || performance.now() < this.#retryAtMs) return ready;
    if (this.#ready === opening) this.#ready = undefined;
    return this.#ready === undefined ? this.ready(principal) : this.#ready;
  }

  /** When a server that failed may be tried again, in milliseconds from now. */
  get retryInMs(): number {
    return Math.max(0, this.#retryAtMs - performance.now());
  }

  /** The server knows this session no longer. */
  lost(headers: Headers): void {
    if (this.#headers === headers) this.#ready = undefined;
  }

  /** All tools that the client may see. Never rejects. */
  async list(asking: Asking): Promise<Listing> {
    const { principal, claims } = asking;
    for (let attempt = 1; ; attempt += 1) {
      const ready = await this.ready(principal);
      if (ready.kind === "failed") return ready;
      const tools: ListedTool[] = [];
      const headers = { ...ready.headers, ...modernHeaders(claims, "tools/list") };
      const fault = await listPages(
        claims?.metaText,
        (paramsText) => this.#ask(principal, headers, "tools/list", paramsText),
        (page) => tools.push(...page.tools),
      );
      if (fault?.sessionLost === true && this.#options.opening !== undefined && attempt === 1) {
        this.lost(ready.headers);
        continue;
      }
      if (fault !== undefined) return failed(fault.problem);
      const named = tools.map(({ name }) => [nameTool(this.prefix, name), name] as const);
      this.#hashed = new Map(named.filter(([full]) => isHashed(full)).reverse());
      return { kind: "listed", tools };
    }
  }

  /** The tool whose name can't be read back; lists where it is not known. Undefined where the server has none. */
  async unhash(name: string, asking: Asking): Promise<string | undefined> {
    const known = this.#hashed.get(name);
    if (known !== undefined) return known;
    await this.list(asking);
    return this.#hashed.get(name);
  }

  /** Whether the server's session was opened before, and perhaps still is. */
  get isOpen(): boolean {
    return this.#wasOpen;
  }

  /** Hands a notification of the client's, or its answer to the server, on. @param more headers that it needs */
  async tell(text: string, principal: Principal, more: Headers = {}): Promise<void> {
    const ready = await this.ready(principal);
    if (ready.kind === "ready") await tell(this.#asking(principal, { ...ready.headers, ...more }), text);
  }

  /**
   * Has the server say, in the modern era, when its tools change; resolves when it does so no longer.
   * @returns whether it is worth another try
   */
  async subscribe(
    principal: Principal,
    claims: Claims,
    gone: AbortSignal,
    onMessage: (text: string) => void,
  ): Promise<boolean> {
    if (gone.aborted) return false;
    const inner = new InnerAnswer({ onMessage });
    const leave = (): void => void inner.destroy();
    gone.addEventListener("abort", leave, { once: true });
    const headers = { ...this.#options.headers, ...modernHeaders(claims, "subscriptions/listen") };
    const params = `{"notifications":{"toolsListChanged":true},"_meta":${claims.metaText}}`;
    const text = `{"jsonrpc":"2.0","id":"regate-${randomUUID()}","method":"subscriptions/listen","params":${params}}`;
    await send(this.#asking(principal, headers), "POST", Buffer.from(text), inner);
    gone.removeEventListener("abort", leave);
    return inner.isStream || !refusesFor(inner);
  }

  /** Has what the server says by itself handed on, from now until `unlisten`. */
  listen(): void {
    if (this.#stream === undefined && !this.#ended && this.#options.opening !== undefined) void this.#follow();
  }

  unlisten(): void {
    const stream = this.#stream;
    this.#stream = undefined;
    stream?.destroy();
  }

  /** Ends the server's session; resolves when the server has heard of it. */
  async end(): Promise<void> {
    this.#ended = true;
    this.unlisten();
    const ready = await this.#ready;
    if (ready?.kind !== "ready" || ready.headers["mcp-session-id"] === undefined) return;
    await send(
      this.#asking(this.#options.principal(), ready.headers),
      "DELETE",
      NO_BODY,
      new InnerAnswer({ onMessage() {} }),
    );
  }

  async #open(principal: Principal): Promise<Ready> {
    const { opening, headers } = this.#options;
    if (opening === undefined) return { kind: "ready", headers };
    const asked = await this.#ask(principal, headers, "initialize", opening.paramsText);
    const ready = this.#introduced(asked, opening.version);
    if (ready.kind === "failed") {
      this.#retryAtMs = performance.now() + Math.min(FIRST_RETRY_MS * 2 ** this.#failures, LONGEST_RETRY_MS);
      this.#failures += 1;
      return ready;
    }
    this.#failures = 0;
    this.#retryAtMs = 0;
    this.#headers = ready.headers;
    await tell(this.#asking(principal, ready.headers), INITIALIZED);
    if (this.#wasOpen) this.#options.onMessage(this, LIST_CHANGED);
    this.#wasOpen = true;
    return ready;
  }

  #introduced(asked: Asked, wanted: string): Ready {
    const result = resultOf("initialize", asked);
    if (result.kind === "failed") return failed(result.problem);
    const initialized = initializedSchema.safeParse(result.value);
    if (!initialized.success) return failed("it answered initialize without a protocol version");
    const { protocolVersion } = initialized.data;
    if (protocolVersion > wanted) return failed(`it speaks ${protocolVersion}, and the client ${wanted}`);
    const { sessionId } = asked;
    return {
      kind: "ready",
      headers: {
        ...this.#options.headers,
        "mcp-protocol-version": protocolVersion,
        ...(sessionId !== undefined && { "mcp-session-id": sessionId }),
      },
    };
  }

  /** One stream after the other; a server that has none is not asked again. */
  async #follow(): Promise<void> {
    for (let failures = 0; !this.#ended; failures += 1) {
      const stream = new InnerAnswer({
        onMessage: (text) => {
          failures = 0;
          this.#options.onMessage(this, text);
        },
      });
      this.#stream = stream;
      const ready = await this.ready();
      if (this.#stream !== stream) return;
      if (ready.kind === "ready") {
        await send(this.#asking(this.#options.principal(), ready.headers), "GET", NO_BODY, stream);
        if (stream.statusCode === 404) this.lost(ready.headers);
        else if (!stream.isStream && stream.statusCode < 500) {
          // it has no such stream
          return;
        }
      }
      const waitMs = Math.max(this.retryInMs, Math.min(FIRST_RETRY_MS * 2 ** failures, LONGEST_RETRY_MS));
      await new Promise((resolve) => setTimeout(resolve, waitMs).unref());
      if (this.#stream !== stream) return;
    }
  }

  #ask(principal: Principal, headers: Headers, method: string, paramsText: string): Promise<Asked> {
    return ask(this.#asking(principal, headers), method, paramsText);
  }

  #asking(principal: Principal, headers: Headers) {
    const { server, session, onMessage, opening } = this.#options;
    return {
      endpoint: server.endpoint,
      principal,
      headers,
      session: opening === undefined ? undefined : session,
      onOther: (text: string) => onMessage(this, text),
    };
  }
}

/** The headers of a request of the gate's own in the modern era; none in the other. */
export function modernHeaders(claims: Claims | undefined, method: string): Headers {
  return claims === undefined ? {} : { "mcp-protocol-version": claims.version, "mcp-method": method };
}

/** Whether it will have no such request: not now, nor later. */
function refusesFor({ statusCode: status, body }: InnerAnswer): boolean {
  if (status === 0 || status >= 500 || status === 429) return false;
  const message = parseJson(body.toString("utf8"));
  return !(isRecord(message) && isRecord(message.error) && message.error.code === UPSTREAM_FAILED_CODE);
}

function failed(problem: string): Failed {
  return { kind: "failed", problem };
}
