import { describe, expect, test } from "vitest";
import { inputTimeOf } from "../../../src/policy/input.ts";
import { type Moment, momentAt, nextMoment, readMoment } from "../../../src/policy/nearest/moments.ts";

/** A Wednesday, half past seven in UTC. */
const NOW_MS = Date.parse("2026-11-04T07:30:20Z");

function nowIn(timezone: string): Moment {
  const moment = readMoment(inputTimeOf(NOW_MS, timezone));
  if (moment === undefined) throw new Error("no moment");
  return moment;
}

describe("the next moment", () => {
  test.each([
    ["an hour that comes today", { hour: 9 }, "2026-11-04T09:00:00Z"],
    ["an hour that is over today", { hour: 7 }, undefined],
    ["an hour of tomorrow", { hour: 3 }, "2026-11-05T03:00:00Z"],
    ["a weekday, from its beginning", { weekday: "Friday" }, "2026-11-06T00:00:00Z"],
    ["a weekday of next week", { weekday: "Tuesday" }, "2026-11-10T00:00:00Z"],
    ["both", { weekday: "Monday", hour: 9 }, "2026-11-09T09:00:00Z"],
    ["both, next week", { weekday: "Wednesday", hour: 6 }, "2026-11-11T06:00:00Z"],
  ])("with %s", (_, wanted, expected) => {
    expect(nextMoment(nowIn("UTC"), wanted)?.rfc3339).toBe(expected);
  });

  test.each(["UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Pacific/Auckland"])(
    "is told as the gate tells it in %s",
    (timezone) => {
      const now = nowIn(timezone);
      for (const wanted of [{ hour: 0 }, { hour: 23 }, { weekday: "Sunday" }, { weekday: "Monday", hour: 9 }]) {
        const next = nextMoment(now, wanted);
        if (next === undefined) continue;
        expect(next).toMatchObject(wanted);
        expect(next).toEqual(inputTimeOf(next.unix * 1_000, timezone));
        expect(next.unix).toBeGreaterThan(now.unix);
      }
    },
  );

  test("of a Unix time is told as the gate tells it", () => {
    expect(momentAt(nowIn("Asia/Kathmandu"), 1_800_000_000)).toEqual(inputTimeOf(1_800_000_000_000, "Asia/Kathmandu"));
  });

  test.each([
    undefined,
    null,
    "now",
    {},
    { unix: 1.5, rfc3339: "", weekday: "Monday", hour: 1 },
    { unix: 1, hour: 24 },
  ])("is none after what is no time: %j", (time) => {
    expect(readMoment(time)).toBeUndefined();
  });
});
