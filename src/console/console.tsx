// The console's routes, and who may see them: the operator, by a sign-in or by the key in a header. It shows what is, and
// changes nothing but who is signed in. Nothing here is on the path of a call.
import type { HttpBindings } from "@hono/node-server";
import { type Context, Hono, type Next } from "hono";
import { bodyLimit } from "hono/body-limit";
import { ASSETS } from "./assets/assets.ts";
import { findPolicyFile, standTool } from "./explain.ts";
import { createGuard } from "./guard.tsx";
import { knowTool } from "./knowledge.ts";
import type { ConsolePorts, PolicyView } from "./ports.ts";
import { type Filter, filterTools, findServer, listTools, readFilter, type ToolRow } from "./tools.ts";
import { CATALOGUE, HOME, SIGN_IN, SIGN_OUT, serverUrl, TOOL_PARAMETER, toolUrl } from "./urls.ts";
import { CataloguePage, ServerPage } from "./views/catalogue.tsx";
import type { Viewer } from "./views/layout.tsx";
import { MessagePage } from "./views/message.tsx";
import { type Slice, sliceList } from "./views/pages.tsx";
import { ToolPage } from "./views/tool.tsx";
import type { ListedTool } from "./views/tool-table.tsx";

type Env = { Bindings: HttpBindings };

/** Nothing inline, nothing from elsewhere, no frame around it. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "img-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

const HEADERS = {
  "content-security-policy": CONTENT_SECURITY_POLICY,
  "x-content-type-options": "nosniff",
  // with no-referrer a browser says `Origin: null` of the console's own forms, and the gate refuses them
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
};
/** `/console` itself too. */
const EVERYTHING = "/console/*";
const FOR_EVER = "public, max-age=31536000, immutable";
const MAX_FORM_BYTES = 16_384;

export function createConsole(ports: ConsolePorts): Hono<Env> {
  const app = new Hono<Env>();
  const guard = createGuard(ports);

  const view = (c: Context<Env>): { readonly policy: PolicyView; readonly viewer: Viewer } => {
    const policy = ports.policy();
    return { policy, viewer: { revision: policy.revision, csrf: guard.signInOf(c)?.csrf } };
  };
  const notFound = (c: Context<Env>, what: string) => {
    return c.html(<MessagePage title="Not found" message={what} viewer={view(c).viewer} />, 404);
  };

  app.use(EVERYTHING, async (c, next) => {
    for (const [name, value] of Object.entries(HEADERS)) c.header(name, value);
    await next();
  });

  app.get("/console/assets/:name", (c) => {
    const asset = ASSETS.get(c.req.path);
    if (asset === undefined) return c.text("not found", 404);
    return c.body(asset.text, 200, { "content-type": asset.type, "cache-control": FOR_EVER });
  });

  const smallForm = bodyLimit({
    maxSize: MAX_FORM_BYTES,
    onError: (c) => c.html(<MessagePage title="Too large" message="A form of this size is none of ours." />, 413),
  });
  app.get(SIGN_IN, guard.showSignIn);
  app.post(SIGN_IN, smallForm, guard.signIn);
  app.post(SIGN_OUT, smallForm, guard.signOut);

  app.use(EVERYTHING, (c: Context<Env>, next: Next) => guard.admit(c, next));

  app.on("GET", ["/console", HOME], (c) => c.redirect(CATALOGUE, 303));

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

  const showTool = (c: Context<Env>, server: string, tool: string) => {
    const { policy, viewer } = view(c);
    const known = knowTool(ports, policy, { server, tool });
    const catalogued = known === undefined ? nameOfKey(server) : undefined;
    if (catalogued !== undefined && catalogued !== server)
      return c.redirect(toolUrl({ server: catalogued, tool }), 303);
    if (known === undefined) return notFound(c, "Neither the catalogue nor a server knows a tool of this name.");
    return c.html(<ToolPage viewer={viewer} known={known} />);
  };

  app.all(EVERYTHING, (c) => notFound(c, "The console has no such page."));

  app.onError((error, c) => {
    ports.log(`internal error in the console: ${error.stack ?? error.message}`);
    return c.html(<MessagePage title="Internal error" message="The gate's log says more." />, 500);
  });

  return app;
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
