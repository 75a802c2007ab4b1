// One client's session with all servers: a link to each, which calls are under way at which, and what servers say by themselves
// merged into the client's stream. Servers come and go with the configuration; none is waited for longer than `waitMs`.
import { setTimeout as sleep } from "node:timers/promises";
import type { Principal } from "../../gate/types.ts";
import { parseServerMessage } from "../jsonrpc.ts";
import { errorAnswer, UPSTREAM_FAILED_CODE } from "../refusal.ts";
import { type IdKey, keyOf } from "../stdio-route.ts";
import { type Asking, Link, type LinkOptions, type Listing, type SharedServer } from "./link.ts";
import type { LeftOut, ServerTools } from "./merged-list.ts";
import { toClient } from "./own-names.ts";

export type SharedSessionOptions = Pick<LinkOptions, "opening" | "headers"> & {
  readonly name: string;
  readonly principal: Principal;
  readonly servers: () => readonly SharedServer[];
  /** How long a list of tools waits for a server. */
  readonly waitMs: number;
};

/** Where the client hears what belongs to none of its calls. */
export interface Listener {
  changed(): void;
  /** A message of a server's; absent where only changes are listened for. */
  deliver?(text: string): void;
}

/** `failures` in a row; `timer` while the next try is awaited. */
type Retry = { readonly failures: number; readonly timer: NodeJS.Timeout | undefined };

export type Lists = { readonly listed: readonly ServerTools[]; readonly leftOut: readonly LeftOut[] };

/** Besides changes, what of a server's own concerns a client that only calls tools. */
const DELIVERED: ReadonlySet<string> = new Set([
  "notifications/cancelled",
  "notifications/progress",
  "notifications/elicitation/complete",
]);
/** Messages that wait for a client to listen. */
const MAX_WAITING = 100;
const MAX_WAITING_CHARACTERS = 1_048_576;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;
/** Servers that change together are one change. */
const GATHER_MS = 50;
const NOT_YET = "it has not answered yet; its tools are announced when it has";

export class SharedSession {
  readonly name: string;
  /** As whoever called last proved to be it. */
  principal: Principal;
  lastUsedMs = performance.now();
  readonly #options: SharedSessionOptions;
  readonly #links = new Map<string, Link>();
  readonly #calls = new Map<IdKey, Link>();
  readonly #listeners = new Set<Listener>();
  /** Lists that take longer than a client waits. */
  readonly #late = new Set<Link>();
  readonly #retries = new Map<Link, Retry>();
  #waiting: { readonly link: Link; readonly text: string }[] = [];
  #waitingCharacters = 0;
  #gathering: NodeJS.Timeout | undefined;
  /** Something changed, and no client listened. */
  #isChanged = false;
  #ended = false;

  constructor(options: SharedSessionOptions) {
    this.#options = options;
    this.name = options.name;
    this.principal = options.principal;
  }

  /** Whether anybody waits for anything in it. */
  get isIdle(): boolean {
    return this.#calls.size === 0 && this.#listeners.size === 0;
  }

