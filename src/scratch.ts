// What a command makes for itself on the way, and is worth nothing when it ends before its time: scratch folders, files that are not
// in their place yet. They are remembered, so that an end by a signal can take them away.
import { mkdtempSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const remembered = new Set<string>();

/** A fresh folder, absolute, under the system's for such; in one turn, so that no signal finds it unremembered. */
export function makeScratch(purpose: string): string {
  const dir = mkdtempSync(join(tmpdir(), `regate-${purpose}-`));
  remembered.add(dir);
  return dir;
}

export async function removeScratch(dir: string): Promise<void> {
  await rm(dir, { recursive: true, force: true });
  remembered.delete(dir);
}

/** From now on `path` goes with an end by a signal. */
export function rememberTemporary(path: string): void {
  remembered.add(path);
}

/** It is gone, or in its place. */
export function forgetTemporary(path: string): void {
  remembered.delete(path);
}

/** In this very turn; what can't be removed stays. */
export function removeTemporaries(): void {
  for (const path of remembered) {
    try {
      rmSync(path, { recursive: true, force: true });
    } catch {
      // the end must not wait for it
    }
  }
}
