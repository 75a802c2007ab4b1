// The arguments of `regate log`, checked.
import { parseArgs } from "node:util";
import { nearestWord } from "../../config/suggest.ts";
import type { LogQuery } from "../../log/log-row.ts";
import { Problem } from "../../problem.ts";
import { OUTCOME_KINDS } from "../../status/describe-outcomes.ts";

export type LogArguments = {
  readonly query: LogQuery;
  readonly config: string | undefined;
  readonly file: string | undefined;
  readonly isJson: boolean;
  readonly isFollowing: boolean;
  /** Only the last so many of what is there. */
  readonly last: number | undefined;
};

const ACTIONS = ["allow", "require_approval", "deny", ...OUTCOME_KINDS, "asked"];
const MAX_LAST = 100_000;
const LAST_FOLLOWED = 10;
const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ["s", 1_000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);

const NAMES = { type: "string", multiple: true } as const;
const OPTIONS = {
  config: { type: "string", short: "c" },
  since: { type: "string" },
  until: { type: "string" },
  server: NAMES,
  tool: NAMES,
  session: NAMES,
  principal: NAMES,
  action: NAMES,
  rule: NAMES,
  last: { type: "string", short: "n" },
  follow: { type: "boolean", short: "f", default: false },
  json: { type: "boolean", default: false },
} as const;

/** The arguments of `regate log verify`, wherever that word stands before a file; undefined: it is a query. */
export function argumentsOfVerify(args: readonly string[]): readonly string[] | undefined {
  const options = { ...OPTIONS, key: NAMES };
  const { tokens } = parseArgs({ args: [...args], strict: false, allowPositionals: true, tokens: true, options });
  const first = tokens.find(({ kind }) => kind === "positional");
  return first?.kind === "positional" && first.value === "verify" ? args.toSpliced(first.index, 1) : undefined;
}

/** @throws Problem for what is no time, no action or no number */
export function readQuery(args: readonly string[], nowUnixMs: number): LogArguments {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS });
  const [file, ...others] = positionals;
  if (others.length > 0) throw new Problem([`regate log: one log at a time, not ${positionals.join(" and ")}`]);
  const query = {
    sinceUnixMs: readTime("--since", values.since, nowUnixMs),
    untilUnixMs: readTime("--until", values.until, nowUnixMs),
    servers: values.server ?? [],
    tools: values.tool ?? [],
    sessions: values.session ?? [],
    principals: values.principal ?? [],
    actions: (values.action ?? []).map(readAction),
    rules: values.rule ?? [],
  };
  const { sinceUnixMs: since = Number.NEGATIVE_INFINITY, untilUnixMs: until = Number.POSITIVE_INFINITY } = query;
  if (until <= since)
    throw new Problem([`--until ${values.until}: must be later than --since ${values.since}, or nothing fits`]);
  const last = readLast(values.last) ?? (values.follow ? LAST_FOLLOWED : undefined);
  return { query, config: values.config, file, isJson: values.json, isFollowing: values.follow, last };
}

function readTime(option: string, text: string | undefined, nowUnixMs: number): number | undefined {
  if (text === undefined) return undefined;
  const [, count, unit = ""] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  if (count !== undefined) return nowUnixMs - Number(count) * (UNIT_MS.get(unit) ?? 0);
  const isDate = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?$/.test(text);
  const unixMs = isDate ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(unixMs)) return unixMs;
  throw new Problem([
    `${option} ${text}: must be how long ago, as in 30m, 2h or 7d, or a time, as in 2026-11-23 or 2026-11-23T07:00Z`,
  ]);
}

function readAction(action: string): string {
  if (ACTIONS.includes(action)) return action;
  const near = nearestWord(action, ACTIONS);
  throw new Problem([
    `--action ${action}: must be one of ${ACTIONS.join(", ")}${near === undefined ? "" : `; did you mean ${near}?`}`,
  ]);
}

function readLast(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,6}$/.test(text) && Number(text) >= 1 && Number(text) <= MAX_LAST) return Number(text);
  throw new Problem([`-n ${text}: must be a whole number from 1 to ${MAX_LAST}`]);
}
