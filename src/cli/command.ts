// What a command is given and what it answers: so that each can be run in a test without a process.
// A command never exits by itself: main.ts does.

/** Where a command reads and writes. */
export type CommandIo = {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** Bytes that were written to stderr and that nobody has taken yet. */
  readonly backlogBytes?: () => number;
  /** Resolves when what was written to stdout has been taken: for who writes more than memory holds. */
  readonly drained?: () => Promise<void> | void;
  /** stderr is one: what a person watches, and a line on it may be written again. */
  readonly isTerminal?: boolean;
  /** stdout may have colour. */
  readonly isColoured?: boolean;
  /** Says what the command is at, for a person who waits; undefined where nobody is shown it. */
  readonly doing?: (what: string) => void;
  /** Asks who sits at the terminal; undefined where there is none. Empty where they end the input. */
  readonly ask?: (question: string) => Promise<string>;
  readonly env: NodeJS.ProcessEnv;
  /** Absolute; relative arguments are resolved against it. */
  readonly cwd: string;
  /** All of standard input. */
  readonly stdin: () => Promise<Uint8Array>;
};

/** Exit code: 0 done, 1 the check found something, 2 wrong use or bad input (a thrown Problem is 2 as well). */
export type Command = (args: readonly string[], io: CommandIo) => Promise<number>;
