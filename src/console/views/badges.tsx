// Small marks that say one thing in words: colour only helps.
import type { Category, Risk, Severity } from "../../gate/types.ts";
import type { ToolState } from "../tools.ts";
import { describeSignal, nameSignal, STATE_NAMES, TREATMENT_NAMES, type Treatment } from "../words.ts";
import { Shown } from "./shown.tsx";

export function CategoryBadge({ category }: { readonly category: Category }) {
  return <span class={`badge category-${category}`}>{category}</span>;
}

export function RiskBadge({ risk }: { readonly risk: Risk }) {
  return <span class={`badge plain risk-${risk}`}>{risk} risk</span>;
}

export function SeverityMark({ severity }: { readonly severity: Severity }) {
  const level = ["low", "medium", "high", "critical"].indexOf(severity) + 1;
  return (
    <span class={`severity severity-${severity}`}>
      <svg viewBox="0 0 19 10" aria-hidden="true">
        {[1, 2, 3, 4].map((bar) => (
          <rect x={(bar - 1) * 5} y={8 - 2 * bar} width="4" height={2 + 2 * bar} class={bar <= level ? "on" : "off"} />
        ))}
      </svg>
      {severity}
    </span>
  );
}

export function SignalBadge({ signal }: { readonly signal: string }) {
  return (
    <span class="badge signal" title={describeSignal(signal)}>
      <Shown text={nameSignal(signal)} max={60} />
    </span>
  );
}

/** Drawn in a field of 16 by 16. */
const TREATMENT_PATHS: Readonly<Record<Treatment, string>> = {
  allow: "M3.5 8.5l3 3 6-7",
  limited: "M8 4v4l2.5 2M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2",
  require_approval: "M8 2.5a2.6 2.6 0 1 0 0 5.2 2.6 2.6 0 0 0 0-5.2M3 13.5c.6-2.7 2.6-4 5-4s4.4 1.3 5 4",
  depends: "M4 13V9l4-3 4 3v4M8 6V2",
  deny: "M4 4l8 8M12 4l-8 8",
  refused: "M8 3v6M8 12v.5",
};

export function TreatmentBadge({ treatment }: { readonly treatment: Treatment }) {
  return (
    <span class={`treatment treatment-${treatment}`}>
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <path d={TREATMENT_PATHS[treatment]} />
      </svg>
      {TREATMENT_NAMES[treatment]}
    </span>
  );
}

export function StateMark({ state }: { readonly state: ToolState }) {
  return <span class={`state state-${state}`}>{STATE_NAMES[state]}</span>;
}
