// What HTTP must carry of a session that stdio doesn't: the legacy session's id and version, the modern request's claims. It
// learns them from what passes, as a client over HTTP would.
import { z } from "zod";
import type { ClientRequest } from "../../mcp/jsonrpc.ts";
import type { GateAnswer } from "./gate-answer.ts";
import { claimedVersion, type ListedTools, learnTools, modernHeaders } from "./message-headers.ts";

const initializedSchema = z.object({ result: z.object({ protocolVersion: z.string() }) });

export class ClientSession {
  readonly #listed: ListedTools = new Map();
  #headers: Readonly<Record<string, string>> | undefined;
  #id: string | undefined;
  /** What client and server agreed on (legacy), or what the client claimed last (modern). */
  #version: string | undefined;

  /** The id that the server gave the session; undefined where there is none. */
  get id(): string | undefined {
    return this.#id;
  }

  headersFor(request: ClientRequest): Readonly<Record<string, string>> {
    // opens a session: the one before it is of no more use
    if (request.method === "initialize") return {};
    const version = claimedVersion(request);
    if (version === undefined) return this.headers();
    this.#setVersion(version);
    return modernHeaders(request, version, this.#listed);
  }

  /** For what is no request: a notification, an answer to the server, a stream, the end. The same object until it says otherwise. */
  headers(): Readonly<Record<string, string>> {
    this.#headers ??= {
      ...(this.#id !== undefined && { "mcp-session-id": this.#id }),
      ...(this.#version !== undefined && { "mcp-protocol-version": this.#version }),
    };
    return this.#headers;
  }

  /** Takes the session's id from the head of the answer to `request`. */
  learnHead(request: ClientRequest, answer: GateAnswer): void {
    if (request.method !== "initialize" || answer.status !== 200) return;
    this.#id = answer.session;
    this.#headers = undefined;
  }

  /** Takes what the answer to `request` says. */
  learn(request: ClientRequest, answer: Readonly<Record<string, unknown>>): void {
    if (request.method === "initialize")
      this.#setVersion(initializedSchema.safeParse(answer).data?.result.protocolVersion);
    if (request.method === "tools/list") learnTools(answer.result, this.#listed);
  }

  #setVersion(version: string | undefined): void {
    this.#version = version;
    this.#headers = undefined;
  }
}
