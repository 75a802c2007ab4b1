import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createSseReader, isSplitBySome, replaceData, type SseEvent, writeEvent } from "../../src/mcp/sse.ts";

const text = (raw: Uint8Array) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(raw);
const fields = ({ data, id, event }: SseEvent) => ({ data, id, event });

function only(stream: string): SseEvent {
  const [event, another] = createSseReader(10_000).push(new TextEncoder().encode(stream)).events;
  if (event === undefined || another !== undefined) throw new Error("not one event");
  return event;
}

describe("an event with other data", () => {
  test.each([
    ["data: old\n\n", "new", "data: new\n\n"],
    [
      "event: message\nid: 5\ndata: old\nretry: 1\n: note\n\n",
      "new",
      "event: message\nid: 5\ndata: new\nretry: 1\n: note\n\n",
    ],
    ["id: 1\r\ndata: a\r\n: y\r\ndata: b\r\n\r\n", "new", "id: 1\r\n: y\r\ndata: new\r\n\r\n"],
    ["data: old\r\r", "a\nb", "data: a\rdata: b\r\r"],
    ["data: a\nevent: e\rdata: x\n\n", "new", "event: e\rdata: new\n\n"],
    ["data\n\n", '{"a":\r\n1}', 'data: {"a":\ndata: 1}\n\n'],
    ["\ufeffdata: old\n\n", "new", "data: new\n\n"],
    ["data: old\n\n", "", "data: \n\n"],
  ])("keeps the other lines of %j", (stream, data, expected) => {
    expect(text(replaceData(only(stream), data))).toBe(expected);
  });

  test("says that data, whatever the event was, and the same of everything else", () => {
    const json = fc.json().map((value) => JSON.stringify(JSON.parse(value), null, 1));
    const parts = fc.array(fc.constantFrom("id: 1\n", "data: a\r\n", "event: e\r", ": c\n", "data\n", "data:b\r"), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(parts, json, (lines, data) => {
        const event = only(`id: 0\n${lines.join("")}data: x\n\n`);
        const replaced = only(text(replaceData(event, data)));
        expect(fields(replaced)).toEqual({ data, id: event.id, event: event.event });
      }),
    );
  });
});

describe("a written event", () => {
  test("has its fields in order and one data line for each line", () => {
    expect(text(writeEvent({ data: "x" }))).toBe("data: x\n\n");
    expect(text(writeEvent({ id: "1", event: "message", data: "a\r\nb\rc\nd" }))).toBe(
      "id: 1\nevent: message\ndata: a\ndata: b\ndata: c\ndata: d\n\n",
    );
  });

  test("is read back as it was written", () => {
    const line = fc.string({ unit: "grapheme" }).filter((value) => !/[\r\n\0]/.test(value) && !isSplitBySome(value));
    fc.assert(
      fc.property(line, line, fc.string(), (id, event, data) => {
        const normal = data.replace(/\r\n?/g, "\n");
        expect(fields(only(text(writeEvent({ id, event, data }))))).toEqual({ id, event, data: normal });
      }),
    );
  });

  test.each(["a\nb", "a\rb", "a\0b", "a\vb", "a\u0085b", "a\u2028b"])("cannot have %j for an id or event", (value) => {
    expect(() => writeEvent({ id: value, data: "" })).toThrow(/the id of an event/);
    expect(() => writeEvent({ event: value, data: "" })).toThrow(/the event of an event/);
  });
});
