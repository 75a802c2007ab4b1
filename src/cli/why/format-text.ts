// An explained decision in words, for a terminal. Names that come from agents and servers are made showable.
import { showable } from "../../mcp/showable.ts";
import { describeOutcome } from "../../policy/diff/compare-outcomes.ts";
import type { Change } from "../../policy/nearest/changes.ts";
import type { Nearest } from "../../policy/nearest/find-nearest.ts";
import { ABSENT, type Value, write } from "../../policy/probe/draft.ts";
import type { ExplainedRule, Explanation } from "./explain.ts";
import { inputOf } from "./explain.ts";

const LABEL_WIDTH = 10;
const NEXT_LINE = `\n${" ".repeat(2 + LABEL_WIDTH)}`;
const MAX_VALUE_CHARACTERS = 300;
const MAX_INPUT_CHARACTERS = 2_000;

const HEADS: ReadonlyMap<string, string> = new Map([
  ["forward", "allowed"],
  ["denied", "denied"],
  ["rate_limited", "refused: over a rate limit"],
  ["too_many_buckets", "refused: too many part-used limits"],
  ["too_many_in_flight", "refused: too many requests were under way"],
  ["approval_needed", "refused: it needs an approval"],
  ["invalid_arguments", "refused: its arguments don't fit the reviewed schema"],
  ["frozen", "refused: an operator had frozen it"],
  ["failed", "refused: it could not be judged"],
  ["asked", "asked about, by the data API"],
]);

export function formatExplanation(explanation: Explanation): string {
  const { decision, rules } = explanation;
  const { result } = decision;
  const lines: (readonly [label: string, value: string])[] = [
    ...reasonsOf(result).map((reason) => ["reason", showable(reason, MAX_VALUE_CHARACTERS)] as const),
    ...(decision.problem === undefined ? [] : [["problem", describeProblem(explanation)] as const]),
    ...rules.map((rule) => ["rule", describeRule(rule)] as const),
    ...(decision.limit === undefined ? [] : [["limit", describeLimit(explanation)] as const]),
    ["input", showable(write(inputOf(decision).args ?? inputOf(decision).params ?? {}), MAX_INPUT_CHARACTERS)],
    ...(decision.unreadable.length === 0
      ? []
      : [["masked", decision.unreadable.map((place) => showable(place.join("."))).join(", ")] as const]),
    ["policy", describePolicy(explanation)],
    ...describeWay(explanation),
  ];
  const text = lines.map(([label, value]) => `  ${label.padEnd(LABEL_WIDTH)}${value}\n`).join("");
  return `${describeHead(explanation)}\n${text}`;
}

function describeHead({ decision }: Explanation): string {
  const { server, tool, method, session } = decision.input;
  const what = `${showable(String(tool ?? method))} on ${showable(server)}`;
  const where = typeof session === "string" ? ` in session ${showable(session)}` : "";
  const head = HEADS.get(decision.verdict) ?? decision.verdict;
  const observed = decision.observed ? ", and went out all the same: the server was only observed" : "";
  return `${what}: ${head}${observed}
  ${decision.timestamp}, for ${showable(decision.requestedBy ?? "nobody that the log names")}${where}, decision ${decision.id}`;
}

function reasonsOf(result: unknown): readonly string[] {
  if (typeof result !== "object" || result === null || !("reasons" in result)) return [];
  return Array.isArray(result.reasons) ? result.reasons.filter((reason) => typeof reason === "string") : [];
}

function describeProblem({ decision: { problem = "", step } }: Explanation): string {
  const what = showable(problem, MAX_VALUE_CHARACTERS);
  return step === undefined ? what : `${what} (step ${step})`;
}

function describeRule({ id, file, row, title, action, isFinal }: ExplainedRule): string {
  const where = file === undefined ? "" : `${NEXT_LINE}${file}:${row ?? "?"}${title === undefined ? "" : `  ${title}`}`;
  const final = isFinal ? `${NEXT_LINE}it reads nothing of the input: it denies whatever the arguments are` : "";
  return `${id}${action === undefined ? "" : ` (${action})`}${where}${final}`;
}

function describeLimit({ decision: { limit }, wait }: Explanation): string {
  if (limit === undefined) return "";
  const held = `${limit.max} per ${limit.window} s, this call takes ${limit.cost}  ${limit.rule}`;
  if (wait === undefined) return held;
  const again =
    wait.kind === "never"
      ? "it takes more than the bucket ever holds: no waiting helps"
      : `allowed again ${Math.ceil(wait.seconds)} s after it, at ${wait.at}, where nothing else takes from the bucket`;
  return `${held}${NEXT_LINE}${again}`;
}

function describePolicy({ decision, policy, shownBundle, isSameBundle, again }: Explanation): string {
  const judged = decision.revision === undefined ? "" : `revision ${decision.revision} judged; `;
  const here = isSameBundle ? `that is ${shownBundle}` : `${shownBundle} is revision ${policy.revision}`;
  if (again.kind === "masked") {
    return `${judged}${here}; it can't be judged again, for the log does not hold ${again.places.map((place) => showable(place)).join(", ")}`;
  }
  const now = describeOutcome(again.evaluation);
  if (decision.result === undefined) return `${judged}${here}, which would say: ${now}`;
  if (again.isAlike) return `${judged}${here}, which decides alike`;
  const because = isSameBundle ? ", so the log does not hold all that it saw" : "";
  return `${judged}${here}, which decides otherwise now: ${now}${because}`;
}

function describeWay({ decision, rules, nearest }: Explanation): (readonly [string, string])[] {
  if (decision.verdict === "invalid_arguments") return [["nearest", "mend the arguments as the problem says"]];
  if (nearest === undefined) return [];
  const final = rules.filter(({ isFinal }) => isFinal);
  if (nearest.kind === "found") {
    const changes = nearest.changes.map((change) => describeChange(change)).join(NEXT_LINE);
    const how = nearest.action === "allow" ? "allowed" : "put before an approver";
    return [
      ["nearest", `${how} with${NEXT_LINE}${changes}`],
      ["then", describeThen(nearest)],
    ];
  }
  if (final.length > 0) {
    return [["nearest", `none: ${final.map(({ id }) => id).join(", ")} can't be satisfied by any input of this call`]];
  }
  return [["nearest", `none found. ${describeTried(nearest)}`]];
}

function describeThen({ decision }: Extract<Nearest, { kind: "found" }>): string {
  return describeOutcome({ kind: "decided", decision, fuel: 0, bundle: { revision: "", digest: "" } });
}

function describeTried({ tried, places, complete }: Extract<Nearest, { kind: "none" }>): string {
  if (places.length === 0) return "The rules that speak to this call read nothing of it that could be otherwise";
  const what = `${tried} inputs with other values of ${places.map((place) => showable(place)).join(", ")} were tried, up to three at once`;
  return complete ? what : `${what}; there was more to try`;
}

function describeChange({ path, from, to }: Change): string {
  const place = showable(path.join("."));
  if (to === ABSENT) return `${place} left out`;
  return from === ABSENT ? `${place} = ${show(to)}` : `${place} = ${show(to)} in the place of ${show(from)}`;
}

function show(value: Value): string {
  return value === ABSENT ? "nothing" : showable(write(value), MAX_VALUE_CHARACTERS);
}
