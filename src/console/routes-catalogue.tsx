// The catalogue: all tools, those of one server, one tool.
import { findPolicyFile, standTool } from "./explain.ts";
import { knowTool } from "./knowledge.ts";
import type { ConsolePorts, PolicyView } from "./ports.ts";
import type { Ctx, Shared } from "./routes.ts";
import { type Filter, filterTools, findServer, listTools, readFilter, type ToolRow } from "./tools.ts";
import { CATALOGUE, serverUrl, TOOL_PARAMETER, toolUrl } from "./urls.ts";
import { CataloguePage, ServerPage } from "./views/catalogue.tsx";
import { type Slice, sliceList } from "./views/pages.tsx";
import { ToolPage } from "./views/tool.tsx";
import type { ListedTool } from "./views/tool-table.tsx";

export function addCatalogue({ app, ports, view, notFound }: Shared): void {
  app.get(CATALOGUE, (c) => {
    const { policy, viewer } = view(c);
    const rows = listTools(policy.catalogue, ports.live);
    const filter = readFilter((name) => c.req.query(name));
    const found = find(ports, policy, rows, filter, c.req.query("page"));
    const { catalogue } = policy;
    return c.html(<CataloguePage {...{ viewer, rows, filter, found, catalogue, configured: ports.servers }} />);
  });

  // who knows a server by its endpoint finds it by that name as well
  const nameOfKey = (key: string): string | undefined => [...ports.servers].find(([, keys]) => keys.includes(key))?.[0];

  app.get(`${CATALOGUE}/:server`, (c) => {
    const name = c.req.param("server");
    const tool = c.req.query(TOOL_PARAMETER);
    if (tool !== undefined) return showTool(c, name, tool);
    const { policy, viewer } = view(c);
    const rows = listTools(policy.catalogue, ports.live).filter(({ server }) => server === name);
    const server = findServer(policy.catalogue, name);
    const endpoints = ports.servers.get(name) ?? [];
    if (server === undefined && rows.length === 0 && endpoints.length === 0) {
      const catalogued = nameOfKey(name);
      if (catalogued !== undefined) return c.redirect(serverUrl(catalogued), 303);
      return notFound(c, "Neither the catalogue nor the configuration knows a server of this name.");
    }
    const filter = readFilter((field) => (field === "server" ? "" : c.req.query(field)));
    const found = find(ports, policy, rows, filter, c.req.query("page"));
    const policyFile = findPolicyFile(policy, name);
    return c.html(<ServerPage {...{ viewer, rows, filter, found, name, server, endpoints, policyFile }} />);
  });

  app.get(`${CATALOGUE}/:server/:tool`, (c) => showTool(c, c.req.param("server"), c.req.param("tool")));

  const showTool = (c: Ctx, server: string, tool: string) => {
    const { policy, viewer } = view(c);
    const known = knowTool(ports, policy, { server, tool });
    const catalogued = known === undefined ? nameOfKey(server) : undefined;
    if (catalogued !== undefined && catalogued !== server)
      return c.redirect(toolUrl({ server: catalogued, tool }), 303);
    if (known === undefined) return notFound(c, "Neither the catalogue nor a server knows a tool of this name.");
    return c.html(<ToolPage viewer={viewer} known={known} />);
  };
}

/** One page of the tools that a filter leaves; only those are judged. */
function find(
  { live }: ConsolePorts,
  policy: PolicyView,
  rows: readonly ToolRow[],
  filter: Filter,
  page: string | undefined,
): Slice<ListedTool> {
  const slice = sliceList(filterTools(rows, filter, live), page);
  const items = slice.items.map((row) => {
    const { treatment, mayBeStricter } = standTool(policy, row);
    return { row, status: live.statusOf(row), treatment, mayBeStricter };
  });
  return { ...slice, items };
}
