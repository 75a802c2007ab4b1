// Turns what zod found into the lines that a person reads: where, which field, what is wrong, what to do.
// Schemas that are reported here are made by `strictFields`, and put their own sentence on each check.
import { z } from "zod";
import type { Path, Source } from "./source.ts";
import { nearestWord } from "./suggest.ts";

/** An object that takes no other keys than `shape` has. The message of an unknown key is the list of the known ones. */
export function strictFields<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  const known = Object.keys(shape).join(" ");
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys" ? known : says("must be a mapping of names to values")(issue),
  });
}

/** A sentence for a check, which also serves where the field is missing. */
export function says(sentence: string): (issue: z.core.$ZodRawIssue) => string {
  return (issue) => (issue.input === undefined ? `is missing; it ${sentence}` : sentence);
}

/** One fault, before it has its place in the file. */
export type Fault = { readonly path: Path; readonly message: string };

/** Lines in the order of the file, `file:line:column field: what is wrong; remedy`, none twice. */
export function describeFaults(source: Source, faults: readonly Fault[]): string[] {
  const placed = faults.map((fault) => ({ ...fault, ...source.at(fault.path) }));
  placed.sort((a, b) => a.line - b.line || a.col - b.col);
  const lines = placed.map(
    ({ line, col, path, message }) => `${source.file}:${line}:${col} ${showPath(path)}: ${message}`,
  );
  return [...new Set(lines)];
}

export function toFaults(error: z.ZodError): Fault[] {
  return error.issues.flatMap((issue): Fault[] => {
    if (issue.code === "unrecognized_keys") {
      const known = issue.message.split(" ");
      return issue.keys.map((key) => ({ path: [...issue.path, key], message: describeUnknownKey(key, known) }));
    }
    if (issue.code === "invalid_key") return issue.issues.map(({ message }) => ({ path: issue.path, message }));
    return [{ path: issue.path, message: issue.message }];
  });
}

function describeUnknownKey(key: string, known: readonly string[]): string {
  const near = nearestWord(key, known);
  return near === undefined
    ? `is not known here; known are ${known.join(", ")}`
    : `is not known here; did you mean ${near}?`;
}

function showPath(path: Path): string {
  if (path.length === 0) return "(file)";
  return path
    .map((step, index) => (typeof step === "number" ? `[${step}]` : `${index > 0 ? "." : ""}${shorten(String(step))}`))
    .join("");
}

/** A key is someone's text: kept on one line, and short. */
function shorten(key: string): string {
  const plain = key.replace(/[^\x20-\x7e]/g, "?");
  return plain.length > 60 ? `${plain.slice(0, 60)}...` : plain;
}
