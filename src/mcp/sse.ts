// Server-sent events as bytes: splits a stream into events without changing a byte of them, so that what is not rewritten
// goes on as it came; but a line whose field the standard does not know becomes a comment, since some reader may know it.
// Knows nothing of JSON. What is unfinished when the stream ends is no event, and dropped.

/**
 * A piece of a stream. The `raw` of all pieces, in order, are the bytes of the stream up to its last finished event, with
 * colons (a comment) in the place of every line of an unknown field.
 * A piece without data (a comment, a bare id or retry) says nothing to the client and is passed on as it is.
 */
export type SseEvent = {
  readonly raw: Uint8Array;
  /** The data lines joined by LF; undefined where there is none, and may be empty. */
  readonly data: string | undefined;
  readonly id: string | undefined;
  readonly event: string | undefined;
};

/** `problem` is set once an event is longer than the bound: the events before it are whole, nothing after it is read. */
export type SseRead = { readonly events: readonly SseEvent[]; readonly problem: string | undefined };

export type SseReader = { push(chunk: Uint8Array): SseRead };

const LF = 0x0a;
const CR = 0x0d;
const COLON = 0x3a;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf] as const;
/** What some readers take for a line end besides LF and CR: those that split text as Python's `splitlines` does. */
const OTHER_LINE_ENDS = ["\v", "\f", "\x1c", "\x1d", "\x1e", "\u0085", "\u2028", "\u2029"];
/** Those of them that can stand in JSON as it is written, which is inside a string only. */
const LINE_ENDS_IN_JSON = /[\u0085\u2028\u2029]/g;
const KNOWN_FIELDS: ReadonlySet<string> = new Set(["data", "event", "id", "retry"]);
const FIRST_CAPACITY_BYTES = 4_096;
/** As browsers and SDKs decode a stream: what is not UTF-8 becomes U+FFFD. */
const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** @param maxEventBytes the longest event that is held in memory, its field names and line ends included */
export function createSseReader(maxEventBytes: number): SseReader {
  return new Reader(maxEventBytes);
}

class Reader implements SseReader {
  readonly #maxEventBytes: number;
  /** What came and was not handed out yet is `#bytes[0, #length)`; every line before `#lineStart` is read. */
  #bytes = new Uint8Array(FIRST_CAPACITY_BYTES);
  #length = 0;
  #lineStart = 0;
  #searchFrom = 0;
  #fields = new Fields();
  #atStreamStart = true;
  /** The last line ended with a CR at the very end of a chunk: an LF that follows belongs to it. */
  #expectsLf = false;
  #problem: string | undefined;

  constructor(maxEventBytes: number) {
    this.#maxEventBytes = maxEventBytes;
  }

