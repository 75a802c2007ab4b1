// The last good bundle, on disk in the state folder, for a start at which its service is away or its file is not in order. It
// is verified again when it is read. What can't be written is told, and is no reason to refuse a policy.

import { createHash } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { KEPT_BUNDLE } from "../config/bundle-schema.ts";
import { messageOf } from "../problem.ts";

export type Kept = {
  readonly bytes: Uint8Array;
  /** What its service called it; undefined where it called it nothing. */
  readonly etag: string | undefined;
};

export interface KeptBundle {
  /** Absolute. */
  readonly file: string;
  /** Undefined where there is none of this source. */
  read(): Promise<Kept | undefined>;
  write(kept: Kept): Promise<void>;
}

const noteSchema = z.object({ source: z.string(), sha256: z.string(), etag: z.string().optional() });

/** @param source names where it came from: what came from elsewhere is not read */
export function createKept(dir: string, source: string, log: (line: string) => void): KeptBundle {
  const file = join(dir, KEPT_BUNDLE);
  const noteFile = `${file}.json`;
  return {
    file,
    async read() {
      try {
        const note = noteSchema.parse(JSON.parse(await readFile(noteFile, "utf8")));
        const bytes = await readFile(file);
        if (note.source !== source) return undefined;
        // the two files are not written at once: between them, the note is of the last bundle
        return { bytes, etag: note.sha256 === sha256(bytes) ? note.etag : undefined };
      } catch {
        return undefined;
      }
    },
    async write({ bytes, etag }) {
      try {
        await replace(file, bytes);
        await replace(noteFile, JSON.stringify({ source, sha256: sha256(bytes), etag }));
      } catch (error) {
        log(`bundle: it can't be kept for a start without its source: ${messageOf(error)}`);
      }
    },
  };
}

async function replace(file: string, content: Uint8Array | string): Promise<void> {
  await writeFile(`${file}.new`, content, { mode: 0o600, flush: true });
  await rename(`${file}.new`, file);
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
