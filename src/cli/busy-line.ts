// One line on a terminal, below what was printed, that says what takes long: from the first second of silence on, gone with the next
// word. Nothing anywhere else: a log of CI is no terminal.
import type { CommandIo } from "./command.ts";

export type BusyLine = {
  /** For the command: what it prints clears the line first. */
  readonly io: CommandIo;
  /** To be called a few times a second. */
  tick(): void;
  /** Clears the line. */
  end(): void;
};

const SILENCE_MS = 1_000;
const CLEAR = "\r\u001b[K";

/**
 * @param name of the command
 * @param waits it is silent for as long as somebody wants, and busy only where it says so
 */
export function createBusyLine(io: CommandIo, name: string, waits: boolean, nowMs: () => number): BusyLine {
  if (io.isTerminal !== true) return { io, tick() {}, end() {} };
  const startedMs = nowMs();
  let saidMs = startedMs;
  let doing = waits ? undefined : `regate ${name}`;
  let isShown = false;
  /** A person is asked, or types. */
  let asking = 0;

  function clear(): void {
    if (isShown) io.stderr(CLEAR);
    isShown = false;
    saidMs = nowMs();
  }
  async function whileAsking<T>(ask: () => Promise<T>): Promise<T> {
    clear();
    asking += 1;
    try {
      return await ask();
    } finally {
      asking -= 1;
      saidMs = nowMs();
    }
  }

  const { ask } = io;
  return {
    io: {
      ...io,
      stdout(text) {
        clear();
        io.stdout(text);
      },
      stderr(text) {
        clear();
        io.stderr(text);
      },
      stdin: () => whileAsking(io.stdin),
      ...(ask && { ask: (question: string) => whileAsking(() => ask(question)) }),
      doing(what) {
        doing = what;
      },
    },
    tick() {
      const now = nowMs();
      if (doing === undefined || asking > 0 || now - saidMs < SILENCE_MS) return;
      isShown = true;
      io.stderr(`\r${doing}, ${Math.floor((now - startedMs) / 1_000)} s\u001b[K`);
    },
    end: clear,
  };
}
