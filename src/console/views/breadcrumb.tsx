// The way to a page: the list that it is in, and what lies between.
import type { Child } from "hono/jsx";

type BreadcrumbProps = {
  /** The list's. */
  readonly url: string;
  readonly name: string;
  /** One item more, where there is one. */
  readonly children?: Child;
};

export function Breadcrumb({ url, name, children }: BreadcrumbProps) {
  return (
    <nav aria-label="Breadcrumb" class="breadcrumb">
      <ol>
        <li>
          <a href={url}>{name}</a>
        </li>
        {children !== undefined && <li>{children}</li>}
      </ol>
    </nav>
  );
}
