// What `regate wrap` will do: for each server of the client's files whether it goes behind the gate, under which key, and what
// then stands in both files. Reads the files, and writes none.
import { dirname } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { checkEntry, type ServerEntry } from "../../config/edit-servers.ts";
import { slugOf } from "../../config/mcp-config.ts";
import { type Fields, type Launch, readClientEntry, wrapEntry } from "./client-entry.ts";
import { backupOf, type ReadFile, readClientFile } from "./client-file.ts";
import { type ClientFile, containersOf } from "./clients.ts";
import { type Edit, JsonText, type Member } from "./json-text.ts";
import { restore } from "./restore.ts";

export type PlannedEntry = {
  /** Where it stands in the client's file. */
  readonly path: readonly string[];
} & (
  | {
      readonly outcome: "wrapped";
      readonly key: string;
      readonly entry: ServerEntry;
      readonly before: Fields;
      readonly after: Fields;
      readonly unset: readonly string[];
    }
  | { readonly outcome: "already"; readonly key: string }
  | { readonly outcome: "left"; readonly problem: string }
);

export type FilePlan = {
  readonly read: ReadFile;
  readonly entries: readonly PlannedEntry[];
  readonly after: string;
  /** The file without the gate. */
  readonly backup: string;
};

export type WrapPlan = {
  readonly files: readonly FilePlan[];
  /** New under `servers`. */
  readonly added: ReadonlyMap<string, ServerEntry>;
};

export type PlanOptions = {
  readonly files: readonly ClientFile[];
  /** regate.yaml, absolute. */
  readonly config: string;
  /** What it has already. */
  readonly servers: ReadonlyMap<string, unknown>;
  readonly env: NodeJS.ProcessEnv;
  readonly home: string;
  readonly launch: Launch;
};

/** @throws Problem where a file can't be read */
export function planWrap(options: PlanOptions): WrapPlan {
  const servers = new Map(options.servers);
  const added = new Map<string, ServerEntry>();
  const register = (key: string, entry: ServerEntry): void => {
    if (servers.has(key)) return;
    servers.set(key, entry);
    added.set(key, entry);
  };
  const files = options.files.flatMap(({ file, folder }) => {
    const read = readClientFile(file);
    if (read === undefined) return [];
    const json = new JsonText(read.text, file);
    const edits: Edit[] = [];
    const entries = containersOf(json, folder).flatMap((container) => {
      return (json.members(container.path) ?? []).map((member): PlannedEntry => {
        const isTyped = container.path.at(-1) === "servers";
        const planned = planEntry(member, { ...options, folder: container.folder, servers, isTyped });
        if (planned.outcome === "wrapped") {
          register(planned.key, planned.entry);
          edits.push({ start: member.start, end: member.end, text: formatLike(json.text, member, planned.after) });
        }
        return { path: [...container.path, member.name], ...planned };
      });
    });
    return [{ read, entries, after: json.replace(edits), backup: withoutGate(json, read) }];
  });
  return { files, added };
}

type EntryOptions = PlanOptions & {
  readonly folder: string | undefined;
  readonly isTyped: boolean;
};

type PlannedOutcome<Planned = PlannedEntry> = Planned extends unknown ? Omit<Planned, "path"> : never;

function planEntry({ name, value }: Member, options: EntryOptions): PlannedOutcome {
  const { config, servers, env, launch, isTyped } = options;
  // where the gate's own folder is the same, it need not be said
  const folder = options.folder;
  const read = readClientEntry(value, { folder, home: options.home, env });
  if (read.kind === "left") return { outcome: "left", problem: read.problem };
  if (read.kind === "wrapped") {
    if (read.config === config) return { outcome: "already", key: read.key };
    return {
      outcome: "left",
      problem: `is behind a gate already (${read.config ?? "of a configuration it doesn't name"})`,
    };
  }
  const { cwd, ...rest } = read.entry;
  const entry = { ...rest, ...(cwd !== undefined && cwd !== dirname(config) && { cwd }) };
  const { key, named } = chooseKey(name, entry, servers);
  const checked = checkEntry(key, named, config, env);
  if (checked.kind === "faulty") return { outcome: "left", problem: checked.problems.join("; it ") };
  const after = wrapEntry(read.fields, { key, config, launch, isTyped });
  return { outcome: "wrapped", key, entry: named, before: read.fields, after, unset: checked.unset };
}

/** The name itself where it can stand in a URL; a server that is there already and is the very same is that one. */
function chooseKey(
  name: string,
  entry: ServerEntry,
  servers: ReadonlyMap<string, unknown>,
): { readonly key: string; readonly named: ServerEntry } {
  const slug = slugOf(name);
  for (let number = 1; ; number += 1) {
    const key = number === 1 ? slug : `${slug}-${number}`;
    const named = key === name ? entry : { ...entry, catalogue: name };
    if (!servers.has(key) || isDeepStrictEqual(servers.get(key), named)) return { key, named };
  }
}

/** Entries that were wrapped before are in the backup as they were before that. */
function withoutGate(json: JsonText, { path }: ReadFile): string {
  const kept = readClientFile(backupOf(path));
  return kept === undefined ? json.text : restore(json, new JsonText(kept.text, backupOf(path))).text;
}

/** As JSON in the manner of what stood there: on one line or several, with its indentation and line ends. */
function formatLike(text: string, { start, end }: Member, value: Fields): string {
  const written = text.slice(start, end);
  const [, eol, inner] = /(\r?\n)([ \t]*)/.exec(written) ?? [];
  if (eol === undefined || inner === undefined) {
    return /^\{\s/.test(written) ? JSON.stringify(value, undefined, 1).replace(/\n\s*/g, " ") : JSON.stringify(value);
  }
  const [, base = ""] = /(?:^|\n)([ \t]*)[^\n]*$/.exec(text.slice(0, start)) ?? [];
  const unit = inner.length > base.length && inner.startsWith(base) ? inner.slice(base.length) : "  ";
  return JSON.stringify(value, undefined, unit).replaceAll("\n", `${eol}${base}`);
}
