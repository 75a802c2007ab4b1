// When a bundle service is asked next. Pure: chance comes in.
import type { BundleService } from "../config/bundle-schema.ts";

export type Asked = {
  /** How many failed in a row, this one included. */
  readonly failures: number;
  /** Whether the service holds requests until there is something new. */
  readonly longPolls: boolean;
  readonly tookMs: number;
};

const FIRST_RETRY_MS = 500;
const FACTOR = 2;
const JITTER = 0.2;
/** A service that should hold requests and does not is not asked in a circle. */
const LEAST_MS = 1_000;

/** @param chance from 0 to 1, so that many gates don't ask at once */
export function nextDelayMs(
  { failures, longPolls, tookMs }: Asked,
  { minDelaySeconds, maxDelaySeconds }: BundleService["polling"],
  chance: number,
): number {
  if (failures > 0) {
    const backOff = Math.min(FIRST_RETRY_MS * FACTOR ** (failures - 1), maxDelaySeconds * 1_000);
    return backOff * (1 + JITTER * (2 * chance - 1));
  }
  if (longPolls) return Math.max(0, LEAST_MS - tookMs);
  return (minDelaySeconds + (maxDelaySeconds - minDelaySeconds) * chance) * 1_000;
}
