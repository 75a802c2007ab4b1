// Reads server-sent events as the standard says, and keeps comments too, so that tests see whether they came through.

export type SseEvent = {
  readonly id: string | undefined;
  /** "" for an event that only says its id, retry or a comment. */
  readonly data: string;
  readonly retry: string | undefined;
  readonly comments: readonly string[];
};

export class SseReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #decoder = new TextDecoder();
  #rest = "";
  #afterCr = false;
  #ended = false;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** The next block of lines that is not empty; undefined where the stream has ended, cleanly or not. */
  async next(): Promise<SseEvent | undefined> {
    for (;;) {
      const block = this.#takeBlock();
      if (block !== undefined) return parseBlock(block);
      if (this.#ended) return undefined;
      await this.#read();
    }
  }

  async #read(): Promise<void> {
    try {
      const { done, value } = await this.#chunks.next();
      if (done) this.#ended = true;
      else this.#append(this.#decoder.decode(value, { stream: true }));
    } catch {
      this.#ended = true;
    }
  }

  /** Line ends become LF; a CRLF may come in two pieces. */
  #append(text: string): void {
    if (text === "") return;
    const fresh = this.#afterCr && text.startsWith("\n") ? text.slice(1) : text;
    this.#afterCr = text.endsWith("\r");
    this.#rest += fresh.replace(/\r\n?/g, "\n");
  }

  #takeBlock(): string | undefined {
    const match = /^\n*((?:.+\n)+)\n/.exec(this.#rest);
    if (match === null) return undefined;
    this.#rest = this.#rest.slice(match[0].length);
    return match[1];
  }
}

function parseBlock(block: string): SseEvent {
  const data: string[] = [];
  const comments: string[] = [];
  let id: string | undefined;
  let retry: string | undefined;
  for (const line of block.split("\n")) {
    const [, field = "", value = ""] = /^([^:]*):? ?([\s\S]*)$/.exec(line) ?? [];
    if (line.startsWith(":")) comments.push(value);
    else if (field === "data") data.push(value);
    else if (field === "id") id = value;
    else if (field === "retry") retry = value;
  }
  return { id, data: data.join("\n"), retry, comments };
}
