// How figures of several rounds are given: least, median and greatest.

export function spread(values: readonly number[], unit = ""): string {
  const all = sorted(values);
  return `${[all[0], median(all), all.at(-1)].map((value) => round(value ?? Number.NaN)).join(" / ")}${unit}`;
}

export function median(values: readonly number[]): number {
  return sorted(values)[values.length >> 1] ?? Number.NaN;
}

export function whole(value: number): string {
  return Number.isFinite(value) ? Math.round(value).toLocaleString("en-US") : "-";
}

/** Lines of a table, each column as wide as its widest cell; the first one to the left, the others to the right. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join("  ");
  return rows.map((row) => `  ${line(row)}`.trimEnd()).join("\n");
}

function round(value: number): string {
  if (!Number.isFinite(value)) return "-";
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2);
}

function sorted(values: readonly number[]): number[] {
  return [...values].sort((a, b) => a - b);
}
