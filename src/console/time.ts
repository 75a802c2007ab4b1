// Times and numbers as people read them. UTC throughout, and said so: the reader's zone is not known to the gate.
const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;

/** `14:05:09` */
export function clockOf(iso: string): string {
  return iso.slice(11, 19);
}

/** `2026-11-25 14:05:09 UTC` */
export function momentOf(unixMs: number): string {
  return `${new Date(unixMs).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** `14:05` */
export function hourOf(unixMs: number): string {
  return new Date(unixMs).toISOString().slice(11, 16);
}

/** `3 minutes`, as in "3 minutes ago". */
export function describeAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 2) return "a second";
  if (seconds < MINUTE) return `${seconds} seconds`;
  if (seconds < 2 * MINUTE) return "a minute";
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} minutes`;
  if (seconds < 2 * HOUR) return "an hour";
  if (seconds < 2 * DAY) return `${Math.floor(seconds / HOUR)} hours`;
  return `${Math.floor(seconds / DAY)} days`;
}

/** `0.42 ms`, `12 µs`, `3.1 s` */
export function describeDuration(ns: number): string {
  if (ns < 1_000) return `${Math.round(ns)} ns`;
  if (ns < 1e6) return `${short(ns / 1e3)} µs`;
  if (ns < 1e9) return `${short(ns / 1e6)} ms`;
  return `${short(ns / 1e9)} s`;
}

/** `4.2 %`; `<0.1 %` of something is not nothing. */
export function describeShare(part: number, whole: number): string {
  if (whole === 0 || part === 0) return "0 %";
  const percent = (100 * part) / whole;
  if (percent < 0.1) return "<0.1 %";
  return `${percent >= 10 ? Math.round(percent) : Math.round(percent * 10) / 10} %`;
}

function short(value: number): string {
  return value >= 100 ? String(Math.round(value)) : value >= 10 ? value.toFixed(0) : value.toFixed(value >= 1 ? 1 : 2);
}
