// One line of JSON in the fields of OPA's decision log. Pure. Nothing of an input reaches the line but through the masker.
import type { Decision, Masks, Revision } from "../gate/types.ts";
import { maskSecrets } from "./mask.ts";

/** Where a rule of the decision stands in the policy's sources; `file` and `row` are absent where the bundle doesn't say. */
export type RuleSite = { readonly id: string; readonly file?: string; readonly row?: number };

export type LineContext = {
  readonly labels: {
    /** UUID of this run of the gate. */
    readonly id: string;
    readonly version: string;
  };
  /** Names, in lower case, that are masked besides the built-in ones. */
  readonly maskedKeys: ReadonlySet<string>;
};

export type LineParts = {
  readonly id: string;
  readonly bundle: Revision | undefined;
  /** Where in the input the arguments stand. */
  readonly given: "args" | "params";
  readonly arguments: unknown;
  /** The input without those, and without its history. */
  readonly input: Readonly<Record<string, unknown>>;
  /** Counts, whose names are no names of secrets. */
  readonly history: unknown;
  readonly decision: Decision | undefined;
  /** What the policy masks besides. */
  readonly masks: Masks | undefined;
  /** As in OPA's log, where there is no decision. */
  readonly error: { readonly code: string; readonly message: string } | undefined;
  readonly requestedBy: string;
  readonly startedUnixMs: number;
  readonly judgedNs: number;
  readonly fuel: number;
  /** Units of fuel that there were; absent where nothing was evaluated. */
  readonly budget?: number | undefined;
  /** What only the gate knows. */
  readonly regate: Readonly<Record<string, unknown>>;
};

/** What the policy may mask around the arguments; reasons may quote those. */
const ALL_AROUND = ["/input/principal/claims", "/result/reasons"];
const NO_NAMES: ReadonlySet<string> = new Set();

/** @returns the line, without a line feed at its end and with none inside */
export function writeLine(parts: LineParts, { labels, maskedKeys }: LineContext): string {
  const { given, decision, masks } = parts;
  const at = `/input/${given}`;
  // where it can't be said what to mask, all of it is that could have been
  const pointers = masks?.kind === "failed" ? ALL_AROUND : (masks?.pointers ?? []);
  const arguments_ = maskSecrets(parts.arguments, {
    at,
    redact: masks?.kind === "failed" ? [""] : [...(decision?.redact ?? []), ...pointersInto(at, pointers)],
    maskedKeys,
  });
  // What stands around the arguments has room of its own: large arguments can't crowd the decision out.
  const around = maskSecrets(
    {
      input: parts.input,
      result: decision,
      error: parts.error,
      regate: { ...parts.regate, mask_problem: masks?.kind === "failed" ? masks.problem : undefined },
    },
    { at: "", redact: pointers, maskedKeys },
  );
  const history = maskSecrets(parts.history, { at: "/input/history", redact: [], maskedKeys: NO_NAMES, byName: false });
  const { input, result, error, regate } = toRecord(around.value);
  const masked = [arguments_, around, history].flatMap((part) => part.masked);
  const truncated = [arguments_, around, history].flatMap((part) => part.truncated);
  return JSON.stringify({
    labels,
    decision_id: parts.id,
    bundles: parts.bundle === undefined ? {} : { regate: parts.bundle },
    path: "regate/decision",
    input: { ...toRecord(input), history: history.value, [given]: arguments_.value },
    result,
    error,
    requested_by: parts.requestedBy,
    timestamp: new Date(parts.startedUnixMs).toISOString(),
    metrics: {
      timer_regate_judge_ns: Math.round(parts.judgedNs),
      counter_regate_fuel: parts.fuel,
      counter_regate_fuel_budget: parts.budget,
    },
    masked: masked.length > 0 ? masked : undefined,
    regate: { ...toRecord(regate), truncated: truncated.length > 0 ? truncated : undefined },
  });
}

/** Those of the pointers that lead into the value at `at`, from there. */
function pointersInto(at: string, pointers: readonly string[]): readonly string[] {
  return pointers.flatMap((one) => (one === at || one.startsWith(`${at}/`) ? [one.slice(at.length)] : []));
}

function toRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
