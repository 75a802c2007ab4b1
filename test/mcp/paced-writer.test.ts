import { Writable } from "node:stream";
import { describe, expect, test } from "vitest";
import { PacedWriter } from "../../src/mcp/paced-writer.ts";

/** A client that reads when the test says so. */
function bench() {
  const trace: string[] = [];
  const read: (() => void)[] = [];
  const to = new Writable({
    highWaterMark: 4,
    write(chunk, _encoding, done) {
      read.push(() => {
        trace.push(`read ${String(chunk)}`);
        done();
      });
    },
  });
  const writer = new PacedWriter(to, { pause: () => trace.push("pause"), resume: () => trace.push("resume") });
  const drained = () => new Promise((resolve) => to.once("drain", resolve));
  return {
    trace,
    writer,
    to,
    drained,
    write: (text: string) => writer.write(Buffer.from(text)),
    readOne: () => read.shift()?.(),
  };
}

describe("a client that reads slowly", () => {
  test("stops the source once its buffer is full, until it is empty again", async () => {
    const { trace, write, drained, readOne } = bench();
    write("ab");
    expect(trace).toEqual([]);
    write("cdef");
    write("gh");
    expect(trace).toEqual(["pause"]);
    const done = drained();
    readOne();
    readOne();
    expect(trace).toEqual(["pause", "read ab", "read cdef"]);
    readOne();
    await done;
    expect(trace).toEqual(["pause", "read ab", "read cdef", "read gh", "resume"]);
  });

  test("is waited for with one listener, however much is written meanwhile", () => {
    const { write, to } = bench();
    for (let count = 0; count < 20; count += 1) write("abcdef");
    expect(to.listenerCount("drain")).toBe(1);
  });
});

describe("a source that is held", () => {
  test("goes on when every hold is released, whichever is first", async () => {
    const { trace, writer, write, drained, readOne } = bench();
    writer.hold();
    write("abcdef");
    writer.release();
    expect(trace).toEqual(["pause"]);
    const done = drained();
    readOne();
    await done;
    expect(trace).toEqual(["pause", "read abcdef", "resume"]);

    write("ghijkl");
    writer.hold();
    const again = drained();
    readOne();
    await again;
    expect(trace.slice(3)).toEqual(["pause", "read ghijkl"]);
    writer.release();
    expect(trace.at(-1)).toBe("resume");
  });
});
