// What is written to a stream in one turn goes to the operating system in one write.
import type { Writable } from "node:stream";

/** To be called before each write to `stream`. */
export function oneWriteATurn(stream: Writable): () => void {
  let isCorked = false;
  const uncork = (): void => {
    isCorked = false;
    stream.uncork();
  };
  return () => {
    if (isCorked) return;
    isCorked = true;
    stream.cork();
    process.nextTick(uncork);
  };
}
