// One call while a person is asked: keeps its client waiting as MCP has it (progress to a token, comments on the stream, the
// URL to a client that can show it), and ends the wait where the client leaves or cancels. Decides nothing.
import { randomUUID } from "node:crypto";
import type { Waiter } from "../gate/gate.ts";
import type { ApprovalNote, Verdict } from "../gate/types.ts";
import { continueStream } from "./continued-answer.ts";
import { atExpiry } from "./expiry.ts";
import type { Holds } from "./holds.ts";
import type { Slot } from "./in-flight.ts";
import { MAX_DEPTH, memberOf, scanJson } from "./json-scan.ts";
import type { ClientNotification, ClientRequest } from "./jsonrpc.ts";
import type { Outgoing } from "./outgoing.ts";
import { showable } from "./showable.ts";
import { writeEvent } from "./sse.ts";
import { accepts, sessionHeaders } from "./stdio-answers.ts";
import { KEEP_ALIVE_MS, STREAM_HEADERS } from "./stdio-streams.ts";
import type { Exchange } from "./upstream.ts";
import type { UrlAskers } from "./url-askers.ts";

export type HoldOptions = {
  readonly exchange: Exchange;
  readonly message: ClientRequest | ClientNotification;
  /** The server's name, for a person. */
  readonly server: string;
  readonly holds: Holds;
  readonly urlAskers: UrlAskers;
  /** Its place among the requests that are under way. */
  readonly slot: Slot;
  /** When what proved its principal does so no longer: nothing goes out on it then. */
  readonly expiresUnixMs?: number | undefined;
  readonly definition: Waiter["definition"];
};

export interface Hold {
  readonly waiter: Waiter;
  /** Whether the client has cancelled the call, at whatever moment since it was held. */
  isLeft(): boolean;
  /** The wait is over, if there was one. @returns the response on which the call is answered */
  end(verdict: Verdict): Outgoing;
}

/** Well below the minute for which clients wait by default. */
const PROGRESS_SECONDS = 5;

export function createHold(options: HoldOptions): Hold {
  let wait: Wait | undefined;
  return {
    waiter: {
      held(note, seconds, leave) {
        options.slot.held();
        wait = new Wait(options, note, seconds, leave);
      },
      definition: options.definition,
    },
    isLeft: () => wait?.isLeft === true,
    end: (verdict) => wait?.end(verdict) ?? options.exchange.outgoing,
  };
}

class Wait {
  isLeft = false;
  readonly #options: HoldOptions;
  readonly #note: ApprovalNote;
  readonly #leave: () => void;
  readonly #forget: (() => void) | undefined;
  readonly #endExpiry: () => void;
  readonly #beat: NodeJS.Timeout | undefined;
  readonly #tokenText: string | undefined;
  /** Seconds that are left, below zero: what the server reports later counts on from there. */
  #progress: number;
  #streams = false;
  #showsUrl = false;

  constructor(options: HoldOptions, note: ApprovalNote, seconds: number, leave: () => void) {
    const { exchange, message, holds, urlAskers } = options;
    const { session, incoming, outgoing } = exchange;
    this.#options = options;
    this.#note = note;
    this.#leave = () => {
      this.isLeft = true;
      leave();
    };
    this.#progress = -seconds;
    this.#endExpiry = atExpiry(options.expiresUnixMs, this.#leave);
    outgoing.once("close", this.#leave);
    if (outgoing.destroyed) this.#leave();
    if (message.kind !== "request") return;
    this.#forget = holds.add(session.name, message.id, this.#leave);
    // the answer to initialize has a session's id in its head
    if (message.method === "initialize" || !accepts(incoming.headers.accept, "text/event-stream")) return;
    this.#tokenText = tokenTextOf(message);
    this.#showsUrl = exchange.era === "legacy" && urlAskers.includes(session.name, incoming.headers);
    if (this.#showsUrl) this.#showUrl();
    if (this.#tokenText === undefined) this.#beat = setInterval(() => this.#comment(), KEEP_ALIVE_MS);
    else {
      this.#report();
      this.#beat = setInterval(() => this.#report(), PROGRESS_SECONDS * 1_000);
    }
  }

  end(verdict: Verdict): Outgoing {
    const { exchange, message } = this.#options;
    const { outgoing } = exchange;
    clearInterval(this.#beat);
    this.#endExpiry();
    this.#forget?.();
    outgoing.off("close", this.#leave);
    const state = "approval" in verdict ? verdict.approval?.state : undefined;
    if (this.#showsUrl && state !== "pending") {
      this.#tell("notifications/elicitation/complete", JSON.stringify({ elicitationId: this.#note.id }));
    }
    return this.#streams && message.kind === "request" ? continueStream(outgoing, message.idText) : outgoing;
  }

  #report(): void {
    if (this.#progress >= 0) return;
    const text = JSON.stringify(`Waiting for a person's approval (${this.#note.id})`);
    const params = `{"progressToken":${this.#tokenText},"progress":${this.#progress},"message":${text}}`;
    this.#progress += PROGRESS_SECONDS;
    this.#tell("notifications/progress", params);
  }

  #showUrl(): void {
    const { id, url } = this.#note;
    const { exchange, message, server, holds } = this.#options;
    if (url === undefined) return;
    const what = message.kind === "request" ? (message.tool ?? message.method) : message.method;
    const text = `${showable(what)} on ${showable(server)} waits for a person's approval: who may approve it decides there.`;
    const asking = `regate-${randomUUID()}`;
    holds.asked(exchange.session.name, asking);
    this.#tell("elicitation/create", JSON.stringify({ mode: "url", message: text, url, elicitationId: id }), asking);
  }

  #tell(method: string, paramsText: string, id?: string): void {
    const idPart = id === undefined ? "" : `"id":${JSON.stringify(id)},`;
    this.#write(
      writeEvent({ data: `{"jsonrpc":"2.0",${idPart}"method":"${method}","params":${paramsText}}`, event: "message" }),
    );
  }

  #comment(): void {
    this.#write(Buffer.from(": keepalive\n\n"));
  }

  #write(bytes: Uint8Array): void {
    const { incoming, outgoing } = this.#options.exchange;
    if (outgoing.destroyed) return;
    if (!this.#streams) {
      this.#streams = true;
      // a broken connection closes too; there is nothing else to do about it
      outgoing.on("error", () => {});
      outgoing.writeHead(200, { ...STREAM_HEADERS, ...sessionHeaders(incoming) });
    }
    outgoing.write(bytes);
  }
}

/** As received: a number in it may be one that no double holds. */
function tokenTextOf({ metaText, progressToken }: ClientRequest): string | undefined {
  if (metaText === undefined || progressToken === undefined) return undefined;
  const scan = scanJson(metaText, { maxDepth: MAX_DEPTH, tolerant: true });
  const node =
    scan.kind === "scanned" && scan.root.kind === "object" ? memberOf(scan.root, "progressToken") : undefined;
  return node && metaText.slice(node.start, node.end);
}
