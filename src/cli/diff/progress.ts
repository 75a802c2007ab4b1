// One line on a terminal that says how far a long run is. Nothing anywhere else: a log of CI is no terminal.
import type { CommandIo } from "../command.ts";

export type Progress = {
  show(doneBytes: number, lines: number): void;
  /** Clears the line. */
  end(): void;
};

const INTERVAL_MS = 100;
const BAR_CHARACTERS = 30;

export function createProgress(io: CommandIo, totalBytes: number, nowMs: () => number = Date.now): Progress {
  if (io.isTerminal !== true || totalBytes === 0) return { show: () => undefined, end: () => undefined };
  const startedMs = nowMs();
  let shownMs = Number.NEGATIVE_INFINITY;
  return {
    show(doneBytes, lines) {
      const now = nowMs();
      if (now - shownMs < INTERVAL_MS) return;
      shownMs = now;
      const share = Math.min(1, doneBytes / totalBytes);
      const filled = Math.round(share * BAR_CHARACTERS);
      const bar = "#".repeat(filled) + ".".repeat(BAR_CHARACTERS - filled);
      const leftSeconds = Math.ceil(((now - startedMs) / 1_000) * (1 / Math.max(share, 0.001) - 1));
      const percent = `${Math.floor(share * 100)}`.padStart(3);
      io.stderr(`\r[${bar}] ${percent} %  ${lines.toLocaleString("en-US")} calls, ${leftSeconds} s left\u001b[K`);
    },
    end: () => io.stderr("\r\u001b[K"),
  };
}
