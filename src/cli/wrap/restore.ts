// The text of a client's file without the gate: each entry that starts `regate stdio` gets the very text back that the backup
// has in its place, and every other byte stays as it is now. Pure.
import { isDeepStrictEqual } from "node:util";
import { isUntouched, readClientEntry } from "./client-entry.ts";
import { containersOf } from "./clients.ts";
import type { Edit, JsonText } from "./json-text.ts";

export type RestoredEntry = {
  readonly path: readonly string[];
  readonly outcome:
    | "restored"
    /** Someone changed what was written in its place. */
    | "changed"
    /** The backup does not say what stood there. */
    | "unknown";
};

export type Restored = { readonly text: string; readonly entries: readonly RestoredEntry[] };

const ANYWHERE = { folder: undefined, home: "", env: {} };

/** @param force restores what was changed as well */
export function restore(json: JsonText, backup: JsonText | undefined, force = false): Restored {
  const entries: RestoredEntry[] = [];
  const edits: Edit[] = [];
  for (const { path } of containersOf(json, undefined)) {
    for (const { name, value, start, end } of json.members(path) ?? []) {
      if (readClientEntry(value, ANYWHERE).kind !== "wrapped") continue;
      const before = backup?.members(path)?.find((member) => member.name === name);
      // it was so before it was wrapped
      if (before !== undefined && isDeepStrictEqual(value, before.value)) continue;
      const at = [...path, name];
      if (backup === undefined || before === undefined || readClientEntry(before.value, ANYWHERE).kind === "wrapped") {
        entries.push({ path: at, outcome: "unknown" });
      } else if (force || isUntouched(value, before.value)) {
        entries.push({ path: at, outcome: "restored" });
        edits.push({ start, end, text: backup.text.slice(before.start, before.end) });
      } else entries.push({ path: at, outcome: "changed" });
    }
  }
  return { text: json.replace(edits), entries };
}
