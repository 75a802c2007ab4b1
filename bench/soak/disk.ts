// The disk of one gate: a tmpfs of its own where the harness may mount one, so that it can be filled, made read-only and given back.
import { execFileSync } from "node:child_process";
import { mkdirSync, statfsSync } from "node:fs";

export type Disk = {
  /** False where nothing could be mounted: then nothing can be done to it. */
  readonly isOwn: boolean;
  /** Room for a few more lines, and no more. */
  fill(): void;
  readOnly(): void;
  /** Room and leave to write. */
  mend(): void;
  /** One fault of it at a time. */
  alone(fault: () => Promise<void>): Promise<void>;
  unmount(): void;
};

const SIZE_BYTES = 2 * 1_024 ** 3;
const ROOM_BYTES = 16_384;
const MOST_ROOM_BYTES = 67_108_864;

/** @param folder is made; what was mounted does not outlive the harness */
export function mountDisk(folder: string): Disk {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const remount = (options: string): void => mount(["-o", `remount,${options}`, folder]);
  let last = Promise.resolve();
  const alone = (fault: () => Promise<void>): Promise<void> => {
    last = last.then(fault);
    return last;
  };
  try {
    mount(["-t", "tmpfs", "-o", `size=${SIZE_BYTES},mode=0700`, "regate-soak", folder]);
  } catch {
    const nothing = (): void => {};
    return { isOwn: false, fill: nothing, readOnly: nothing, mend: nothing, alone, unmount: nothing };
  }
  const unmount = (): void => {
    process.off("exit", unmount);
    execFileSync("umount", ["-l", folder]);
  };
  process.once("exit", unmount);
  return {
    isOwn: true,
    fill() {
      for (let room = ROOM_BYTES; ; room *= 4) {
        const { blocks, bfree, bsize } = statfsSync(folder);
        try {
          return remount(`size=${(blocks - bfree) * bsize + room}`);
        } catch (error) {
          // more was written meanwhile than there would be room for
          if (room > MOST_ROOM_BYTES) throw error;
        }
      }
    },
    readOnly: () => remount("ro"),
    mend: () => remount(`rw,size=${SIZE_BYTES}`),
    alone,
    unmount,
  };
}

function mount(args: readonly string[]): void {
  execFileSync("mount", args, { stdio: ["ignore", "ignore", "pipe"] });
}
