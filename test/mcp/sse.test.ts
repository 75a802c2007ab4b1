import { createParser } from "eventsource-parser";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createSseReader, type SseEvent } from "../../src/mcp/sse.ts";

const MAX = 10_000;
const bytes = (text: string) => new TextEncoder().encode(text);
const text = (raw: Uint8Array) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(raw);

function readAll(chunks: readonly Uint8Array[], maxEventBytes = MAX) {
  const reader = createSseReader(maxEventBytes);
  const events: SseEvent[] = [];
  let problem: string | undefined;
  for (const chunk of chunks) {
    const read = reader.push(chunk);
    events.push(...read.events);
    problem = read.problem;
  }
  return { events, problem };
}

const read = (stream: string) => readAll([bytes(stream)]).events;
const fields = ({ data, id, event }: SseEvent) => ({ data, id, event });
const said = (events: readonly SseEvent[]) => events.filter((event) => event.data !== undefined).map(fields);

function only(stream: string): SseEvent {
  const [event, another] = read(stream);
  if (event === undefined || another !== undefined) throw new Error("not one event");
  return event;
}

describe("an event", () => {
  test.each([
    ["data: x\n\n", { data: "x", id: undefined, event: undefined }],
    ["data:x\n\n", { data: "x", id: undefined, event: undefined }],
    ["data:  x \n\n", { data: " x ", id: undefined, event: undefined }],
    ["data:\n\n", { data: "", id: undefined, event: undefined }],
    ["data\n\n", { data: "", id: undefined, event: undefined }],
    ["data: a\ndata: b\n\n", { data: "a\nb", id: undefined, event: undefined }],
    ["data: a:b: c\n\n", { data: "a:b: c", id: undefined, event: undefined }],
    ["event: message\nid: 7\nretry: 10\ndata: x\n: note\n\n", { data: "x", id: "7", event: "message" }],
    ["id: 1\nid: 2\ndata: x\n\n", { data: "x", id: "2", event: undefined }],
    ["id: a\0b\ndata: x\n\n", { data: "x", id: undefined, event: undefined }],
    ["id\ndata: x\n\n", { data: "x", id: "", event: undefined }],
    ["retry: 3000\n\n", { data: undefined, id: undefined, event: undefined }],
    ["id: 9\n\n", { data: undefined, id: "9", event: undefined }],
    ["data: x\r\n\r\n", { data: "x", id: undefined, event: undefined }],
    ["data: x\r\r", { data: "x", id: undefined, event: undefined }],
    ["data: x\r\ndata: y\rdata: z\n\n", { data: "x\ny\nz", id: undefined, event: undefined }],
    ["\ufeffdata: x\n\n", { data: "x", id: undefined, event: undefined }],
    ["data: é😀\u2028\n\n", { data: "é😀\u2028", id: undefined, event: undefined }],
  ])("is read from %j with its bytes", (stream, expected) => {
    const event = only(stream);
    expect(fields(event)).toEqual(expected);
    expect(text(event.raw)).toBe(stream);
  });

  test("has no byte order mark but at the start of the stream", () => {
    expect(said(read("data: a\n\n\ufeffdata: b\n\ndata: c\n\n")).map(({ data }) => data)).toEqual(["a", "c"]);
  });

  test("holds U+FFFD where its bytes are no UTF-8, and keeps the bytes", () => {
    const raw = Uint8Array.from([...bytes("data: "), 0xc0, 0xa2, ...bytes("\n\n")]);
    const [event] = readAll([raw]).events;
    expect(event?.data).toBe("\ufffd\ufffd");
    expect(event?.raw).toEqual(raw);
  });

  test("is not handed out before it ends, nor its rest when the stream ends", () => {
    expect(read("data: x\n")).toEqual([]);
    expect(read("data: x\n\ndata: y\n").map(({ data }) => data)).toEqual(["x"]);
  });
});

