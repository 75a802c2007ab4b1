// What `regate wrap` and `unwrap` say: the difference before it is made, with secrets masked, and the same as JSON. Names come
// from somebody's file: none can break a line.
import { relative } from "node:path";
import type { ServerEntry } from "../../config/edit-servers.ts";
import { showable } from "../../mcp/showable.ts";
import { backupOf } from "./client-file.ts";
import { maskEntry, secretsOf } from "./entry-secrets.ts";
import type { PlannedEntry, WrapPlan } from "./plan.ts";

const MAX_LINE = 2_000;

/** A path as a person in `cwd` would write it. */
export function showPath(path: string, cwd: string): string {
  const inside = relative(cwd, path);
  return inside === "" || inside.startsWith("..") ? path : inside;
}

export function describeWrap(plan: WrapPlan, config: string, cwd: string): string {
  const lines = plan.files.flatMap(({ read, entries }) => [
    `${showPath(read.path, cwd)}${isChanged(entries) ? `  (backup: ${showPath(backupOf(read.path), cwd)})` : ""}`,
    ...entries.flatMap(describeEntry),
    ...(entries.length === 0 ? ["  holds no servers"] : []),
  ]);
  if (plan.added.size > 0) lines.push(showPath(config, cwd));
  for (const [key, entry] of plan.added) lines.push(`  + ${key}: ${showEntry(entry)}`);
  return lines.map((line) => `${showable(line, MAX_LINE)}\n`).join("");
}

export function isChanged(entries: readonly PlannedEntry[]): boolean {
  return entries.some(({ outcome }) => outcome === "wrapped");
}

function describeEntry(entry: PlannedEntry): string[] {
  const at = `  ${entry.path.join(".")}`;
  switch (entry.outcome) {
    case "wrapped":
      return [at, `  - ${showEntry(entry.before)}`, `  + ${showEntry(entry.after)}`];
    case "already":
      return [`${at}  is behind the gate already, as ${entry.key}`];
    case "left":
      return [`${at}  stays as it is: it ${entry.problem}`];
  }
}

function showEntry(entry: ServerEntry): string {
  return JSON.stringify(maskEntry(entry));
}

/** What a person should know of the servers that move; secrets are named by where they stand. */
export function notesOf(plan: WrapPlan, config: string): readonly string[] {
  const moved = plan.files.flatMap(({ entries }) => entries).filter((entry) => entry.outcome === "wrapped");
  const secrets = secretsIn(plan.added);
  return [
    ...(secrets.length === 0
      ? []
      : [
          `${config} holds what may be secret (${secrets.join(", ")}), for its owner alone: keep it out of version control`,
        ]),
    ...moved.flatMap(({ key, unset }) =>
      unset.map((name) => `${key} takes ${name} from the gate's environment; it is not set here`),
    ),
    ...moved
      .filter(({ entry }) => entry.url !== undefined && entry.headers === undefined)
      .map(
        ({ key }) =>
          `${key}: if it asks people to sign in (OAuth), it can't be reached behind the gate; unwrap it then`,
      ),
  ];
}

/** As `env.TOKEN of github`. */
export function secretsIn(added: WrapPlan["added"]): readonly string[] {
  return [...added].flatMap(([key, entry]) => secretsOf(entry).map((field) => `${field} of ${key}`));
}

export function wrapAsJson(plan: WrapPlan, config: string, isWritten: boolean): string {
  const files = plan.files.map(({ read, entries }) => ({
    file: read.path,
    ...(isChanged(entries) && { backup: backupOf(read.path) }),
    servers: entries.map((entry) => ({
      path: entry.path,
      outcome: entry.outcome,
      ...(entry.outcome === "left" ? { problem: entry.problem } : { key: entry.key }),
      ...(entry.outcome === "wrapped" && { before: maskEntry(entry.before), after: maskEntry(entry.after) }),
    })),
  }));
  const added = Object.fromEntries([...plan.added].map(([key, entry]) => [key, maskEntry(entry)]));
  const report = { config, written: isWritten, files, added, secrets: secretsIn(plan.added) };
  return `${JSON.stringify(report, undefined, 2)}\n`;
}