  push(chunk: Uint8Array): SseRead {
    const events: SseEvent[] = [];
    if (this.#problem !== undefined || chunk.length === 0) return { events, problem: this.#problem };
    this.#append(chunk);
    if (this.#expectsLf) this.#takeLf(events);
    let pieceStart = 0;
    for (let end = this.#lineEnd(); end !== undefined; end = this.#lineEnd()) {
      const line = this.#bytes.subarray(this.#lineStart, end);
      const next = this.#afterLineEnd(end);
      const finished = this.#readLine(line) || this.#fields.isEmpty;
      this.#lineStart = next;
      this.#searchFrom = next;
      if (!finished) continue;
      if (next - pieceStart > this.#maxEventBytes) break;
      // an event that ended, or a comment before one, which must not wait for an event to come
      events.push(this.#fields.toEvent(this.#bytes.slice(pieceStart, next)));
      this.#fields = new Fields();
      pieceStart = next;
    }
    this.#forget(pieceStart);
    if (this.#length > this.#maxEventBytes)
      this.#problem = `an event of the stream is longer than ${this.#maxEventBytes} bytes`;
    return { events, problem: this.#problem };
  }

  /** Reads one line without its end; true where it is the empty line that ends an event. */
  #readLine(line: Uint8Array): boolean {
    const hasMark = this.#atStreamStart && BYTE_ORDER_MARK.every((byte, index) => line[index] === byte);
    this.#atStreamStart = false;
    const content = hasMark ? line.subarray(BYTE_ORDER_MARK.length) : line;
    // a parser that strips the characters of a misread byte order mark would find a message that was not screened
    if (content.length > 0 && !this.#fields.read(content)) line.fill(COLON);
    return content.length === 0;
  }

  #lineEnd(): number | undefined {
    const bytes = this.#bytes;
    const length = this.#length;
    for (let at = this.#searchFrom; at < length; at++) {
      if (bytes[at] === LF || bytes[at] === CR) return at;
    }
    this.#searchFrom = length;
    return undefined;
  }

  #afterLineEnd(end: number): number {
    if (this.#bytes[end] === LF) return end + 1;
    // the event must not wait for the byte after a CR: there may be none for long
    if (end + 1 === this.#length) this.#expectsLf = true;
    return this.#bytes[end + 1] === LF && end + 1 < this.#length ? end + 2 : end + 1;
  }

  #takeLf(events: SseEvent[]): void {
    this.#expectsLf = false;
    if (this.#bytes[this.#lineStart] !== LF) return;
    const afterEvent = this.#lineStart === 0;
    this.#lineStart += 1;
    this.#searchFrom = this.#lineStart;
    if (!afterEvent) return;
    // its event was handed out already: the LF goes after it at once
    events.push(this.#fields.toEvent(this.#bytes.slice(0, 1)));
    this.#forget(1);
  }

  #append(chunk: Uint8Array): void {
    const needed = this.#length + chunk.length;
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(chunk, this.#length);
    this.#length = needed;
  }

  #forget(count: number): void {
    if (count === 0) return;
    this.#bytes.copyWithin(0, count, this.#length);
    this.#length -= count;
    this.#lineStart -= count;
    this.#searchFrom -= count;
  }
}

/** The fields of one event, line by line. */
class Fields {
  isEmpty = true;
  readonly #data: string[] = [];
  #id: string | undefined;
  #event: string | undefined;

  /** False where the line is no field that the standard knows, or no line to some readers; it says nothing then. */
  read(line: Uint8Array): boolean {
    const { name, value } = fieldOf(line);
    if (name !== "data" && isSplitBySome(value)) return false;
    if (name === "") return true;
    if (!KNOWN_FIELDS.has(name)) return false;
    this.isEmpty = false;
    if (name === "data") this.#data.push(value);
    else if (name === "event") this.#event = value;
    else if (name === "id" && !value.includes("\0")) this.#id = value;
    return true;
  }

  toEvent(raw: Uint8Array): SseEvent {
    const data = this.#data.length === 0 ? undefined : this.#data.join("\n");
    return { raw, data, id: this.#id, event: this.#event };
  }
}

/** The name and value of one line; a comment has an empty name. */
function fieldOf(line: Uint8Array): { readonly name: string; readonly value: string } {
  const colon = line.indexOf(COLON);
  if (colon === -1) return { name: decode(line), value: "" };
  const valueStart = line[colon + 1] === 0x20 ? colon + 2 : colon + 1;
  return { name: decode(line.subarray(0, colon)), value: decode(line.subarray(valueStart)) };
}

function decode(bytes: Uint8Array): string {
  return UTF8.decode(bytes);
}

/** The bytes of `event`, which has data, with other data; its other lines stay as they are, in their order. */
export function replaceData(event: SseEvent, data: string): Uint8Array {
  const lines = linesOf(event.raw);
  const isData = lines.map(({ line }) => fieldOf(withoutMark(line)).name === "data");
  // in the place of the last: a data line left out before an empty line could join a CR and an LF to one line end
  const place = isData.lastIndexOf(true);
  const parts = lines.flatMap(({ line, end }, index) => {
    if (index === place) return dataLines(data).flatMap((dataLine) => [dataLine, end]);
    return isData[index] ? [] : [line, end];
  });
  return Buffer.concat(parts);
}

/** One event in bytes. Throws where `id` or `event` holds NUL or what some reader takes for a line end: no field can carry it. */
export function writeEvent(event: {
  readonly data: string;
  readonly id?: string | undefined;
  readonly event?: string | undefined;
}): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const name of ["id", "event"] as const) {
    const value = event[name];
    if (value === undefined) continue;
    if (/[\r\n\0]/.test(value) || isSplitBySome(value))
      throw new TypeError(`the ${name} of an event holds a line end or NUL`);
    parts.push(Buffer.from(`${name}: ${value}\n`));
  }
  for (const line of dataLines(event.data)) parts.push(line, Buffer.from("\n"));
  return Buffer.concat([...parts, Buffer.from("\n")]);
}

/** True for data that some readers would split: to be written by replaceData, which escapes what splits it. */
export function isSplitBySome(data: string): boolean {
  return OTHER_LINE_ENDS.some((end) => data.includes(end));
}

/** The data, which is JSON, as lines: a line end in it, which JSON has only as white space, begins another. */
function dataLines(data: string): Uint8Array[] {
  const whole = data.replace(LINE_ENDS_IN_JSON, (end) => `\\u${end.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return whole.split(/\r\n|\r|\n/).map((line) => Buffer.from(`data: ${line}`));
}

function linesOf(raw: Uint8Array): { readonly line: Uint8Array; readonly end: Uint8Array }[] {
  const lines = [];
  for (let start = 0; start < raw.length; ) {
    let at = start;
    while (at < raw.length && raw[at] !== LF && raw[at] !== CR) at++;
    const next = raw[at] === CR && raw[at + 1] === LF ? at + 2 : at + 1;
    lines.push({ line: raw.subarray(start, at), end: raw.subarray(at, next) });
    start = next;
  }
  return lines;
}

/** Only the first line of a stream may have a mark; one elsewhere made a comment of its line. */
function withoutMark(line: Uint8Array): Uint8Array {
  return BYTE_ORDER_MARK.every((byte, index) => line[index] === byte) ? line.subarray(BYTE_ORDER_MARK.length) : line;
}
