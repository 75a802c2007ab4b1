// Logs on a real disk for the tests of the chain: opened as the gate opens them, with a clock of their own.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type DecisionLog, type DecisionLogOptions, openDecisionLog } from "../../src/log/decision-log.ts";
import { type Verified, verifyLog } from "../../src/log/verify-log.ts";
import { makeTempDir } from "../e2e/harness-process.ts";
import { makeEvent } from "./events.ts";

export const KEY = Buffer.alloc(32, 7);
export const LABELS = { id: "0f7b6a8e-93d1-4c53-8f5e-0d7f4f7a9f11", version: "0.1.0" };
export const NOW = Date.parse("2026-11-23T07:00:00.000Z");

export type TestLog = {
  readonly file: string;
  readonly problems: string[];
  /** What the clock says; it stands still but for this. */
  unixMs: number;
  open(options?: Partial<DecisionLogOptions>): Promise<DecisionLog>;
  /** A run of the gate: opened, so many decisions recorded one after the other, closed. */
  run(count: number, options?: Partial<DecisionLogOptions>): Promise<void>;
  verify(name?: string): Promise<Verified>;
  /** The lines of a file of the log, without their line feeds. */
  lines(name?: string): string[];
  /** Writes a file of the log anew, as no gate would. */
  tamper(change: (lines: string[]) => readonly string[], name?: string): void;
};

export function makeLog(): TestLog {
  const dir = join(makeTempDir(), "state");
  const file = join(dir, "decisions.jsonl");
  const problems: string[] = [];
  let number = 0;
  const at = (name = "decisions.jsonl"): string => join(dir, name);
  const log: TestLog = {
    file,
    problems,
    unixMs: NOW,
    open: (options = {}) =>
      openDecisionLog({
        file,
        durable: false,
        onFailure: options.durable === true ? "refuse" : "continue",
        key: KEY,
        rotation: { maxBytes: 1_000_000_000, maxAgeMs: undefined },
        retention: { files: undefined, maxAgeMs: undefined },
        labels: LABELS,
        unixMs: () => log.unixMs,
        onProblem: (problem) => problems.push(problem),
        ...options,
      }),
    async run(count, options) {
      const opened = await log.open(options);
      for (let left = count; left > 0; left -= 1) {
        void opened.record(makeEvent({ id: `call-${number}`, startedUnixMs: log.unixMs }));
        number += 1;
        await opened.flush();
      }
      await opened.close();
    },
    verify: (name) => verifyLog({ file: at(name), shown: name ?? "decisions.jsonl" }, [KEY]),
    lines: (name) => readFileSync(at(name), "utf8").split("\n").slice(0, -1),
    tamper(change, name) {
      const lines = readFileSync(at(name), "utf8").split("\n").slice(0, -1);
      writeFileSync(
        at(name),
        change(lines)
          .map((line) => `${line}\n`)
          .join(""),
      );
    },
  };
  return log;
}
