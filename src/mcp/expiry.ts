// What ends with the token that a request came with: a stream that stands open, and the wait for a person. Whoever is still let
// in comes back with another. An answer that is under way is not cut: its call went out while the token was good.
const LONGEST_TIMER_MS = 2_147_483_647;

/**
 * Calls `end` at that moment, at once where it is over; never where there is none.
 * @param unixMs when the token proves nothing any more, Unix time in milliseconds
 * @returns what calls it off
 */
export function atExpiry(unixMs: number | undefined, end: () => void): () => void {
  if (unixMs === undefined) return () => {};
  const timer = setTimeout(end, Math.min(Math.max(0, unixMs - Date.now()), LONGEST_TIMER_MS)).unref();
  return () => clearTimeout(timer);
}
