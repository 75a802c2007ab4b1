// How many tools of each category: as a bar, and in words beside it.
import { CATEGORIES, type Category } from "../../gate/types.ts";
import { countBy, type ToolRow } from "../tools.ts";

type Share = { readonly category: Category; readonly count: number; readonly before: number };

/** Those that there are, in the order of their danger. */
export function listShares(rows: readonly ToolRow[]): readonly Share[] {
  const counts = countBy(rows, ({ info }) => info.category);
  let before = 0;
  return CATEGORIES.flatMap((category) => {
    const count = counts.get(category) ?? 0;
    const share = { category, count, before };
    before += count;
    return count === 0 ? [] : [share];
  });
}

export function CategoryBar({ rows }: { readonly rows: readonly ToolRow[] }) {
  return (
    <svg class="bar" viewBox={`0 0 ${Math.max(1, rows.length)} 1`} preserveAspectRatio="none" aria-hidden="true">
      {listShares(rows).map(({ category, count, before }) => (
        <rect class={`fill-${category}`} x={before} y={0} width={count} height={1} />
      ))}
    </svg>
  );
}

type LegendProps = { readonly rows: readonly ToolRow[]; readonly urlOf: (category: Category) => string };

export function CategoryLegend({ rows, urlOf }: LegendProps) {
  return (
    <ul class="legend">
      {listShares(rows).map(({ category, count }) => (
        <li>
          <a href={urlOf(category)}>
            <span class={`dot fill-${category}`} aria-hidden="true"></span>
            {category} <b>{count.toLocaleString("en")}</b>
          </a>
        </li>
      ))}
    </ul>
  );
}
