// The reader of event streams: the same events however the bytes come, every byte handed on, and no message in them that another
// reader finds and this one did not.
import { createParser } from "eventsource-parser";
import { expect } from "vitest";
import { createSseReader, replaceData, type SseEvent } from "../../../src/mcp/sse.ts";
import type { Target } from "../target.ts";

const MAX_EVENT_BYTES = 2_000;

export const sse: Target = {
  name: "sse",
  seeds: [
    'id: 1\nevent: message\ndata: {"jsonrpc":"2.0"}\n\n: comment\n\nretry: 10\ndata: a\ndata: b\n\n',
    "\ufeffdata: x\r\n\r\ndata:y\r\rid\n\n",
  ].map((seed) => Buffer.from(seed)),
  words: [
    "data:",
    "data: ",
    "id: ",
    "event:",
    "retry:",
    ":",
    "\n",
    "\r",
    "\r\n",
    "\n\n",
    "\ufeff",
    "\u2028",
    "\u0085",
    "\v",
    "\0",
    "x",
  ],
  runs: 1_000,
  check(input) {
    const whole = readAll(input, input.length + 1);
    for (const size of [1, 3]) {
      const pieces = readAll(input, size);
      expect(said(pieces.events)).toEqual(said(whole.events));
      // an LF after a CR may be a piece of its own
      expect(raw(pieces.events).equals(raw(whole.events))).toBe(true);
      expect(pieces.problem).toBe(whole.problem);
    }
    const out = raw(whole.events);
    expect(out.length).toBeLessThanOrEqual(input.length);
    for (const [at, byte] of out.entries()) expect(byte === input[at] || byte === 0x3a).toBe(true);
    expect(parsedBySdk(out)).toEqual(said(whole.events).filter((data) => data !== ""));
    for (const event of whole.events.filter(({ data }) => data !== undefined)) {
      const replaced = readAll(replaceData(event, '{"a":1}'), 1_000);
      expect(said(replaced.events)).toEqual(['{"a":1}']);
    }
  },
};

function readAll(input: Uint8Array, size: number) {
  const reader = createSseReader(MAX_EVENT_BYTES);
  const events: SseEvent[] = [];
  let problem: string | undefined;
  for (let at = 0; at < input.length; at += size) {
    const read = reader.push(input.subarray(at, at + size));
    events.push(...read.events);
    problem = read.problem;
  }
  return { events, problem };
}

function said(events: readonly SseEvent[]): readonly (string | undefined)[] {
  return events.filter(({ data }) => data !== undefined).map(({ data }) => data);
}

function raw(events: readonly SseEvent[]): Buffer {
  return Buffer.concat(events.map((event) => event.raw));
}

/** What the parser of the SDKs finds. */
function parsedBySdk(bytes: Uint8Array): readonly string[] {
  const found: string[] = [];
  const parser = createParser({ onEvent: ({ data }) => found.push(data) });
  // it waits for what follows a CR
  parser.feed(`${new TextDecoder().decode(bytes)}\n`);
  return found.filter((data) => data !== "");
}
