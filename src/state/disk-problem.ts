// A start that fails for its disk is told to a person in one line, whichever file it was that could not be written.
import { Problem } from "../problem.ts";

const DISK = /^(?:ENOSPC|EDQUOT|EROFS|EFBIG|EIO|SQLITE_(?:FULL|READONLY|IOERR)(?:_\w+)?)$/;

/** @returns a Problem where the disk is the cause, else what it was given */
export function toDiskProblem(error: unknown, dir: string): unknown {
  const isOfDisk = error instanceof Error && "code" in error && DISK.test(String(error.code));
  if (!isOfDisk) return error;
  return new Problem([
    `${dir}: what the gate keeps can't be written (${error.message}): is the disk full, or read-only? Mend that, or name another folder with "state:"`,
  ]);
}
