// The decision log: a change of any byte of a closed log is found, and whatever is in the file, reading it line by line never
// fails.
import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "vitest";
import { openLines } from "../../../src/log/read-lines.ts";
import { makeLog, type TestLog } from "../../log/logs.ts";
import type { Target } from "../target.ts";

const written: TestLog = makeLog();
await written.run(3);
const BYTES = Uint8Array.from(readFileSync(written.file));

export const log: Target = {
  name: "log",
  seeds: [BYTES],
  words: ["\n", "\r\n", '"decision_id"', '"mac"', "{", "}", '"', "\\", "\0", new Uint8Array([0xff])],
  runs: 250,
  async check(input) {
    writeFileSync(written.file, input);
    const { findings } = await written.verify();
    expect(findings.length > 0).toBe(!Buffer.from(input).equals(BYTES));
    const lines = await openLines(written.file, "decisions.jsonl");
    let bytes = 0;
    await lines.read(
      (line) => {
        bytes += "text" in line ? Buffer.byteLength(line.text) : 0;
      },
      () => undefined,
    );
    await lines.close();
    expect(bytes).toBeLessThanOrEqual(input.length);
  },
};