describe("a line of a field that the standard does not know", () => {
  test.each([
    "Data: x",
    "DATA: y",
    " data: z",
    "data : z",
    "dat\u200ba: x",
    "unknown",
    "\u00ef\u00bb\u00bfdata: x",
    "\ufeffdata: x",
  ])("becomes a comment, since some reader may know it: %j", (line) => {
    const comment = ":".repeat(bytes(line).length);
    const stream = (second: string) => `id: 1\r${second}\ndata: {}\r\n${second}\r\r`;
    const event = only(stream(line));
    expect(fields(event)).toEqual({ data: "{}", id: "1", event: undefined });
    expect(text(event.raw)).toBe(stream(comment));
  });

  test("becomes one at the start of the stream too, after a byte order mark or without", () => {
    const relayed = (stream: string) =>
      read(stream)
        .map(({ raw }) => text(raw))
        .join("");
    expect(relayed("\u00ef\u00bb\u00bfdata: x\n\n")).toBe(":::::::::::::\n\n");
    expect(relayed("\ufeff\u00ef\u00bb\u00bfdata: x\n\n")).toBe("::::::::::::::::\n\n");
    expect(relayed("\ufeff\ufeffdata: x\n\n")).toBe(":::::::::::::\n\n");
    expect(relayed("\ufeffdata: x\n\n")).toBe("\ufeffdata: x\n\n");
  });

  test("does not wait for an event", () => {
    expect(read("x: y\n").map(({ raw }) => text(raw))).toEqual(["::::\n"]);
  });
});

describe("what must not wait", () => {
  test("a comment between events is handed out at once", () => {
    const reader = createSseReader(MAX);
    expect(reader.push(bytes(": ping\n")).events.map(({ raw }) => text(raw))).toEqual([": ping\n"]);
    expect(reader.push(bytes(":\r\n")).events.map(({ raw }) => text(raw))).toEqual([":\r\n"]);
  });

  test("a comment inside an event stays with it", () => {
    expect(read("id: 1\n: ping\ndata: x\n\n").map(({ raw }) => text(raw))).toEqual(["id: 1\n: ping\ndata: x\n\n"]);
  });

  test("an event that ends with CR is handed out before the next byte, and a late LF at once after it", () => {
    const reader = createSseReader(MAX);
    expect(said(reader.push(bytes("data: x\r\n\r")).events)).toEqual([{ data: "x", id: undefined, event: undefined }]);
    expect(reader.push(bytes("\n")).events).toEqual([
      { raw: bytes("\n"), data: undefined, id: undefined, event: undefined },
    ]);
    expect(said(reader.push(bytes("data: y\n\n")).events)).toEqual([{ data: "y", id: undefined, event: undefined }]);
  });
});

test("a CR at the end of a chunk is not taken together with what an earlier chunk left behind it", () => {
  const reader = createSseReader(MAX);
  reader.push(bytes("data: x\n\n"));
  const events = ["data: y\r", "data: z\r", "\r"].flatMap((chunk) => reader.push(bytes(chunk)).events);
  expect(said(events).map(({ data }) => data)).toEqual(["y\nz"]);
});

