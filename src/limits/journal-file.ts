// An append-only file of lines. Each append is one write to the page cache, without fsync: kill -9 loses nothing, a power
// cut the last moments. A line that was not written whole is cut off again before anything else is written.
import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";

export class JournalFile {
  readonly path: string;
  readonly #fd: number;
  /** Length of the whole lines; what lies behind them is torn. */
  #wholeBytes: number;
  #torn: boolean;

  /** Opens the file, or makes it (mode 0600). What follows the last newline was being written when a process died, and goes. */
  constructor(path: string) {
    this.path = path;
    this.#fd = openSync(path, "a+", 0o600);
    const bytes = this.#read(fstatSync(this.#fd).size);
    this.#wholeBytes = bytes.lastIndexOf("\n") + 1;
    this.#torn = this.#wholeBytes !== bytes.length;
  }

  get bytes(): number {
    return this.#wholeBytes;
  }

  /** @param line ends with its only newline. Throws where it could not be written whole: then it does not count. */
  append(line: string): void {
    this.#cutTornTail();
    this.#torn = true;
    const length = Buffer.byteLength(line);
    const written = writeSync(this.#fd, line);
    if (written !== length) throw new Error(`only ${written} of ${length} bytes were written`);
    this.#torn = false;
    this.#wholeBytes += length;
  }

  /** The whole lines, without their newlines. */
  lines(): string[] {
    return this.#read(this.#wholeBytes).toString("utf8").split("\n").slice(0, -1);
  }

  empty(): void {
    this.#torn ||= this.#wholeBytes > 0;
    this.#wholeBytes = 0;
    this.#cutTornTail();
  }

  close(): void {
    closeSync(this.#fd);
  }

  #cutTornTail(): void {
    if (!this.#torn) return;
    ftruncateSync(this.#fd, this.#wholeBytes);
    this.#torn = false;
  }

  #read(length: number): Buffer {
    const bytes = Buffer.alloc(length);
    for (let at = 0; at < length; ) {
      const more = readSync(this.#fd, bytes, at, length - at, at);
      if (more === 0) throw new Error(`it ends at byte ${at} of ${length}`);
      at += more;
    }
    return bytes;
  }
}
