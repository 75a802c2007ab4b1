// The next moment, from that of an input on, that has an hour, a weekday or both: in the time zone that the input's own time
// was told in. Pure: no clock, no database of time zones, so a moment behind a change of the clocks may be an hour off.
import { z } from "zod";

const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 86_400;

const timeSchema = z.object({
  unix: z.int().min(0).max(8.64e12),
  rfc3339: z.string(),
  weekday: z.enum(["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]),
  hour: z.int().min(0).max(23),
});

export type Moment = z.infer<typeof timeSchema>;

/** @returns undefined for what is no time of an input */
export function readMoment(time: unknown): Moment | undefined {
  const parsed = timeSchema.safeParse(time);
  return parsed.success ? parsed.data : undefined;
}

/** The next moment with this hour and weekday, where they are given; undefined where that is now. */
export function nextMoment(
  now: Moment,
  wanted: { readonly hour?: number; readonly weekday?: string },
): Moment | undefined {
  const days = wanted.weekday === undefined ? 0 : WEEKDAYS.indexOf(wanted.weekday) - WEEKDAYS.indexOf(now.weekday);
  const hours = wanted.hour === undefined ? 0 : wanted.hour - now.hour;
  // another day's or hour's begin will do
  const begins = wanted.hour === undefined ? -now.hour * HOUR_SECONDS * Number(days !== 0) : 0;
  const away = days * DAY_SECONDS + hours * HOUR_SECONDS + begins;
  const cycle = wanted.weekday === undefined ? DAY_SECONDS : 7 * DAY_SECONDS;
  const ahead = away < 0 ? away + cycle : away;
  if (ahead === 0) return undefined;
  return momentAt(now, now.unix + ahead - secondsOf(now));
}

/** The moment of this Unix time, told as `now` is. */
export function momentAt(now: Moment, unix: number): Moment {
  const local = new Date((unix + offsetOf(now)) * 1_000);
  return {
    unix,
    rfc3339: `${local.toISOString().slice(0, 19)}${/(?:Z|[+-]\d{2}:\d{2})$/.exec(now.rfc3339)?.[0] ?? "Z"}`,
    weekday: WEEKDAY_OF[local.getUTCDay()] ?? "Monday",
    hour: local.getUTCHours(),
  };
}

const WEEKDAY_OF = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] as const;

/** Of the hour that it is. */
function secondsOf({ unix, rfc3339 }: Moment): number {
  return (((unix + offsetOf({ rfc3339 })) % HOUR_SECONDS) + HOUR_SECONDS) % HOUR_SECONDS;
}

/** Seconds that the time zone is ahead of UTC. */
function offsetOf({ rfc3339 }: Pick<Moment, "rfc3339">): number {
  const found = /([+-])(\d{2}):(\d{2})$/.exec(rfc3339);
  if (found === null) return 0;
  const [, sign, hours, minutes] = found;
  return (sign === "-" ? -1 : 1) * (Number(hours) * HOUR_SECONDS + Number(minutes) * 60);
}