  /** A link to each server that there is now, in their order. */
  links(): readonly Link[] {
    const running = this.#ended ? [] : this.#options.servers();
    for (const [key, link] of this.#links) {
      if (!running.includes(link.server)) this.#drop(key, link);
    }
    return running.map((server) => {
      const known = this.#links.get(server.key);
      if (known !== undefined) return known;
      const { opening, headers } = this.#options;
      const principal = (): Principal => this.principal;
      const onMessage = (from: Link, text: string): void => this.#take(from, text);
      const link = new Link({ server, principal, session: this.name, opening, headers, onMessage });
      this.#links.set(server.key, link);
      if (this.#listens()) link.listen();
      return link;
    });
  }

  /** Opens the servers' sessions, without waiting for any. */
  open(): void {
    for (const link of this.links()) void link.ready();
  }

  find(prefix: string): Link | undefined {
    return this.links().find((link) => link.prefix === prefix);
  }

  /** What every server lists that answers in time. */
  async list(asking: Asking): Promise<Lists> {
    const asked = this.links().map((link) => this.#list(link, asking));
    const awaited = Promise.all(asked.map(({ listing }) => listing));
    const patience = new AbortController();
    await Promise.race([awaited, sleep(this.#options.waitMs, undefined, { signal: patience.signal }).catch(() => {})]);
    patience.abort();
    const listed: ServerTools[] = [];
    const leftOut: LeftOut[] = [];
    for (const { link, listing, settled } of asked) {
      const { key } = link.server;
      const now = settled();
      if (now?.kind === "listed") {
        listed.push({ prefix: link.prefix, key, tools: now.tools });
        this.#forgetRetry(link);
      } else leftOut.push({ server: key, problem: now?.problem ?? NOT_YET });
      if (now === undefined && listing !== undefined) this.#awaitLate(link, listing);
      else if (now?.kind === "failed") this.#retry(link);
    }
    return { listed, leftOut };
  }

  /** @returns what takes the call off the table */
  begin(id: string | number, link: Link): () => void {
    const key = keyOf(id);
    this.#calls.set(key, link);
    return () => {
      if (this.#calls.get(key) === link) this.#calls.delete(key);
      this.lastUsedMs = performance.now();
    };
  }

  /** The server at which the call is under way. */
  callee(key: IdKey): Link | undefined {
    return this.#calls.get(key);
  }

  /** @returns what takes it away */
  attach(listener: Listener): () => void {
    this.#listeners.add(listener);
    if (this.#isChanged) listener.changed();
    this.#isChanged = false;
    if (listener.deliver !== undefined) {
      this.#waitingCharacters = 0;
      for (const { link, text } of this.#waiting.splice(0)) listener.deliver(toClient(link.prefix, text));
      for (const link of this.links()) link.listen();
    }
    return () => {
      this.#listeners.delete(listener);
      this.lastUsedMs = performance.now();
      if (!this.#listens()) for (const link of this.#links.values()) link.unlisten();
    };
  }

  /** The client should list again. */
  changed(): void {
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined;
      this.#isChanged = this.#listeners.size === 0;
      for (const listener of this.#listeners) listener.changed();
    }, GATHER_MS).unref();
  }

  /** Ends the servers' sessions; resolves when they have heard of it. */
  async end(): Promise<void> {
    this.#ended = true;
    clearTimeout(this.#gathering);
    for (const { timer } of this.#retries.values()) clearTimeout(timer);
    const links = [...this.#links.values()];
    this.#links.clear();
    await Promise.all(links.map((link) => link.end()));
  }

  #listens(): boolean {
    return [...this.#listeners].some(({ deliver }) => deliver !== undefined);
  }

  #drop(key: string, link: Link): void {
    this.#links.delete(key);
    this.#forgetRetry(link);
    void link.end();
  }

  /** `listing` is undefined where an earlier one is late: it is not waited for again, and was perhaps made for somebody else. */
  #list(link: Link, asking: Asking) {
    let settled: Listing | undefined;
    const listing = this.#late.has(link) ? undefined : link.list(asking);
    void listing?.then((done) => {
      settled = done;
    });
    return { link, listing, settled: () => settled };
  }

  #awaitLate(link: Link, listing: Promise<Listing>): void {
    if (this.#late.has(link)) return;
    this.#late.add(link);
    void listing.then((done) => {
      this.#late.delete(link);
      if (done.kind === "listed") this.changed();
      else this.#retry(link);
    });
  }

  /** Says when a server that failed is there again, to a client that listens. */
  #retry(link: Link): void {
    const before = this.#retries.get(link);
    if (before?.timer !== undefined || this.#ended || !this.#listens()) return;
    const failures = (before?.failures ?? 0) + 1;
    const waitMs = Math.max(link.retryInMs, Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LONGEST_RETRY_MS));
    const timer = setTimeout(async () => {
      this.#retries.set(link, { failures, timer: undefined });
      if (this.#links.get(link.server.key) !== link) return;
      const listing = await link.list({ principal: this.principal, claims: undefined });
      if (listing.kind === "failed") this.#retry(link);
      else this.changed();
    }, waitMs).unref();
    this.#retries.set(link, { failures, timer });
  }

  #forgetRetry(link: Link): void {
    clearTimeout(this.#retries.get(link)?.timer);
    this.#retries.delete(link);
  }

  #take(link: Link, text: string): void {
    const message = parseServerMessage(text);
    if (message.kind === "notification" && message.method === "notifications/tools/list_changed") this.changed();
    else if (message.kind === "request" || (message.kind === "notification" && DELIVERED.has(message.method)))
      this.#deliver(link, text);
  }

  #deliver(link: Link, text: string): void {
    const listener = [...this.#listeners].findLast(({ deliver }) => deliver !== undefined);
    if (listener?.deliver !== undefined) {
      listener.deliver(toClient(link.prefix, text));
      return;
    }
    this.#waiting.push({ link, text });
    this.#waitingCharacters += text.length;
    while (this.#waiting.length > MAX_WAITING || this.#waitingCharacters > MAX_WAITING_CHARACTERS) {
      const lost = this.#waiting.shift();
      if (lost === undefined) return;
      this.#waitingCharacters -= lost.text.length;
      const message = parseServerMessage(lost.text);
      if (message.kind === "request")
        void lost.link.tell(errorAnswer(message.idText, UPSTREAM_FAILED_CODE, "no client listens"), this.principal);
    }
  }
}
