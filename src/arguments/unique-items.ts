// Whether no two items of an array are the same JSON value, in time linear in the array: comparing each with each is not.

/** @param spend told what a comparison costs, in units; throws where there are none left */
export function isUnique(items: readonly unknown[], spend: (units: number) => void): boolean {
  const seen = new Set<string>();
  for (const item of items) {
    const text = canonical(item);
    spend(1 + Math.floor(text.length / 16));
    if (seen.has(text)) return false;
    seen.add(text);
  }
  return true;
}

/** The same text for the same value, in whatever order its keys stand. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`);
  return `{${members.sort().join(",")}}`;
}
