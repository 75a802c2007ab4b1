// The lists of the catalogue: all servers and their tools, and one server's.
import type { Catalogue, ReviewedServer } from "../ports.ts";
import { type Filter, listSignals, type ToolRow } from "../tools.ts";
import { CATALOGUE, serverUrl } from "../urls.ts";
import { countOf } from "../words.ts";
import { Breadcrumb } from "./breadcrumb.tsx";
import { CategoryBar, CategoryLegend } from "./category-bar.tsx";
import { FilterForm, listUrl } from "./filter-form.tsx";
import { Page, type Viewer } from "./layout.tsx";
import { Pager, type Slice } from "./pages.tsx";
import { Name, Shown } from "./shown.tsx";
import { type ListedTool, ToolTable } from "./tool-table.tsx";

type ListProps = {
  readonly viewer: Viewer;
  /** Before any filter. */
  readonly rows: readonly ToolRow[];
  readonly filter: Filter;
  readonly found: Slice<ListedTool>;
};

/** Of the list beside the tools; further ones are found by searching. */
const MAX_SERVERS = 200;

type CataloguePageProps = ListProps & {
  readonly catalogue: Catalogue;
  /** By catalogue name, the keys in the configuration. */
  readonly configured: ReadonlyMap<string, readonly string[]>;
};

export function CataloguePage({ viewer, rows, filter, found, catalogue, configured }: CataloguePageProps) {
  const byServer = groupByServer(rows, [...Object.keys(catalogue), ...configured.keys()]);
  const servers = [...byServer].map(([name, tools]) => ({ name, title: catalogue[name]?.title ?? name, tools }));
  return (
    <Page title="Catalogue" section="Catalogue" viewer={viewer}>
      <h1>Catalogue</h1>
      <p class="lead">
        {countOf(rows.length, "tool")} of {countOf(servers.length, "server")}: what each does, why it needs a policy,
        and which rule decides it now.
      </p>
      {rows.length > 0 && (
        <section class="overview" aria-label="Tools by category">
          <CategoryBar rows={rows} />
          <CategoryLegend rows={rows} urlOf={(category) => listUrl(CATALOGUE, { category })} />
        </section>
      )}
      <div class="split">
        {servers.length > 0 && <ServerList servers={servers} />}
        <section aria-labelledby="tools">
          <h2 id="tools">Tools</h2>
          <FilterForm
            base={CATALOGUE}
            filter={filter}
            servers={servers.map(({ name, title }) => ({ value: name, name: title }))}
            signals={listSignals(rows)}
          />
          <Found base={CATALOGUE} filter={filter} found={found} total={rows.length} withServer />
        </section>
      </div>
    </Page>
  );
}

type ServerPageProps = ListProps & {
  readonly name: string;
  /** Absent where it lists tools and nobody reviewed them. */
  readonly server: ReviewedServer | undefined;
  readonly endpoints: readonly string[];
  /** The file of its rules; undefined where the policy has no package for it. */
  readonly policyFile: string | undefined;
};

export function ServerPage({ viewer, rows, filter, found, name, server, endpoints, policyFile }: ServerPageProps) {
  const base = serverUrl(name);
  return (
    <Page title={server?.title ?? name} section="Catalogue" viewer={viewer}>
      <Breadcrumb url={CATALOGUE} name="Catalogue" />
      <h1>
        <Shown text={server?.title ?? name} max={200} />
      </h1>
      <dl class="facts row">
        <div>
          <dt>Name in policy and log</dt>
          <dd>
            <Name text={name} />
          </dd>
        </div>
        {server?.package !== undefined && (
          <div>
            <dt>Package</dt>
            <dd>
              <Name text={server.package} /> {server.version !== undefined && <Shown text={server.version} max={60} />}
            </dd>
          </div>
        )}
        <div>
          <dt>Endpoint of this gate</dt>
          <dd>{endpoints.length === 0 ? "none" : endpoints.map((key) => <Name text={`/mcp/${key}`} />)}</dd>
        </div>
        <div>
          <dt>Rules</dt>
          <dd>{policyFile === undefined ? "no package: the defaults speak" : <Name text={policyFile} />}</dd>
        </div>
      </dl>
      {rows.length > 0 && (
        <section class="overview" aria-label="Tools by category">
          <CategoryBar rows={rows} />
          <CategoryLegend rows={rows} urlOf={(category) => listUrl(base, { category })} />
        </section>
      )}
      <section class="part" aria-labelledby="tools">
        <h2 id="tools">Tools</h2>
        <FilterForm base={base} filter={{ ...filter, server: "" }} signals={listSignals(rows)} />
        <Found base={base} filter={{ ...filter, server: "" }} found={found} total={rows.length} withServer={false} />
      </section>
    </Page>
  );
}

type FoundProps = {
  readonly base: string;
  readonly filter: Filter;
  readonly found: Slice<ListedTool>;
  readonly total: number;
  readonly withServer: boolean;
};

function Found({ base, filter, found, total, withServer }: FoundProps) {
  if (total === 0) {
    return (
      <p class="empty">
        Nothing is catalogued here yet. <code>npx regate scan SERVER</code> fills the catalogue from a running server.
      </p>
    );
  }
  if (found.total === 0) {
    return (
      <p class="empty">
        No tool fits. <a href={base}>Show all {total.toLocaleString("en")}</a>
      </p>
    );
  }
  const range = `${found.from.toLocaleString("en")} to ${found.to.toLocaleString("en")} of ${countOf(found.total, "tool")}`;
  return (
    <>
      <p class="count" role="status">
        {range}
      </p>
      <ToolTable caption={`Tools, ${range}`} tools={found.items} withServer={withServer} />
      <Pager slice={found} urlOf={(page) => listUrl(base, filter, page)} />
    </>
  );
}

type Server = { readonly name: string; readonly title: string; readonly tools: readonly ToolRow[] };

function ServerList({ servers }: { readonly servers: readonly Server[] }) {
  const titles = servers.map(({ title }) => title);
  const isTwice = (title: string): boolean => titles.indexOf(title) !== titles.lastIndexOf(title);
  return (
    <nav class="servers" aria-labelledby="servers">
      <h2 id="servers">Servers</h2>
      <ul>
        {servers.slice(0, MAX_SERVERS).map(({ name, title, tools }) => (
          <li>
            <a href={serverUrl(name)}>
              <span class="title">
                <Shown text={title} max={60} />
                {isTwice(title) && title !== name && <Name text={name} max={60} />}
              </span>{" "}
              <span class="soft">{tools.length === 0 ? "no tools" : tools.length.toLocaleString("en")}</span>
              <CategoryBar rows={tools} />
            </a>
          </li>
        ))}
      </ul>
      {servers.length > MAX_SERVERS && <p class="soft">and {servers.length - MAX_SERVERS} more</p>}
    </nav>
  );
}

/** @param servers those that are there, with tools or without */
function groupByServer(rows: readonly ToolRow[], servers: readonly string[]): ReadonlyMap<string, readonly ToolRow[]> {
  const groups = new Map<string, ToolRow[]>([...new Set(servers)].sort().map((server) => [server, []]));
  for (const row of rows) {
    const group = groups.get(row.server);
    if (group === undefined) groups.set(row.server, [row]);
    else group.push(row);
  }
  return groups;
}
