// Finds one decision in decision logs, and in their rotated files, by its id, or by the beginning of it where no other decision begins so.
import { Problem } from "../problem.ts";
import { type NamedLog, withRotated } from "./log-files.ts";
import { type LoggedDecision, readLoggedDecision } from "./logged-decision.ts";
import { openLines } from "./read-lines.ts";

/** Fewer characters are no id that anyone was shown. */
const SHORTEST = 4;
const MAX_NAMED = 5;
const ID = /^[0-9A-Za-z_.:-]{1,200}$/;

/** @throws Problem where there is none, or more than one, or a log can't be read */
export async function findDecision(prefix: string, logs: readonly NamedLog[]): Promise<LoggedDecision> {
  if (prefix.length < SHORTEST || !ID.test(prefix)) {
    throw new Problem([
      `${JSON.stringify(prefix).slice(1, -1)}: is no decision's id; give the one that a refusal names, or at least its first ${SHORTEST} characters`,
    ]);
  }
  const found = new Map<string, LoggedDecision>();
  for (const log of await withRotated(logs)) await look(log, prefix, found);
  const exact = found.get(prefix);
  const [first, ...others] = found.values();
  if (exact !== undefined) return exact;
  if (first === undefined) {
    const where = logs.map(({ shown }) => shown).join(", ");
    throw new Problem([
      `no decision ${prefix} in ${where}; it may be younger than what is written yet, or in another log: name it with --log FILE`,
    ]);
  }
  if (others.length > 0) {
    const ids = [...found.keys()].slice(0, MAX_NAMED).join(", ");
    const more = found.size > MAX_NAMED ? ` and ${found.size - MAX_NAMED} more` : "";
    throw new Problem([`${prefix}: ${found.size} decisions begin so (${ids}${more}); give more of the id`]);
  }
  return first;
}

async function look(log: NamedLog, prefix: string, found: Map<string, LoggedDecision>): Promise<void> {
  const reader = await openLines(log.file, log.shown);
  // most lines need not be parsed: no id is written otherwise
  const start = new RegExp(`"decision_id"\\s*:\\s*"${prefix.replaceAll(".", "\\.")}`);
  try {
    await reader.read(
      (line) => {
        if ((line.kind !== "text" && line.kind !== "unended") || !start.test(line.text)) return;
        const decision = readLoggedDecision(line.text);
        if (decision?.id.startsWith(prefix)) found.set(decision.id, decision);
      },
      () => undefined,
    );
  } finally {
    await reader.close();
  }
}
