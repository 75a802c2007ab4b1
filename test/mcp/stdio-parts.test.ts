// The small parts under the stdio upstream, for all inputs that its servers and clients could make.
import { spawn } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { startChild } from "../../src/mcp/stdio-child.ts";
import { decodeLine, frameLine, LineSplitter, ThrottledLog } from "../../src/mcp/stdio-lines.ts";
import { Reaper } from "../../src/mcp/stdio-reaper.ts";
import { ReplayLog, type StreamName } from "../../src/mcp/stdio-replay.ts";
import { signal } from "./chain/raw.ts";
import { isAlive, until } from "./stdio-harness.ts";

describe("lines", () => {
  const text = fc
    .array(fc.constantFrom("a", "é", "\n", "\r", "{}"), { maxLength: 200 })
    .map((parts) => Buffer.from(parts.join("")));

  test("come out the same however the bytes were cut", () => {
    fc.assert(
      fc.property(text, fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 50 }), (bytes, sizes) => {
        const splitter = new LineSplitter(1000);
        const lines: string[] = [];
        for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          for (const line of splitter.push(bytes.subarray(at, at + size))) {
            lines.push(line.kind === "line" ? Buffer.from(line.bytes).toString() : "too long");
          }
          at += size;
        }
        lines.push(Buffer.from(splitter.rest()).toString());
        expect(lines).toEqual(bytes.toString().split("\n"));
      }),
    );
  });

  test("are too long one byte over the bound, in one piece or many", () => {
    const kinds = (...chunks: string[]) => {
      const splitter = new LineSplitter(4);
      return chunks.flatMap((chunk) => [...splitter.push(Buffer.from(chunk))].map(({ kind }) => kind));
    };
    expect(kinds("1234\n1234\n")).toEqual(["line", "line"]);
    expect(kinds("12345\n")).toEqual(["too_long"]);
    expect(kinds("12", "34", "5")).toEqual(["too_long"]);
  });

  test("framed from any bytes have one LF, at the end, and differ from them only where a line break was", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const line = frameLine(bytes);
        expect(line.indexOf(0x0a)).toBe(line.length - 1);
        expect(line.includes(0x0d)).toBe(false);
        expect(line).toHaveLength(bytes.length + 1);
        bytes.forEach((byte, at) => {
          expect(line[at]).toBe(byte === 0x0a || byte === 0x0d ? 0x20 : byte);
        });
      }),
    );
  });

  test("that are not UTF-8 are not decoded, and a byte order mark stays", () => {
    expect(decodeLine(Uint8Array.from([0xc3]))).toBeUndefined();
    expect(decodeLine(Buffer.from("\ufeff{}"))).toBe("\ufeff{}");
  });
});

describe("the replay log", () => {
  const append = fc.array(fc.constantFrom<StreamName>("p1", "p2", "g1"), { maxLength: 60 });

  test("gives each stream's newest events after the cursor, in order, and never more than the bound", () => {
    fc.assert(
      fc.property(append, fc.integer({ min: 1, max: 20 }), (streams, maxEvents) => {
        const log = new ReplayLog(maxEvents, 1000);
        const all = streams.map((stream, at) => ({ stream, text: String(at), id: log.append(stream, String(at)) }));
        const kept = all.slice(-maxEvents);
        all.forEach(({ stream, id }, at) => {
          const cursor = log.locate(id);
          const expected = kept.filter((event) => event.stream === stream && all.indexOf(event) > at);
          expect(cursor && log.after(cursor)).toEqual(expected.map((event) => ({ id: event.id, text: event.text })));
        });
      }),
    );
  });

  test("lets the oldest go for a long event, and does not keep one that is longer than all it may hold", () => {
    const log = new ReplayLog(10, 10);
    const start = log.mark("p1");
    for (const text of ["aaaa", "bbbb", "cccc", "x".repeat(11)]) log.append("p1", text);
    const cursor = log.locate(start);
    expect(cursor && log.after(cursor).map(({ text }) => text)).toEqual(["bbbb", "cccc"]);
  });
});

describe("the log of a noisy server", () => {
  test("is cut in each window, and says how much", () => {
    let nowMs = 0;
    const lines: string[] = [];
    const log = new ThrottledLog(
      (line) => lines.push(line),
      () => nowMs,
      2,
      1000,
    );
    for (const line of ["a", "b", "c", "d"]) log.write(line);
    nowMs = 1000;
    log.write("e");
    log.flush();
    expect(lines).toEqual(["a", "b", "2 more lines were kept back", "e"]);
  });
});

describe("the reaper", () => {
  test("kills the whole group of what it still watches when the gate is gone, and nothing else", async () => {
    const code = "process.on('SIGTERM',()=>{});require('child_process').spawn('sleep',['60']);setInterval(()=>{},1000)";
    const [forgotten, watched] = [0, 1].map(() =>
      spawn(process.execPath, ["-e", code], { detached: true, stdio: "ignore" }),
    );
    const [kept, gone] = [forgotten?.pid ?? 0, watched?.pid ?? 0];
    const problems: string[] = [];
    const reaper = new Reaper((line) => problems.push(line));
    reaper.watch(kept);
    reaper.watch(gone);
    reaper.forget(kept);
    reaper.close();
    await until(() => !isAlive(gone));
    expect(isAlive(kept)).toBe(true);
    process.kill(-kept, "SIGKILL");
    expect(problems).toEqual([]);
  });
});

describe("a process", () => {
  test.each(["stdout", "stderr"])(
    "that writes line after line to %s lets everyone else go on meanwhile",
    async (pipe) => {
      const script = `process.${pipe}.write("begin\\n" + "\\n".repeat(60_000) + "end\\n")`;
      let turns = 0;
      let counting = false;
      const count = () => {
        turns += 1;
        if (counting) setImmediate(count);
      };
      const hear = (line: string) => {
        if (line.includes("begin")) {
          counting = true;
          setImmediate(count);
        }
        if (line.includes("end")) counting = false;
      };
      const reaper = new Reaper(() => {});
      const ended = signal();
      await startChild(
        { command: process.execPath, args: ["-e", script], env: {}, cwd: undefined, maxMessageBytes: 1_000, reaper },
        { onLine: async (line) => hear(line), onNoise: hear, onEnd: () => ended.fire() },
      );
      await ended.fired;
      reaper.close();
      // what came in one chunk was handled in hundreds of turns
      expect(turns).toBeGreaterThan(100);
    },
  );
});
