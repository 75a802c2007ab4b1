// The chain of a log: each line ends with its number and an HMAC-SHA256 over the line before it and all of its own bytes, so that
// none can be changed, taken out or moved without the key. Pure but for the hash.
import { createHash, createHmac } from "node:crypto";

/** How far a chain goes: the number and the MAC (base64url) of its last line. */
export type ChainHead = { readonly n: number; readonly mac: string };

/** Before the first line. */
export const CHAIN_START: ChainHead = { n: 0, mac: "A".repeat(43) };

/** What stands behind the bytes that a MAC is over. */
const MAC_TAIL_CHARACTERS = 46;
const LINK = /,"chain":\{"n":([1-9]\d{0,14}),"mac":"([\w-]{43})"\}\}$/;
/** Longer than what LINK matches. */
const LINK_BYTES = 100;

/**
 * @param line a JSON object with at least one member, without a line feed
 * @returns the line with its link, and the head behind it
 */
export function link(line: string, head: ChainHead, key: Buffer): { readonly text: string; readonly head: ChainHead } {
  const n = head.n + 1;
  const body = `${line.slice(0, -1)},"chain":{"n":${n},"mac":"`;
  const mac = macOf(body, head, key);
  return { text: `${body}${mac}"}}`, head: { n, mac } };
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
