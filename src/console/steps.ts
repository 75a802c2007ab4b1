// What each step of the gate made of one call, in the order of docs/life-of-a-call.md, from its line in the log. Pure.
import type { SeenDecision } from "./decision-line.ts";
import { describeDecisionAction } from "./words.ts";

export type StepState =
  | "passed"
  /** It is what refused the call. */
  | "refused"
  /** Nothing to do, or the call did not come so far. */
  | "skipped";

const ORDER = ["freeze", "room", "complete", "arguments", "decide", "limit", "approve"] as const;
type JudgingStep = (typeof ORDER)[number];

const NAMES: Readonly<Record<CallStep["id"], string>> = {
  freeze: "Frozen?",
  room: "Room for it",
  complete: "Know the tool",
  arguments: "Check arguments",
  decide: "Decide",
  limit: "Take tokens",
  approve: "Ask a person",
  record: "Record",
  forward: "Forward",
};

export type CallStep = {
  readonly id: JudgingStep | "record" | "forward";
  readonly name: string;
  readonly state: StepState;
  readonly text: string;
};

/** Empty for what was only asked about. */
export function describeSteps(decision: SeenDecision): readonly CallStep[] {
  const { gate, result, verdict, tool } = decision;
  if (verdict === "asked") return [];
  const failed = verdict === "failed" ? gate.step : undefined;
  const problem = gate.problem ?? "";
  const observed = gate.observed === true;
  const stoppedBy = stopOf(decision, failed);
  const at = stoppedBy === undefined ? ORDER.length : ORDER.indexOf(stoppedBy);
  const step = (id: JudgingStep, passed: string, refused: string, isIdle = false): CallStep => {
    const place = ORDER.indexOf(id);
    const name = NAMES[id];
    if (place > at) return { id, name, state: "skipped", text: "" };
    if (place === at) return { id, name, state: "refused", text: refused };
    return { id, name, state: isIdle ? "skipped" : "passed", text: passed };
  };
  const asks = result?.action === "require_approval";
  const limits = result?.rate_limits.length ?? 0;
  return [
    step("freeze", "Nothing that covers it was frozen.", problem),
    ...(stoppedBy === "room" ? [step("room", "", describeOverload(decision))] : []),
    step("complete", describeFacts(decision), `It could not be completed: ${problem}`, tool === undefined),
    step("arguments", describeArguments(decision), problem, tool === undefined),
    step(
      "decide",
      result?.action === undefined ? "The policy decided." : describeDecisionAction(result.action),
      failed === "decide" ? `The policy came to no decision: ${problem}` : "The policy denies it.",
    ),
    step(
      "limit",
      gate.continued === true
        ? "It goes on with a call that took them: none were taken again."
        : limits === 0
          ? "No matched rule limits it."
          : "Every bucket had enough.",
      failed === "limit" ? `They could not be taken: ${problem}` : describeLimit(decision),
      limits === 0 || gate.continued === true,
    ),
    step(
      "approve",
      asks ? describeApproval(decision) : "No matched rule asks for one.",
      failed === "approve" ? `Nobody could be asked: ${problem}` : `It did not go out: ${problem}`,
      !asks,
    ),
    { id: "record", name: NAMES.record, state: "passed", text: "It is a line of the decision log." },
    {
      id: "forward",
      name: NAMES.forward,
      ...describeForward(stoppedBy !== undefined, observed),
    },
  ];
}

function stopOf({ verdict, result }: SeenDecision, failed: string | undefined): JudgingStep | undefined {
  switch (verdict) {
    case "frozen":
      // one that was judged had been frozen while it waited
      return result === undefined ? "freeze" : "approve";
    case "too_many_in_flight":
      return "room";
    case "invalid_arguments":
      return "arguments";
    case "denied":
      return "decide";
    case "rate_limited":
    case "too_many_buckets":
      return "limit";
    case "approval_needed":
      return "approve";
    case "failed":
      return failed === "decide" || failed === "limit" || failed === "approve" ? failed : "complete";
    default:
      return undefined;
  }
}

function describeForward(isRefused: boolean, isObserved: boolean): Pick<CallStep, "state" | "text"> {
  if (!isRefused) return { state: "passed", text: "It went out to the server as it came." };
  if (isObserved) return { state: "passed", text: "It went out all the same: the server is only observed." };
  return { state: "skipped", text: "It did not go out." };
}

function describeFacts({ input, tool, gate }: SeenDecision): string {
  if (tool === undefined) return "It names no tool.";
  const { category, severity } = input;
  const changed =
    gate.definition_change === undefined ? "" : ` Its definition has changed: ${gate.definition_change.what}`;
  const because = gate.unknown_because === undefined ? "" : ` (${gate.unknown_because})`;
  return `Category ${String(category ?? "Unknown")}, severity ${String(severity ?? "unknown")}: ${gate.classified === true ? "as classified, for nobody reviewed it" : "as reviewed"}${because}.${changed}`;
}

function describeApproval({ gate: { approval } }: SeenDecision): string {
  const by = approval?.by === undefined ? "A person" : `The ${approval.by}`;
  if (approval?.by_grant === true) return `${by} had let calls like this through for some minutes.`;
  const waited = Math.round((approval?.waited_ms ?? 0) / 1_000);
  return waited === 0 ? `${by} had approved it.` : `${by} approved it; the call was held for ${waited} s.`;
}

function describeArguments({ tool }: SeenDecision): string {
  return tool === undefined ? "It has none." : "Nothing in them is outside the reviewed schema, where there is one.";
}

function describeOverload({ gate: { in_flight: overload } }: SeenDecision): string {
  if (overload === undefined) return "As many requests were under way as may be.";
  return `${overload.max} requests were under way ${overload.of === "session" ? "in its session" : "at the server"} already.`;
}

function describeLimit({ gate }: SeenDecision): string {
  const { limit, retry_after_seconds: wait } = gate;
  if (limit === undefined) return "A bucket was empty.";
  const each = `${limit.max} per ${limit.window} s`;
  return wait === undefined
    ? `It takes more than a limit of ${each} ever holds.`
    : `A limit of ${each} had too few tokens left; enough in ${Math.ceil(wait)} s.`;
}