describe("however the stream is cut into chunks", () => {
  const line = fc.oneof(
    fc.constantFrom(
      "data: {}",
      "data",
      "data:",
      ": note",
      ":",
      "id: 1",
      "event: message",
      "retry: 1",
      "x: y",
      "",
      "",
      "",
    ),
    fc.string({ unit: fc.constantFrom("data", ":", " ", "é", "😀", "\ufeff", "id", "\0"), maxLength: 5 }),
  );
  const stream = fc
    .tuple(
      fc.constantFrom("", "\ufeff"),
      fc.array(fc.tuple(line, fc.constantFrom("\n", "\r", "\r\n")), { maxLength: 20 }),
    )
    .map(([mark, lines]) => mark + lines.map((parts) => parts.join("")).join(""));
  const cuts = fc.array(fc.nat(), { maxLength: 12 });

  function cut(whole: Uint8Array, positions: readonly number[]): Uint8Array[] {
    const at = positions.map((position) => position % (whole.length + 1)).sort((a, b) => a - b);
    return [0, ...at].map((start, index) => whole.subarray(start, at[index] ?? whole.length));
  }

  /** The parser of the SDKs, behind the decoder that they use; it takes the characters of a misread mark for a mark. */
  function readBySdk(chunks: readonly Uint8Array[]): string[] {
    const events: string[] = [];
    const parser = createParser({ onEvent: ({ data }) => events.push(data) });
    const decoder = new TextDecoder();
    for (const chunk of chunks) parser.feed(decoder.decode(chunk, { stream: true }));
    return events;
  }

  /** A line that only some readers take for one of data. */
  const hidden = fc
    .tuple(
      fc.constantFrom("", "\ufeff"),
      fc.constantFrom("\u00ef\u00bb\u00bf", "\ufeff", "\u00ef\u00bb\u00bf\ufeff", " ", ""),
      fc.constantFrom("data: hidden", ": note", ""),
      fc.constantFrom("\n", "\r\n", "\r"),
      stream,
    )
    .map((parts) => `${parts.join("")}\n`);

  test("the SDKs read no data in what goes on but what was handed out", () => {
    fc.assert(
      fc.property(fc.oneof(stream, hidden), cuts, (whole, positions) => {
        const { events } = readAll(cut(bytes(whole), positions));
        const handedOut = said(events).map(({ data }) => data);
        const sdk = readBySdk(events.map(({ raw }) => raw));
        // it waits for what follows a CR
        expect(sdk).toEqual(handedOut.slice(0, sdk.length));
      }),
      { numRuns: 2_000 },
    );
  });

  /** As the stream may go on: with colons in the place of lines of unknown fields. */
  function passable(whole: string): Uint8Array {
    const mark = whole.startsWith("\ufeff") ? "\ufeff" : "";
    const known = /^(?:(?:data|event|id|retry)(?::|$)|:|$)/;
    const parts = whole.slice(mark.length).split(/(\r\n|\r|\n)/);
    const lines = parts.map((part, index) =>
      index % 2 === 1 || known.test(part) ? part : ":".repeat(bytes(index === 0 ? mark + part : part).length),
    );
    return bytes((known.test(parts[0] ?? "") ? mark : "") + lines.join(""));
  }

  test("it says the same, and not one byte is lost, added or moved", () => {
    fc.assert(
      fc.property(stream, cuts, (whole, positions) => {
        const raw = bytes(whole);
        const inOne = readAll([raw]);
        for (const chunks of [cut(raw, positions), [...raw].map((byte) => Uint8Array.of(byte))]) {
          const inMany = readAll(chunks);
          expect(said(inMany.events)).toEqual(said(inOne.events));
          const relayed = Buffer.concat(inMany.events.map((event) => event.raw));
          expect(relayed.equals(passable(whole).subarray(0, relayed.length))).toBe(true);
          const unfinished = text(raw.subarray(relayed.length))
            .split(/\r\n|\r|\n/)
            .slice(0, -1);
          expect(unfinished).not.toContain("");
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test("the events are those that the lines of the standard's grammar give", () => {
    fc.assert(
      fc.property(stream, (whole) => {
        expect(said(read(whole)).map(({ data }) => data)).toEqual(dataByGrammar(whole));
      }),
      { numRuns: 1_000 },
    );
  });

  /** The data of each event, the slow way: all lines at once. */
  function dataByGrammar(whole: string): string[] {
    const lines = whole
      .replace(/^\ufeff/, "")
      .split(/\r\n|\r|\n/)
      .slice(0, -1);
    const events: string[] = [];
    let data: string[] = [];
    for (const each of lines) {
      if (each === "") {
        if (data.length > 0) events.push(data.join("\n"));
        data = [];
      } else if (/^data(:|$)/.test(each)) data.push(each.replace(/^data:? ?/, ""));
    }
    return events;
  }
});

describe("a long event", () => {
  const event = (size: number) => `data: ${"x".repeat(size - 8)}\n\n`;

  test.each([
    ["in one chunk", (raw: Uint8Array) => [raw]],
    [
      "in chunks of 7 bytes",
      (raw: Uint8Array) => Array.from({ length: Math.ceil(raw.length / 7) }, (_, n) => raw.subarray(7 * n, 7 * n + 7)),
    ],
  ])("is taken up to the bound and a problem beyond it, %s", (_, chunksOf) => {
    expect(readAll(chunksOf(bytes(event(100))), 100)).toMatchObject({
      events: [{ data: "x".repeat(92) }],
      problem: undefined,
    });
    expect(readAll(chunksOf(bytes(event(101))), 100)).toEqual({
      events: [],
      problem: "an event of the stream is longer than 100 bytes",
    });
  });

  test("is a problem before it ends, and nothing after it is read", () => {
    const reader = createSseReader(100);
    const first = reader.push(bytes(`data: ok\n\n${event(103).slice(0, -2)}`));
    expect(first.events.map(({ data }) => data)).toEqual(["ok"]);
    expect(first.problem).toContain("longer than 100 bytes");
    expect(reader.push(bytes("\n\ndata: x\n\n"))).toEqual({ events: [], problem: first.problem });
  });

  test("does not count the events before it", () => {
    const many = event(90).repeat(50);
    expect(readAll([bytes(many)], 100)).toMatchObject({ problem: undefined });
  });

  test("of a megabyte comes whole though it came byte by byte", () => {
    const raw = bytes(event(200_000));
    const reader = createSseReader(1_000_000);
    const events = Array.from(raw, (_, at) => reader.push(raw.subarray(at, at + 1)).events).flat();
    expect(events.map(({ data }) => data?.length)).toEqual([199_992]);
  });
});
