// What became of a call, as a mark: a sign and a word, so that colour only helps.
import { nameVerdict } from "../verdicts.ts";
import { Shown } from "./shown.tsx";

/** Drawn in a field of 16 by 16. */
const PATHS: Readonly<Record<string, string>> = {
  forward: "M3.5 8.5l3 3 6-7",
  denied: "M4 4l8 8M12 4l-8 8",
  rate_limited: "M8 4v4l2.5 2M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2",
  too_many_buckets: "M8 4v4l2.5 2M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2",
  too_many_in_flight: "M3 4h10M3 8h10M3 12h10",
  approval_needed: "M8 2.5a2.6 2.6 0 1 0 0 5.2 2.6 2.6 0 0 0 0-5.2M3 13.5c.6-2.7 2.6-4 5-4s4.4 1.3 5 4",
  invalid_arguments: "M6 3H4v10h2M10 3h2v10h-2M8 6v2.5M8 10.5v.5",
  failed: "M8 3v6M8 12v.5",
  frozen: "M8 1.5v13M2.4 4.75l11.2 6.5M13.6 4.75L2.4 11.25",
  asked: "M5.5 6a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.1.9-1.1 1.8M8 12.5v.5",
};

type VerdictBadgeProps = { readonly kind: string; readonly observed?: boolean };

export function VerdictBadge({ kind, observed = false }: VerdictBadgeProps) {
  return (
    <span class={`verdict-mark mark-${Object.hasOwn(PATHS, kind) ? kind : "failed"}`}>
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <path d={PATHS[kind] ?? PATHS.failed} />
      </svg>
      <span>
        <Shown text={nameVerdict(kind)} max={60} />
        {observed && kind !== "forward" && <span class="soft"> (observed)</span>}
      </span>
    </span>
  );
}
