// Names a policy by its sources, so that the same sources have the same revision wherever and whenever they are built.
// What is derived (the index, the WASM) and what never ships (tests) is not in it.
import { createHash } from "node:crypto";
import type { Source } from "./sources.ts";

/** @returns the first 12 hex digits of the SHA-256 over path, length and bytes of each source, sorted by path */
export function computeRevision(sources: readonly Source[]): string {
  const hash = createHash("sha256");
  for (const { path, bytes } of [...sources].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    hash.update(`${path}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest("hex").slice(0, 12);
}
