// `make bench LABELS=FILE`: how the classifier does on tools that people have labelled. The label's server and category are
// no input: what is classified is the definition alone.
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { CATEGORIES, type Category, type Classified } from "../src/gate/types.ts";
import { Problem } from "../src/problem.ts";

const category = z.enum(CATEGORIES).exclude(["Unknown"]);

const labelSchema = z.looseObject({
  name: z.string(),
  server: z.string().optional(),
  /** The one that is meant; where it is not there, the first that is accepted. */
  category: category.optional(),
  /** Those that are right. */
  accept: z.array(category).min(1),
});

export type Label = z.infer<typeof labelSchema>;

type Judged = { readonly label: Label; readonly classified: Classified; readonly us: number };

const NAMES = CATEGORIES.filter((name) => name !== "Unknown");
const COLUMN = 13;

/** @throws Problem with one line where the file can't be read, or an element is no label */
export async function readLabels(file: string): Promise<readonly Label[]> {
  const text = await readFile(file, "utf8").catch((error: Error) => {
    throw new Problem([`LABELS=${file}: cannot be read (${error.message})`]);
  });
  return parseLabels(text, file);
}

/** @throws Problem as readLabels */
export function parseLabels(text: string, file: string): readonly Label[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Problem([`LABELS=${file}: not JSON`]);
  }
  const parsed = z.array(labelSchema).min(1).safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Problem([
    `LABELS=${file}: ${issue?.path.join(".")}: ${issue?.message}; it is an array of {name, description, accept: [category]}`,
  ]);
}

export function judgeLabels(
  labels: readonly Label[],
  classify: (definitionText: string) => Classified,
): readonly Judged[] {
  return labels.map((label) => {
    const { server, category: _, label: __, accept, ...definition } = label;
    const text = JSON.stringify(definition);
    const started = performance.now();
    const classified = classify(text);
    return { label, classified, us: (performance.now() - started) * 1_000 };
  });
}

/** The confusion matrix, the counts, and every miss with its reason. */
export function describeLabels(judged: readonly Judged[]): string {
  const accepted = judged.filter(isAccepted);
  const unclassified = judged.filter(({ classified }) => classified.kind === "failed");
  const read = judged.filter((one) => categoryOf(one) === "Read" && !one.label.accept.includes("Read"));
  const dangerous = read.filter(({ label }) =>
    label.accept.every((name) => name === "Financial" || name === "Destructive"),
  );
  const share = ((100 * accepted.length) / judged.length).toFixed(1);
  return [
    `${judged.length} labelled tools; rows: the label, columns: what they are classified as`,
    ...formatMatrix(judged),
    "",
    `accepted                                ${accepted.length} of ${judged.length}, ${share} % (95 at least)`,
    `Read, though the label is no Read       ${read.length} (1 at most)`,
    `  of them Financial or Destructive      ${dangerous.length} (0)`,
    `unclassified                            ${unclassified.length} (0)`,
    `fuel, least / median / greatest         ${spread(judged.map(({ classified }) => classified.fuel))} units`,
    `time, least / median / greatest         ${spread(judged.map(({ us }) => us))} us`,
    "",
    ...judged.filter((one) => !isAccepted(one)).map(describeMiss),
    "",
  ].join("\n");
}

function isAccepted(one: Judged): boolean {
  const classifiedAs = categoryOf(one);
  return one.label.accept.some((name) => name === classifiedAs);
}

function categoryOf({ classified }: Judged): Category {
  return classified.kind === "classified" ? classified.classification.category : "Unknown";
}

function formatMatrix(judged: readonly Judged[]): string[] {
  const columns = [...NAMES, "Unknown"];
  const row = (first: string, cells: readonly string[]): string =>
    first.padEnd(COLUMN) + cells.map((cell) => cell.padStart(COLUMN)).join("");
  return [
    row("", columns),
    ...NAMES.map((name) => {
      const labelled = judged.filter(({ label }) => (label.category ?? label.accept[0]) === name);
      return row(
        name,
        columns.map((column) => String(labelled.filter((one) => categoryOf(one) === column).length)),
      );
    }),
  ];
}

function describeMiss(one: Judged): string {
  const { label, classified } = one;
  const where = label.server === undefined ? "" : ` of ${label.server}`;
  const why = classified.kind === "classified" ? classified.classification.rationale : classified.problem;
  return `missed: ${label.name}${where} is ${label.accept.join(" or ")}, not ${categoryOf(one)}: ${why}`;
}

function spread(values: readonly number[]): string {
  const all = [...values].sort((a, b) => a - b);
  return [all[0], all[all.length >> 1], all.at(-1)].map((value) => Math.round(value ?? Number.NaN)).join(" / ");
}
