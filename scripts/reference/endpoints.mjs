// What the gate answers over HTTP: each route that there is must be told of here, and nothing else.
import { Hono } from "hono";
import { createApp } from "../../build/http/app.js";

const ANYONE = "anyone";
const CALLER = "a caller: its key or token";
const OPERATOR = "an operator";

const ENDPOINTS = {
  "ALL /mcp": [CALLER, "MCP for all servers together ([all-servers.md](../all-servers.md))"],
  "ALL /mcp/:server": [CALLER, "MCP over Streamable HTTP: POST a message, GET a stream, DELETE a session"],
  "GET /healthz": [ANYONE, "200 as long as the process answers"],
  "GET /readyz": [
    ANYONE,
    "200 when the gate can judge; 503, with the reason in `problem`, while it can't or is about to stop",
  ],
  "GET /v1/prove": [
    ANYONE,
    "proves over `?nonce=` that this is the gate that `gate.json` names: for commands, before they send it a key",
  ],
  "GET /v1/status": [OPERATOR, "what `regate status --json` prints"],
  "POST /v1/reload": [OPERATOR, "takes a changed bundle, shadow and servers; `?rollback=allow` takes an older bundle"],
  "ALL /v1/freeze": [OPERATOR, "POST `{server?, principal?, thaw?}`: freezes calls, or thaws them"],
  "GET /v1/approvals": [OPERATOR, "requests for approval, those of one `?state=` only"],
  "GET /v1/approvals/:id": [OPERATOR, "one of them, with its exact arguments"],
  "POST /v1/approvals/:id/approve": [OPERATOR, "approves it; `{minutes?}`"],
  "POST /v1/approvals/:id/deny": [OPERATOR, "denies it; `{reason}`"],
  "GET /v1/data/*": [OPERATOR, "OPA's data API: `?input=JSON`; takes no tokens and forwards nothing"],
  "POST /v1/data/*": [OPERATOR, "the same with `{input}` ([operating.md](../operating.md#a-question-to-the-policy))"],
  "ALL /v1/data/*": [OPERATOR, "any other method: 405, in OPA's form of an error"],
  "POST /v1/batch/data/*": [OPERATOR, "many inputs at once: `{inputs, common_input}`"],
  "ALL /v1/batch/data/*": [OPERATOR, "any other method: 405, in OPA's form of an error"],
  "POST /v1/judge": [
    CALLER,
    "judges a call that is carried out elsewhere, and forwards nothing ([other-tools.md](../other-tools.md#post-v1judge))",
  ],
  "ALL /v1/judge": [CALLER, "any other method: 405"],
  "GET /v1/connections": [CALLER, "where the caller is signed in ([connect.md](../connect.md))"],
  "POST /v1/connections/:server": [CALLER, "begins a sign-in: `{redirect_uri}`; answers `{url, state, seconds_left}`"],
  "POST /v1/connections/:server/finish": [CALLER, "finishes it: `{state, code, iss?}`"],
  "DELETE /v1/connections/:server": [CALLER, "signs the caller out"],
  "DELETE /v1/connections/:server/principals/:principal": [OPERATOR, "signs somebody else out"],
  "GET /.well-known/oauth-protected-resource": [ANYONE, "whose tokens are taken (RFC 9728), where there are issuers"],
  "GET /.well-known/oauth-protected-resource/mcp": [ANYONE, "the same for all servers together"],
  "GET /.well-known/oauth-protected-resource/mcp/:server": [ANYONE, "the same for one server"],
  "GET /metrics": ["`metrics.token`, or an operator", "for Prometheus ([metrics.md](../metrics.md))"],
  "ALL /console/*": ["an operator, who signs in", "the console ([console.md](../console.md))"],
};

/** The page, and what it lacks or has too much of. */
export function renderEndpoints() {
  const routes = listRoutes();
  const described = Object.keys(ENDPOINTS);
  const faults = [
    ...routes
      .filter((route) => !described.includes(route))
      .map((route) => `scripts/reference/endpoints.mjs: says nothing of ${route}`),
    ...described
      .filter((route) => !routes.includes(route))
      .map((route) => `scripts/reference/endpoints.mjs: there is no ${route}`),
  ];
  const rows = described.map((route) => `| \`${route.replace("ALL ", "")}\` | ${ENDPOINTS[route].join(" | ")} |`);
  const text = [
    "# HTTP",
    "Who may use an endpoint, and what it does. A body is JSON, and so is an answer. A gate without keys and issuers listens on loopback only, and takes anyone there for a caller.",
    `| endpoint | for | |\n|---|---|---|\n${rows.join("\n")}`,
  ];
  return { page: `${text.join("\n\n")}\n`, faults };
}

/** `METHOD /path` of each handler; what only looks on (middleware) is none. */
function listRoutes() {
  const part = new Proxy(() => {}, { get: () => part, apply: () => part });
  const console = new Hono().all("/console/*", (c) => c.text(""));
  const metrics = new Hono().get("/metrics", (c) => c.text(""));
  const resource = { describe: () => ({}), url: () => "" };
  const app = createApp(new Proxy({ console, metrics, resource }, { get: (own, key) => own[key] ?? part }));
  const isMiddleware = ({ method, handler }) => method === "ALL" && handler.length > 1;
  return [
    ...new Set(app.routes.filter((route) => !isMiddleware(route)).map(({ method, path }) => `${method} ${path}`)),
  ];
}
