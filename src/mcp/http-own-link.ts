// Regate's own link to a server over Streamable HTTP: one session, ended with it. It follows no redirect, and sends no
// credential but the configured ones.
import { randomUUID } from "node:crypto";
import Pool from "undici/lib/dispatcher/pool.js";
import { sendWithCredentials } from "./http-credentials.ts";
import { ownHeaders } from "./http-headers.ts";
import { OwnExchange, type OwnHooks } from "./http-own-exchange.ts";
import type { Era } from "./message-headers.ts";
import { type OwnLink, OwnSide } from "./own-link.ts";
import type { Credentials, OwnAnswer } from "./upstream.ts";

export type HttpLinkOptions = {
  readonly url: URL;
  /** And other headers of the configuration. */
  readonly credentials: Credentials;
  /** For each answer. */
  readonly timeoutMs: number;
  readonly maxAnswerBytes: number;
};

const CONNECT_TIMEOUT_MS = 10_000;
/** Nobody needs what the server says to these. */
const PARTING_TIMEOUT_MS = 5_000;

export function openHttpLink(options: HttpLinkOptions): OwnLink {
  return new HttpLink(options);
}

class HttpLink implements OwnLink {
  readonly #options: HttpLinkOptions;
  readonly #pool: Pool;
  readonly #side = new OwnSide((text) => this.#send(undefined, text, undefined, PARTING_TIMEOUT_MS));
  #sessionId: string | undefined;

  constructor(options: HttpLinkOptions) {
    this.#options = options;
    this.#pool = new Pool(options.url.origin, { connect: { timeout: CONNECT_TIMEOUT_MS }, bodyTimeout: 0 });
  }

  get listChanges(): number {
    return this.#side.listChanges;
  }

  async ask(method: string, paramsText: string): Promise<OwnAnswer> {
    const id = `regate-${randomUUID()}`;
    const text = `{"jsonrpc":"2.0","id":"${id}","method":${JSON.stringify(method)},"params":${paramsText}}`;
    const answer = await this.#send(method, text, id, this.#options.timeoutMs, {
      onHeaders: ({ "mcp-session-id": given }) => {
        if (method === "initialize" && typeof given === "string") this.#sessionId = given;
      },
      onOther: (message) => this.#side.take(message),
    });
    return answer.kind === "answered" ? answer : { ...answer, problem: this.#explain(answer.problem, answer.status) };
  }

  async tell(method: string): Promise<void> {
    const text = `{"jsonrpc":"2.0","method":${JSON.stringify(method)}}`;
    await this.#send(method, text, undefined, this.#options.timeoutMs);
  }

  speak(era: Era, version: string): void {
    this.#side.era = era;
    this.#side.version = version;
  }

  async close(): Promise<void> {
    if (this.#sessionId !== undefined) await this.#dispatch("DELETE", undefined, null, undefined, PARTING_TIMEOUT_MS);
    await this.#pool.destroy();
  }

  #explain(problem: string, status: number | undefined): string {
    if (status === 401 || status === 403)
      return `${problem}: it wants credentials; give them under \`headers\` or \`oauth\``;
    return status === 404 && this.#sessionId === undefined ? "it answered with HTTP status 404" : problem;
  }

  #send(
    method: string | undefined,
    text: string,
    id: string | undefined,
    timeoutMs: number,
    hooks?: OwnHooks,
  ): Promise<OwnAnswer> {
    return this.#dispatch("POST", method, text, id, timeoutMs, hooks);
  }

  #dispatch(
    verb: "POST" | "DELETE",
    method: string | undefined,
    body: string | null,
    id: string | undefined,
    timeoutMs: number,
    hooks?: OwnHooks,
  ): Promise<OwnAnswer> {
    const { url, credentials, maxAnswerBytes } = this.#options;
    const { era, version } = this.#side;
    const said = {
      ...(version !== undefined && { "mcp-protocol-version": version }),
      ...(era === "modern" && { "mcp-method": method }),
    };
    return new Promise((resolve) => {
      const rest = { method: verb, path: url.pathname + url.search, body, headersTimeout: timeoutMs };
      sendWithCredentials({
        dispatcher: this.#pool,
        credentials,
        principal: undefined,
        request: (own) => ({ ...rest, headers: ownHeaders(said, own, this.#sessionId, method) }),
        handler: new OwnExchange(id, maxAnswerBytes, timeoutMs, resolve, hooks),
      });
    });
  }
}
