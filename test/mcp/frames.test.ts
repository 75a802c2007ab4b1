import { PassThrough } from "node:stream";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FRAME, type FrameKind, FrameReader, FrameWriter, headReader } from "../../src/mcp/frames.ts";

type Written = {
  readonly kind: FrameKind;
  readonly exchange: number;
  readonly head: string;
  readonly body: Uint8Array;
};

const written = fc.record({
  kind: fc.constantFrom(...Object.values(FRAME)),
  exchange: fc.nat({ max: 0xffff_ffff }),
  head: fc.oneof(fc.constant(""), fc.string({ unit: "grapheme", maxLength: 40 })),
  body: fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    // longer than what is copied behind its head
    fc.nat({ max: 255 }).map((byte) => new Uint8Array(16_385).fill(byte)),
  ),
});

async function bytesOf(frames: readonly Written[]): Promise<Buffer> {
  const stream = new PassThrough({ highWaterMark: 10_000_000 });
  const writer = new FrameWriter(stream);
  for (const { kind, exchange, head, body } of frames) writer.write(kind, exchange, head, body);
  stream.end();
  return Buffer.concat(await stream.toArray());
}

function read(reader: FrameReader, bytes: Buffer, cuts: readonly number[]) {
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  let from = 0;
  return ends.flatMap((end) => {
    const chunk = bytes.subarray(from, end);
    from = end;
    return reader.push(chunk).map(({ kind, exchange, head, body }) => ({
      kind,
      exchange,
      head: head.toString("utf8"),
      body: body?.toString("latin1"),
    }));
  });
}

describe("frames", () => {
  test("are read as they were written, however the bytes are cut", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(written, { maxLength: 6 }),
        fc.array(fc.nat(), { maxLength: 12 }),
        async (frames, cuts) => {
          const found = read(new FrameReader(1_000_000), await bytesOf(frames), cuts);
          expect(found).toEqual(
            frames.map((frame) => ({ ...frame, body: Buffer.from(frame.body).toString("latin1") })),
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  test("whose body is too long are known, their bytes thrown away, and what follows is read", async () => {
    const body = new Uint8Array(1_001).fill(7);
    const frames = [
      { kind: FRAME.request, exchange: 1, head: "{}", body },
      { kind: FRAME.request, exchange: 2, head: "{}", body: body.subarray(1) },
    ];
    const bytes = await bytesOf(frames);
    for (const cuts of [[], [5], [20], [900, 1_000], [1_015, 1_016, 1_017], bytes.map((_, at) => at)]) {
      const found = read(new FrameReader(1_000), bytes, [...cuts]);
      expect(found.map(({ exchange, body: { length } = { length: -1 } }) => [exchange, length])).toEqual([
        [1, -1],
        [2, 1_000],
      ]);
    }
  });

  test.each([
    ["of a kind that there is not", Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 9])],
    ["whose head is longer than any", Buffer.from([0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1])],
    ["that are no frames", Buffer.from("GET / HTTP/1.1\r\nhost: x\r\n\r\n")],
  ])("%s end the reading", (_, bytes) => {
    expect(() => new FrameReader(1_000).push(bytes)).toThrow("no frame");
  });

  test("of one turn go out in one write", async () => {
    const chunks: number[] = [];
    const stream = new PassThrough();
    stream.on("data", ({ length }: Buffer) => chunks.push(length));
    const writer = new FrameWriter(stream);
    for (let exchange = 1; exchange <= 3; exchange += 1) writer.write(FRAME.piece, exchange, "", Buffer.from("x"));
    expect(writer.waitingBytes).toBe(3 * 14);
    await new Promise((resolve) => setImmediate(resolve));
    expect(writer.waitingBytes).toBe(0);
    expect(chunks.reduce((sum, length) => sum + length, 0)).toBe(3 * 14);
  });
});

test("a head like the one before is not read again, and any other is", () => {
  let times = 0;
  const readHead = headReader((head) => {
    times += 1;
    return head;
  });
  const [one, other] = [Buffer.from('{"a":1}'), Buffer.from('{"a":2}')];
  expect([readHead(one), readHead(Buffer.from(one)), readHead(other), readHead(one)]).toEqual([
    { a: 1 },
    { a: 1 },
    { a: 2 },
    { a: 1 },
  ]);
  expect(times).toBe(3);
  // the bytes it was read from belong to somebody else
  one.fill(0);
  expect(readHead(Buffer.from('{"a":1}'))).toEqual({ a: 1 });
  expect(times).toBe(3);
});
