// Regate's own link to a stdio server: one process, started for it alone and ended with it. What the server says at its
// end is kept, since it is the best account of why there was no list.
import { parseServerMessage } from "./jsonrpc.ts";
import type { Era } from "./message-headers.ts";
import { type OwnLink, OwnSide } from "./own-link.ts";
import { type StdioChild, startChild, type Written } from "./stdio-child.ts";
import { OwnRequests } from "./stdio-own.ts";
import { Reaper } from "./stdio-reaper.ts";
import { routeOf } from "./stdio-route.ts";
import type { OwnAnswer } from "./upstream.ts";

export type StdioLinkOptions = {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** For each answer. */
  readonly timeoutMs: number;
  readonly maxMessageBytes: number;
};

/** Lines of standard error that are kept. */
const LAST_WORDS = 3;

/** The process starts with the first request. A server that can't be started is an answer, not an exception. */
export function openStdioLink(options: StdioLinkOptions): OwnLink {
  return new StdioLink(options);
}

class StdioLink implements OwnLink {
  readonly #options: StdioLinkOptions;
  readonly #reaper = new Reaper(() => {});
  readonly #own = new OwnRequests((text) => this.#send(text));
  readonly #side = new OwnSide((text) => void this.#send(text));
  #started: Promise<StdioChild | string> | undefined;
  #lastWords: string[] = [];

  constructor(options: StdioLinkOptions) {
    this.#options = options;
  }

  get listChanges(): number {
    return this.#side.listChanges;
  }

  async ask(method: string, paramsText: string): Promise<OwnAnswer> {
    const answer = await this.#own.ask(method, paramsText, this.#options.timeoutMs);
    if (answer.kind === "answered" || this.#lastWords.length === 0) return answer;
    return { ...answer, problem: `${answer.problem} (${this.#lastWords.join("; ")})` };
  }

  async tell(method: string): Promise<void> {
    await this.#send(`{"jsonrpc":"2.0","method":${JSON.stringify(method)}}`);
  }

  speak(era: Era, version: string): void {
    this.#side.era = era;
    this.#side.version = version;
  }

  async close(): Promise<void> {
    const child = await this.#started;
    if (typeof child === "object") await child.stop("the list is read");
    this.#reaper.close();
  }

  async #send(text: string): Promise<Written> {
    this.#started ??= this.#start();
    const child = await this.#started;
    return typeof child === "string" ? { kind: "not_written", problem: child } : child.send(Buffer.from(text));
  }

  /** The process, or why there is none. */
  async #start(): Promise<StdioChild | string> {
    const { command, args, env, cwd, maxMessageBytes } = this.#options;
    const child = { command, args, env, cwd, maxMessageBytes, reaper: this.#reaper };
    const started = await startChild(child, {
      onLine: async (text) => this.#take(text),
      onNoise: (line) => {
        this.#lastWords = [...this.#lastWords, line].slice(-LAST_WORDS);
      },
      onEnd: (problem) => this.#own.end(problem),
    });
    return started.kind === "started" ? started.child : started.problem;
  }

  /** An answer that is no proper message is one too: whoever asked finds out. */
  #take(text: string): void {
    const route = routeOf(text);
    if (route.kind === "response") this.#own.take(route.key, text);
    else this.#side.take(parseServerMessage(text));
  }
}
