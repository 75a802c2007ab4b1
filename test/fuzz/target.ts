// What is fuzzed: something that reads bytes from outside, and what must hold of it whatever the bytes are.
import type fc from "fast-check";

export type Target = {
  readonly name: string;
  /** Inputs that are read well; mutations begin with them. */
  readonly seeds: readonly Uint8Array[];
  /** Pieces that mean something to the reader. */
  readonly words: readonly (string | Uint8Array)[];
  /** Inputs made otherwise than by mutation, where mutation alone would be refused at the first byte. */
  readonly made?: fc.Arbitrary<Uint8Array>;
  /** True where a failure takes long to happen: it is written as it was found, and not shrunk. */
  readonly unshrunk?: boolean;
  /** Runs in `make test`. */
  readonly runs: number;
  /** Throws where something does not hold. */
  readonly check: (input: Uint8Array) => Promise<void> | void;
};
