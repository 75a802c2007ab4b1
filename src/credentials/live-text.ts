// A configured text whose files are read again when they may have changed: secrets are replaced while the gate runs.
import { readSecretText, type SecretText } from "../config/secret-text.ts";
import { messageOf } from "../problem.ts";

export interface LiveText {
  /** @param isRefused it was refused just now: looks again whenever it last did */
  read(isRefused?: boolean): string;
}

export type LiveTextOptions = {
  readonly monotonicMs: () => number;
  /** Told once, until the files can be read again: the text stays what it was. */
  readonly onProblem: (problem: string) => void;
};

const LOOK_MS = 1_000;

/** @throws Error where a file can't be read at first */
export function createLiveText(text: SecretText, { monotonicMs, onProblem }: LiveTextOptions): LiveText {
  let known = readSecretText(text);
  if (typeof text === "string") return { read: () => known };
  let lookedMs = monotonicMs();
  let isFailing = false;
  return {
    read(isRefused = false) {
      if (!isRefused && monotonicMs() - lookedMs < LOOK_MS) return known;
      lookedMs = monotonicMs();
      try {
        known = readSecretText(text);
        isFailing = false;
      } catch (error) {
        if (!isFailing) onProblem(messageOf(error));
        isFailing = true;
      }
      return known;
    },
  };
}
