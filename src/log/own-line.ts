// The lines that the log writes about itself: where a run began and ended, where a file goes on, what was lost or removed. They
// stand in the chain like any other line, and are no decisions. Pure.
import { z } from "zod";
import type { LineContext } from "./write-line.ts";

const PATH = "regate/log";

const placeSchema = z.object({ file: z.string(), n: z.int(), mac: z.string() });
/** The last line of a file. */
export type Place = z.infer<typeof placeSchema>;

const windowSchema = z.object({ from: z.string(), to: z.string() });

/**
 * How a start found the log: new; written by a Regate without a chain; closed; left open by a gate that was killed; or with
 * lines missing.
 */
export const STARTS = ["new", "unchained", "end", "kill", "loss"] as const;

const eventSchema = z.discriminatedUnion("event", [
  z.object({
    event: z.literal("start"),
    /** The number of the file that the line is in. */
    file: z.int(),
    key: z.string(),
    after: z.enum(STARTS),
    /** The line before, wherever it is. */
    previous: placeSchema.optional(),
    /** Calls of this time may be missing. */
    unclean: windowSchema.extend({ torn_bytes: z.int() }).optional(),
    /** What stands before this line in its file. */
    unchained_bytes: z.int().optional(),
    /** What is missing. */
    problem: z.string().optional(),
  }),
  /** The first line of a file behind a rotation. */
  z.object({ event: z.literal("continued"), file: z.int(), key: z.string(), previous: placeSchema }),
  /** The last line of a file before a rotation. */
  z.object({ event: z.literal("rotated"), as: z.string() }),
  z.object({ event: z.literal("end") }),
  /** Decisions that could not be written. */
  z.object({ event: z.literal("lost"), decisions: z.int(), problem: z.string() }).extend(windowSchema.shape),
  /** All files up to this line were removed, for there were too many, or they were too old. */
  z.object({ event: z.literal("removed"), up_to: placeSchema, because: z.enum(["files", "days"]) }),
]);

export type OwnEvent = z.infer<typeof eventSchema>;

const lineSchema = z.looseObject({ path: z.literal(PATH), timestamp: z.iso.datetime(), regate: eventSchema });

export type OwnLine = { readonly timestamp: string; readonly event: OwnEvent };

/** @returns the line, without a line feed at its end and with none inside */
export function toOwnLine(event: OwnEvent, unixMs: number, labels: LineContext["labels"]): string {
  return JSON.stringify({ labels, path: PATH, timestamp: new Date(unixMs).toISOString(), regate: event });
}

/** @returns undefined for any other line */
export function readOwnLine(text: string): OwnLine | undefined {
  if (!text.includes(`"path":"${PATH}"`)) return undefined;
  try {
    const { timestamp, regate } = lineSchema.parse(JSON.parse(text));
    return { timestamp, event: regate };
  } catch {
    return undefined;
  }
}
