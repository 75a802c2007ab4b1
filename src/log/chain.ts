// The chain of a log: each line ends with its number and an HMAC-SHA256 over the line before it and all of its own bytes, so that
// none can be changed, taken out or moved without the key. Pure but for the hash.
import { createHash, createHmac, hash } from "node:crypto";

/** How far a chain goes: the number and the MAC (base64url) of its last line. */
export type ChainHead = { readonly n: number; readonly mac: string };

/** Before the first line. */
export const CHAIN_START: ChainHead = { n: 0, mac: "A".repeat(43) };

/** What stands behind the bytes that a MAC is over. */
const MAC_TAIL_CHARACTERS = 46;
const LINK = /,"chain":\{"n":([1-9]\d{0,14}),"mac":"([\w-]{43})"\}\}$/;
/** Longer than what LINK matches. */
const LINK_BYTES = 100;

const MAC_CHARACTERS = 43;
const DIGEST_BYTES = 32;
/** Of SHA-256, which HMAC puts its key into. */
const BLOCK_BYTES = 64;
const BODY_AT = BLOCK_BYTES + MAC_CHARACTERS;
/** Longer than the link of any line, and its line feed. */
const LINK_ROOM = 128;
/** What a linker keeps for the next batch. */
const KEPT_BYTES = 1_048_576;

/**
 * Links the lines of a batch into bytes that can be written. A line costs two hashes over bytes that lie ready: to make an object
 * for its HMAC takes longer than those.
 */
export class Linker {
  /** The key's inner block, the MAC before, and the body of one line. */
  #inner = Buffer.alloc(KEPT_BYTES / 16);
  /** The key's outer block, and the inner hash. */
  readonly #outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES);
  #batch = Buffer.alloc(KEPT_BYTES / 4);
  readonly #innerKey = Buffer.alloc(BLOCK_BYTES);

  constructor(key: Buffer) {
    const block = Buffer.alloc(BLOCK_BYTES);
    (key.length > BLOCK_BYTES ? createHash("sha256").update(key).digest() : key).copy(block);
    for (let at = 0; at < BLOCK_BYTES; at += 1) {
      this.#innerKey[at] = (block[at] ?? 0) ^ 0x36;
      this.#outer[at] = (block[at] ?? 0) ^ 0x5c;
    }
    this.#innerKey.copy(this.#inner);
  }

  /**
   * @param lines JSON objects with at least one member each, without line feeds
   * @returns the lines with their links and line feeds, which hold until the next batch, and the head behind them
   */
  link(lines: readonly string[], before: ChainHead): { readonly bytes: Buffer; readonly head: ChainHead } {
    this.#forgetLarge();
    let head = before;
    let length = 0;
    for (const line of lines) {
      const n = head.n + 1;
      const end = this.#writeBody(line, n, head.mac);
      const mac = this.#mac(end);
      const bodyLength = end - BODY_AT;
      this.#makeRoom(length, bodyLength + LINK_ROOM);
      this.#inner.copy(this.#batch, length, BODY_AT, end);
      length += bodyLength;
      length += this.#batch.write(`${mac}"}}\n`, length, "latin1");
      head = { n, mac };
    }
    return { bytes: this.#batch.subarray(0, length), head };
  }

  #forgetLarge(): void {
    if (this.#batch.length > KEPT_BYTES) this.#batch = Buffer.alloc(KEPT_BYTES / 4);
    if (this.#inner.length > KEPT_BYTES) this.#renewInner(KEPT_BYTES / 4);
  }

  #renewInner(bytes: number): void {
    this.#inner = Buffer.alloc(bytes);
    this.#innerKey.copy(this.#inner);
  }

  /** @returns where the body of the line ends in `#inner` */
  #writeBody(line: string, n: number, macBefore: string): number {
    const room = BODY_AT + 3 * line.length + LINK_ROOM;
    if (this.#inner.length < room) this.#renewInner(room);
    this.#inner.write(macBefore, BLOCK_BYTES, "latin1");
    // the link takes the place of the brace at the end
    const linkAt = BODY_AT + this.#inner.write(line, BODY_AT, "utf8") - 1;
    return linkAt + this.#inner.write(`,"chain":{"n":${n},"mac":"`, linkAt, "latin1");
  }

  #mac(end: number): string {
    this.#outer.set(hash("sha256", this.#inner.subarray(0, end), "buffer"), BLOCK_BYTES);
    return hash("sha256", this.#outer, "base64url");
  }

  #makeRoom(length: number, more: number): void {
    if (length + more <= this.#batch.length) return;
    const larger = Buffer.alloc(Math.max(2 * this.#batch.length, length + more));
    this.#batch.copy(larger, 0, 0, length);
    this.#batch = larger;
  }
}

/** What a line says of its place; undefined where it has no link. */
export function readLink(line: Buffer): ChainHead | undefined {
  const [, n, mac] = LINK.exec(line.subarray(-LINK_BYTES).toString("latin1")) ?? [];
  return n === undefined || mac === undefined ? undefined : { n: Number(n), mac };
}

/** Whether the line, whose link is `own`, is the very one that was written behind `before`; its number is among what the MAC is over. */
export function follows(line: Buffer, own: ChainHead, before: ChainHead, key: Buffer): boolean {
  return macOf(line.subarray(0, -MAC_TAIL_CHARACTERS), before, key) === own.mac;
}

/** Names a key without telling it. */
export function keyIdOf(key: Buffer): string {
  return createHash("sha256").update("regate log key\n").update(key).digest("hex").slice(0, 12);
}

function macOf(body: string | Buffer, before: ChainHead, key: Buffer): string {
  return createHmac("sha256", key).update(before.mac).update(body).digest("base64url");
}
