import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Line, MAX_LINE_BYTES, openLines } from "../../src/log/read-lines.ts";
import { makeFolder, problemOf } from "../policy/support.ts";

async function linesOf(content: string | Uint8Array): Promise<readonly (readonly [number, Line])[]> {
  const file = join(await makeFolder({}), "log.jsonl");
  await writeFile(file, content);
  const reader = await openLines(file, "log.jsonl");
  const lines: [number, Line][] = [];
  await reader.read(
    (line, number) => void lines.push([number, line]),
    () => undefined,
  );
  await reader.close();
  return lines;
}

const text = (content: string): Line => ({ kind: "text", text: content });

describe("the lines of a file", () => {
  test("come with their numbers", async () => {
    expect(await linesOf("a\n\nc\r\n")).toEqual([
      [1, text("a")],
      [2, text("")],
      [3, text("c")],
    ]);
  });

  test("are none of an empty file", async () => {
    expect(await linesOf("")).toEqual([]);
  });

  test("are whole across the pieces that the file is read in", async () => {
    const long = "é".repeat(200_000);
    const lines = await linesOf(`${long}\n${"x".repeat(262_143)}\nend\n`);
    expect(lines).toEqual([
      [1, text(long)],
      [2, text("x".repeat(262_143))],
      [3, text("end")],
    ]);
  });

  test("end with one that is not ended, where it is not", async () => {
    expect(await linesOf("a\nb")).toEqual([
      [1, text("a")],
      [2, { kind: "unended", text: "b" }],
    ]);
  });

  test("that are too long are passed over in bounded memory, and counted", async () => {
    const huge = Buffer.concat([Buffer.from("a\n"), Buffer.alloc(10_485_760, 0x78), Buffer.from("\nb\n")]);
    expect(await linesOf(huge)).toEqual([
      [1, text("a")],
      [2, { kind: "too_long" }],
      [3, text("b")],
    ]);
    expect(await linesOf(Buffer.alloc(MAX_LINE_BYTES + 1, 0x78))).toEqual([[1, { kind: "too_long" }]]);
    expect((await linesOf(Buffer.concat([Buffer.alloc(MAX_LINE_BYTES, 0x78), Buffer.from("\n")])))[0]?.[1].kind).toBe(
      "text",
    );
  });

  test("that are not UTF-8 are not guessed at", async () => {
    expect(await linesOf(Buffer.of(0x22, 0xff, 0x22, 0x0a, 0x61, 0x0a))).toEqual([
      [1, { kind: "not_utf8" }],
      [2, text("a")],
    ]);
  });
});

describe("a file that can't be read is named", () => {
  test("that is not there", async () => {
    expect(await problemOf(openLines("/nowhere/log.jsonl", "log.jsonl"))).toEqual([
      "log.jsonl: no such file; name a decision log, such as .regate/decisions.jsonl",
    ]);
  });

  test("that is a folder", async () => {
    const dir = join(await makeFolder({}), "d");
    await mkdir(dir);
    expect(await problemOf(openLines(dir, "d"))).toEqual([
      "d: a folder; name a decision log, such as .regate/decisions.jsonl",
    ]);
  });
});
