// Tells when a file was written or replaced: by its folder, since a file that is replaced is another file.
import { watch } from "node:fs";
import { basename, dirname } from "node:path";

/** Writers do it in several steps; a change is told when there was none for so long. */
const SETTLE_MS = 100;

/** @returns stops watching */
export function watchFile(file: string, changed: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const watcher = watch(dirname(file), (_, name) => {
    if (name !== null && name !== basename(file)) return;
    clearTimeout(timer);
    timer = setTimeout(changed, SETTLE_MS);
  });
  return () => {
    clearTimeout(timer);
    watcher.close();
  };
}
