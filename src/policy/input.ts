// Composes the input of `regate/decision` for one call, as JSON text: args and params go in as they were received, so that
// no number is rounded on its way to the policy. Its only clock is the `now` that it is given. schemas/input.json is the form.
import type { Call, History, ToolFacts } from "../gate/types.ts";

export const NO_HISTORY: History = { tools: {}, categories: {}, labels: {} };

/**
 * @param facts of the call's tool; undefined for methods that name none
 * @param timezone IANA name for weekday, hour and rfc3339; UTC where it is left out
 * @throws RangeError for a timezone that is not known: configuration is checked before
 * @returns one JSON object; a call without arguments (or params) has empty ones
 */
export function composeInput(
  call: Call,
  facts: ToolFacts | undefined,
  now: { readonly unixMs: number },
  history: History = NO_HISTORY,
  timezone = "UTC",
): string {
  const { server, tool, method, direction, session, principal } = call;
  const { id, groups, claims } = principal;
  const named = JSON.stringify({
    server,
    tool,
    category: facts?.category,
    risk: facts?.risk,
    severity: facts?.severity,
    definition: facts?.definition,
    method,
    direction,
    session,
    principal: { id, groups, claims },
    history,
  });
  const received = tool === undefined ? `"params":${call.params?.text ?? "{}"}` : `"args":${call.args?.text ?? "{}"}`;
  return `${named.slice(0, -1)},"time":${composeTime(now.unixMs, timezone)},${received}}`;
}

/** `input.time`: `unix` in seconds, the rest in the time zone; `weekday` in English, `hour` from 0 to 23. */
export type InputTime = {
  readonly unix: number;
  readonly rfc3339: string;
  readonly weekday: string;
  readonly hour: number;
};

/** The time of the last call: many calls share a second, and formatting one takes longer than judging. */
let last: { readonly timezone: string; readonly time: InputTime | undefined; readonly text: string } = {
  timezone: "",
  time: undefined,
  text: "",
};
/** Undefined until one is asked for: the first of a process takes as long as a thousand calls. */
let lastFormat: { readonly timezone: string; readonly format: Intl.DateTimeFormat } | undefined;
const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] as const;

/** The time that a call of `unixMs` has in its input. */
export function inputTimeOf(unixMs: number, timezone: string): InputTime {
  const unix = Math.floor(unixMs / 1000);
  if (last.time?.unix === unix && last.timezone === timezone) return last.time;
  const time = Object.freeze({ unix, ...describeTime(unix, timezone) });
  last = { timezone, time, text: JSON.stringify(time) };
  return time;
}

/** `input.time` as JSON text. */
export function composeTime(unixMs: number, timezone: string): string {
  inputTimeOf(unixMs, timezone);
  return last.text;
}

function describeTime(unix: number, timezone: string): Omit<InputTime, "unix"> {
  if (timezone === "UTC") return describeUtc(new Date(unix * 1000));
  if (lastFormat?.timezone !== timezone) lastFormat = { timezone, format: createFormat(timezone) };
  const parts = new Map(lastFormat.format.formatToParts(unix * 1000).map(({ type, value }) => [type, value]));
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? "";
  const offset = part("timeZoneName").replace(/^GMT(\+00:00)?/, "") || "Z"; // versions of ICU differ on zero
  return {
    rfc3339: `${part("year")}-${part("month")}-${part("day")}T${part("hour")}:${part("minute")}:${part("second")}${offset}`,
    weekday: part("weekday"),
    hour: Number(part("hour")),
  };
}

/** Needs no data of time zones. */
function describeUtc(date: Date): Omit<InputTime, "unix"> {
  return {
    rfc3339: `${date.toISOString().slice(0, -".000Z".length)}Z`,
    weekday: WEEKDAYS[date.getUTCDay()] ?? "",
    hour: date.getUTCHours(),
  };
}

function createFormat(timezone: string): Intl.DateTimeFormat {
  const twoDigits = {
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  } as const;
  return new Intl.DateTimeFormat("en-US", {
    ...twoDigits,
    timeZone: timezone,
    calendar: "gregory",
    hourCycle: "h23",
    year: "numeric",
    weekday: "long",
    timeZoneName: "longOffset",
  });
}
