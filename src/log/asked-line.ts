// One input that somebody asked the policy about, by the data API, as a line of the decision log. It was no call: nothing took
// a token, nothing went out, and `regate.verdict` says `asked`. Pure.
import type { Evaluation, Masks } from "../gate/types.ts";
import { type LineContext, type RuleSite, writeLine } from "./write-line.ts";

export type AskedEvent = {
  /** UUID of the decision. */
  readonly id: string;
  /** The input that was judged. */
  readonly asked: Readonly<Record<string, unknown>>;
  readonly characters: number;
  readonly evaluation: Evaluation;
  /** The rules of the decision, in its order; empty where there is no decision. */
  readonly rules: readonly RuleSite[];
  readonly startedUnixMs: number;
  readonly judgedNs: number;
  /** As in a judged call's event. */
  readonly mask?: (() => Masks) | undefined;
};

/** @returns the line, without a line feed at its end and with none inside */
export function toAskedLine(event: AskedEvent, context: LineContext): string {
  const { asked, evaluation, rules } = event;
  const given = Object.hasOwn(asked, "params") && !Object.hasOwn(asked, "args") ? "params" : "args";
  const { [given]: arguments_, history, ...input } = asked;
  return writeLine(
    {
      id: event.id,
      bundle: evaluation.bundle,
      given,
      arguments: arguments_,
      input,
      history,
      masks: event.mask?.(),
      decision: evaluation.kind === "decided" ? evaluation.decision : undefined,
      error: evaluation.kind === "failed" ? { code: "regate_decide_failed", message: evaluation.problem } : undefined,
      requestedBy: "operator",
      startedUnixMs: event.startedUnixMs,
      judgedNs: event.judgedNs,
      fuel: evaluation.fuel,
      budget: evaluation.budget,
      regate: { verdict: "asked", server: asked.server, tool: asked.tool, method: asked.method, rules },
    },
    context,
  );
}
