// What verifying finds in a log, and what it does not take for tampering. Every log is written by the log's own writer.
import { appendFileSync, cpSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { readLink } from "../../src/log/chain.ts";
import { writeHead } from "../../src/log/head-file.ts";
import { toLogLine } from "../../src/log/log-line.ts";
import { type Verified, verifyLog } from "../../src/log/verify-log.ts";
import { makeEvent } from "./events.ts";
import { KEY, LABELS, makeLog, NOW, type TestLog } from "./logs.ts";

let log: TestLog;
beforeEach(() => {
  log = makeLog();
});

/** The first finding, as in `changed decisions.jsonl:3`. */
function first({ findings }: Verified): string | undefined {
  const [finding] = findings;
  return finding && `${finding.kind} ${finding.where.file}:${finding.where.line}`;
}

/** Put away at each line but the first. */
const EACH_LINE = { rotation: { maxBytes: 1, maxAgeMs: undefined } };

describe("a log that nobody touched", () => {
  test("is as it was written, over runs", async () => {
    await log.run(3);
    await log.run(2);
    const verified = await log.verify();
    // each run has a first and a last line of its own
    expect(verified).toMatchObject({ findings: [], notes: [], unchained: 0, ending: "closed", head: { n: 9 } });
    expect(verified.files).toEqual([{ file: "decisions.jsonl", lines: 9, from: 1, to: 9 }]);
  });

  test("is as it was written, over rotations", async () => {
    await log.run(4, EACH_LINE);
    const verified = await log.verify();
    expect(verified).toMatchObject({ findings: [], notes: [], ending: "closed" });
    expect(verified.files.map(({ file }) => file)).toEqual([
      "decisions.000001.jsonl",
      "decisions.000002.jsonl",
      "decisions.000003.jsonl",
      "decisions.jsonl",
    ]);
    expect(await log.verify("decisions.000002.jsonl")).toMatchObject({ findings: [], ending: "rotated" });
  });

  test("is as it was written while a gate writes it, and says that", async () => {
    const opened = await log.open();
    void opened.record(makeEvent());
    await opened.flush();
    expect(await log.verify()).toMatchObject({ findings: [], ending: "open", head: { n: 2 } });
    appendFileSync(log.file, '{"half a li');
    expect((await log.verify()).findings).toEqual([]);
    await opened.close();
  });

  test("is verified while it is written and put away", async () => {
    const opened = await log.open(EACH_LINE);
    for (let round = 0; round < 20; round += 1) {
      const verifying = log.verify();
      void opened.record(makeEvent());
      await opened.flush();
      expect((await verifying).findings).toEqual([]);
    }
    await opened.close();
  });

  test("says what the gate before a kill may not have written, and that is no finding", async () => {
    const opened = await log.open();
    void opened.record(makeEvent());
    await opened.flush();
    const saved = join(dirname(log.file), "../saved");
    cpSync(dirname(log.file), saved, { recursive: true });
    await opened.close();
    rmSync(dirname(log.file), { recursive: true });
    renameSync(saved, dirname(log.file));
    appendFileSync(log.file, '{"torn":"');
    log.unixMs = NOW + 60_000;
    await log.run(1);
    const verified = await log.verify();
    expect(verified).toMatchObject({ findings: [], ending: "closed" });
    expect(verified.notes).toEqual([
      {
        where: { file: "decisions.jsonl", line: 3 },
        what: "the gate before did not end cleanly: calls between 2026-11-23T07:00:00.000Z and 2026-11-23T07:01:00.000Z may be missing; a torn line of 9 bytes was set apart",
      },
    ]);
  });

  test("that an earlier Regate began is verified from where the chain begins, and says so", async () => {
    await log.run(0);
    const old = toLogLine(makeEvent(), { labels: LABELS, maskedKeys: new Set() });
    writeFileSync(log.file, `${old}\n${old}\n`);
    rmSync(`${log.file}.head`);
    expect(await log.verify()).toMatchObject({ unchained: 2, head: undefined, ending: "unchained", findings: [] });
    await log.run(1);
    expect(await log.verify()).toMatchObject({ unchained: 2, findings: [], ending: "closed", head: { n: 3 } });
    log.tamper((lines) => lines.slice(1));
    expect(first(await log.verify())).toBe("inserted decisions.jsonl:1");
  });
});

describe("a line", () => {
  test("with any byte flipped is the one that is named", async () => {
    await log.run(4);
    const bytes = readFileSync(log.file);
    const ends = [...bytes.entries()].flatMap(([index, byte]) => (byte === 0x0a ? [index] : []));
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 2), fc.integer({ min: 0, max: 7 }), async (index, bit) => {
        const changed = Buffer.from(bytes);
        changed[index] = (changed[index] ?? 0) ^ (1 << bit);
        // a line feed more or less is a line more or less
        fc.pre(bytes[index] !== 0x0a && changed[index] !== 0x0a);
        writeFileSync(log.file, changed);
        const line = ends.filter((end) => end < index).length + 1;
        const { findings } = await log.verify();
        expect(findings[0]?.where).toEqual({ file: "decisions.jsonl", line });
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ["its content", (line: string) => line.replace("call-1", "call-7")],
    [
      "its MAC",
      (line: string) => line.replace(/"mac":"./, '"mac":"~').replace("~", line.includes('"mac":"A') ? "B" : "A"),
    ],
    ["its number", (line: string) => line.replace(/"n":3,/, '"n":9,')],
    ["its link", (line: string) => line.replace(/,"chain".*/, "}")],
    ["its end", (line: string) => `${line}\r`],
    ["a space", (line: string) => line.replace(",", ", ")],
    ["all of it", () => "x".repeat(5_242_880)],
  ])("that was changed in %s is named", async (_, change) => {
    await log.run(4);
    log.tamper((lines) => lines.map((line, index) => (index === 2 ? change(line) : line)));
    const verified = await log.verify();
    expect(first(verified)).toBe("changed decisions.jsonl:3");
    expect(verified.findings[0]?.what).toBe("line 3 of the chain was changed");
  });

  test("that was removed is named, by where it stood", async () => {
    await log.run(5);
    log.tamper((lines) => lines.toSpliced(2, 1));
    const verified = await log.verify();
    expect(first(verified)).toBe("removed decisions.jsonl:3");
    expect(verified.findings).toHaveLength(1);
    expect(verified.findings[0]?.what).toBe("line 3 of the chain is missing before it");
    log.tamper((lines) => lines.toSpliced(2, 2));
    expect((await log.verify()).findings[0]?.what).toBe("lines 3 to 5 of the chain are missing before it");
  });

  test("that changed places with the next one is named", async () => {
    await log.run(5);
    log.tamper((lines) => lines.toSpliced(2, 2, lines[3] ?? "", lines[2] ?? ""));
    const verified = await log.verify();
    expect(first(verified)).toBe("reordered decisions.jsonl:3");
    expect(verified.findings[0]?.what).toBe(
      "line 4 of the chain stands here, before line 3, which follows at decisions.jsonl:4",
    );
  });

  test("is named wherever it is removed, or changes places with the next", async () => {
    await log.run(3);
    const all = log.lines();
    for (let index = 0; index < all.length - 1; index += 1) {
      log.tamper(() => all.toSpliced(index, 1));
      expect(first(await log.verify())).toBe(`removed decisions.jsonl:${index + 1}`);
      log.tamper(() => all.toSpliced(index, 2, all[index + 1] ?? "", all[index] ?? ""));
      expect(first(await log.verify())).toBe(`reordered decisions.jsonl:${index + 1}`);
    }
  });

  test("that was moved far away is named by where it stood", async () => {
    await log.run(6);
    log.tamper((lines) => lines.toSpliced(1, 1).toSpliced(5, 0, lines[1] ?? ""));
    expect(first(await log.verify())).toBe("reordered decisions.jsonl:2");
  });

  test("that no gate wrote, or that stands there twice, is named", async () => {
    await log.run(4);
    const [, , third = ""] = log.lines();
    log.tamper((lines) => lines.toSpliced(3, 0, '{"path":"regate/decision"}'));
    expect(first(await log.verify())).toBe("inserted decisions.jsonl:4");
    log.tamper((lines) => lines.toSpliced(3, 1, third));
    expect(first(await log.verify())).toBe("reordered decisions.jsonl:4");
    log.tamper((lines) => lines.toSpliced(3, 1, "x".repeat(5_242_880)));
    expect(first(await log.verify())).toBe("inserted decisions.jsonl:4");
  });
});

describe("the end of a log", () => {
  test("that was cut off is missed, also where that leaves the end of the run before", async () => {
    await log.run(3);
    await log.run(3);
    const all = log.lines();
    for (let left = all.length - 1; left > 0; left -= 1) {
      log.tamper(() => all.slice(0, left));
      const verified = await log.verify();
      expect(first(verified)).toBe(`truncated decisions.jsonl:${left}`);
      expect(verified.findings[0]?.what).toBe(
        `ends with line ${left} of the chain, and had come to line 10: its end was cut off`,
      );
    }
    log.tamper(() => []);
    expect(first(await log.verify())).toBe("truncated decisions.jsonl:0");
  });

  test("that was cut in the middle of a line is missed", async () => {
    await log.run(3);
    truncateSync(log.file, readFileSync(log.file).length - 5);
    expect((await log.verify()).findings.map(({ kind }) => kind)).toEqual(["inserted", "truncated"]);
  });

  test("that something was added to is found", async () => {
    await log.run(1);
    appendFileSync(log.file, '{"more":1}\n');
    expect(first(await log.verify())).toBe("inserted decisions.jsonl:4");
  });

  test("is not the one that FILE.head names where another was written in its place", async () => {
    await log.run(1);
    const last = readLink(Buffer.from(log.lines().at(-1) ?? ""));
    const head = { n: last?.n ?? 0, mac: "B".repeat(43), state: "closed", unixMs: NOW } as const;
    await writeHead(log.file, head, KEY);
    expect(first(await log.verify())).toBe("changed decisions.jsonl:3");
    const opened = await log.open();
    expect(opened.missing).toBe("its last line is not the one that was written last");
    await opened.close();
  });

  test("can't be told without FILE.head, or with one that was changed or is older", async () => {
    await log.run(1);
    const older = readFileSync(`${log.file}.head`);
    await log.run(1);
    writeFileSync(`${log.file}.head`, older);
    expect((await log.verify()).findings[0]?.what).toBe("decisions.jsonl.head is older than the log");
    writeFileSync(`${log.file}.head`, String(older).replace('"n":3', '"n":1'));
    expect((await log.verify()).findings[0]?.what).toMatch(/decisions\.jsonl\.head was changed/);
    rmSync(`${log.file}.head`);
    expect((await log.verify()).findings[0]?.what).toMatch(/decisions\.jsonl\.head is not there/);
  });

  test.each([
    [
      "its last lines",
      (lines: string[]) => lines.slice(0, -2),
      /it ends at line 3 of the chain; it had come to line 5/,
    ],
    ["all lines", () => [], /the log is gone; it had come to line 5/],
    [
      "its chain",
      (lines: string[]) => lines.map((line) => line.replace(/,"chain".*/, "}")),
      /its last line is in no chain/,
    ],
    [
      "the end of a line",
      (lines: string[]) => lines.with(-1, `${lines.at(-1)?.slice(0, -5)}AA"}}`),
      /is not the one that was written last/,
    ],
  ])("that had lost %s is reported by the next start, and stays so", async (_, change, problem) => {
    await log.run(3);
    log.tamper(change);
    const opened = await log.open();
    expect(opened.missing).toMatch(problem);
    await opened.close();
    await log.run(1);
    const { findings } = await log.verify();
    expect(findings.map(({ kind }) => kind)).toContain("reported");
  });

  test.each([
    ["nothing", () => []],
    ["lines without a chain", (lines: string[]) => lines.map((line) => line.replace(/,"chain".*/, "}"))],
  ])(
    "of a log that is gone with its head, %s in its place, is reported where it is known to have been",
    async (_, change) => {
      await log.run(3);
      log.tamper(change);
      rmSync(`${log.file}.head`);
      const opened = await log.open({ wasChained: true });
      expect(opened.missing).toMatch(/though a gate has written both/);
      await opened.close();
      expect((await log.verify()).findings.map(({ kind }) => kind)).toContain("reported");
    },
  );
});

describe("files of a log", () => {
  const names = ["decisions.000001.jsonl", "decisions.000002.jsonl", "decisions.000003.jsonl"];

  test("are missed where one is gone, also the oldest", async () => {
    await log.run(4, EACH_LINE);
    rmSync(join(dirname(log.file), names[1] ?? ""));
    const verified = await log.verify();
    expect(first(verified)).toBe("removed decisions.000003.jsonl:1");
    expect(verified.findings[0]?.what).toMatch(/missing before it, decisions\.000002\.jsonl with them$/);
    rmSync(join(dirname(log.file), names[0] ?? ""));
    expect((await log.verify()).findings[0]).toMatchObject({
      kind: "removed",
      what: expect.stringMatching(
        /^lines 1 to \d+ of the chain are missing before it, decisions\.000002\.jsonl with them$/,
      ),
    });
  });

  test("that retention removed are not missed", async () => {
    await log.run(6, { ...EACH_LINE, retention: { files: 2, maxAgeMs: undefined } });
    const verified = await log.verify();
    expect(verified.files.map(({ file }) => file)).toEqual([
      "decisions.000004.jsonl",
      "decisions.000005.jsonl",
      "decisions.jsonl",
    ]);
    expect(verified.findings).toEqual([]);
    rmSync(join(dirname(log.file), "decisions.000004.jsonl"));
    expect(first(await log.verify())).toBe("removed decisions.000005.jsonl:1");
  });

  test("that changed their names are found", async () => {
    await log.run(4, EACH_LINE);
    const [one = "", two = ""] = names.map((name) => join(dirname(log.file), name));
    renameSync(one, `${one}.away`);
    renameSync(two, one);
    renameSync(`${one}.away`, two);
    expect((await log.verify()).findings[0]?.kind).toMatch(/reordered|removed/);
  });

  test("say that another key is needed", async () => {
    await log.run(1);
    await log.run(1, { key: Buffer.alloc(32, 8) });
    expect((await log.verify()).findings.map(({ kind }) => kind)).toEqual(["key", "reported", "head"]);
    const named = { file: log.file, shown: "decisions.jsonl" };
    const both = await verifyLog(named, [KEY, Buffer.alloc(32, 8)]);
    expect(both.findings.map(({ kind }) => kind)).toEqual(["reported"]);
    const other = await verifyLog(named, [Buffer.alloc(32, 9)]);
    expect(other.findings[0]?.what).toMatch(/^from here on another key is needed \([0-9a-f]{12}\); name its file/);
  });
});
