// Long lists in pages: which part is shown, and the links to the others.
const PAGE_SIZE = 50;

export type Slice<T> = {
  readonly items: readonly T[];
  /** Counted from 1. */
  readonly page: number;
  readonly pages: number;
  /** Counted from 1; 0 where there is nothing. */
  readonly from: number;
  readonly to: number;
  readonly total: number;
};

/** @param given the page as a person asked for it: what is none of the list's is the nearest that is */
export function sliceList<T>(list: readonly T[], given: string | undefined): Slice<T> {
  const pages = Math.max(1, Math.ceil(list.length / PAGE_SIZE));
  const wanted = /^\d{1,9}$/.test(given ?? "") ? Number(given) : 1;
  const page = Math.min(Math.max(1, wanted), pages);
  const start = (page - 1) * PAGE_SIZE;
  const items = list.slice(start, start + PAGE_SIZE);
  return { items, page, pages, from: items.length === 0 ? 0 : start + 1, to: start + items.length, total: list.length };
}

type PagerProps = { readonly slice: Slice<unknown>; readonly urlOf: (page: number) => string };

export function Pager({ slice: { page, pages }, urlOf }: PagerProps) {
  if (pages === 1) return null;
  const near = [...new Set([1, page - 1, page, page + 1, pages])].filter((one) => one >= 1 && one <= pages);
  return (
    <nav class="pager" aria-label="Pages">
      <ul>
        {near.map((one, index) => (
          <>
            {one - (near[index - 1] ?? one - 1) > 1 && <li aria-hidden="true">…</li>}
            <li>
              {one === page ? (
                <span aria-current="page">{one}</span>
              ) : (
                <a href={urlOf(one)} aria-label={`Page ${one}`} rel={relOf(one - page)}>
                  {one}
                </a>
              )}
            </li>
          </>
        ))}
      </ul>
    </nav>
  );
}

function relOf(distance: number): string | undefined {
  return distance === 1 ? "next" : distance === -1 ? "prev" : undefined;
}
