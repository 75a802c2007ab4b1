// The routes, and who may use them. The MCP path runs on node's own request and response under Hono's routing; what a
// call means is the endpoint's. Whatever is not named here is 404.
import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { type Context, Hono, type MiddlewareHandler } from "hono";
import type { Status } from "../status/status-schema.ts";
import { type ApprovalsApiParts, createApprovalsApi } from "./approvals-api.ts";
import { challengeOf } from "./auth.ts";
import { type ConnectionsApiParts, createConnectionsApi } from "./connections-api.ts";
import { createDataApi, type DataApiParts } from "./data-api.ts";
import { createFreezeApi, type FreezeApiParts } from "./freeze-api.ts";
import { createJudgeApi, type JudgeApiParts } from "./judge-api.ts";
import { admit, answerBug, answerMcp, type McpRouteParts, writeRefusal } from "./mcp-route.ts";
import { createMetadataApi } from "./metadata-api.ts";
import type { OperatorCheck } from "./operator-check.ts";
import { isNonce } from "./prove.ts";
import { ALL_SERVERS, type Resource } from "./resource.ts";

/** What became of the bundle that is to judge. */
export type Reloaded =
  | { readonly kind: "swapped"; readonly from: string; readonly to: string }
  | { readonly kind: "unchanged"; readonly revision: string }
  /** The new bundle is refused, the one in force stays. */
  | { readonly kind: "kept"; readonly revision: string; readonly problem: string };

type Env = { Bindings: HttpBindings };
/** With who the operator is. */
type OperatorEnv = Env & { Variables: { operator: string } };

/** What became of the bundle that judges beside the active one. */
export type ReloadedShadow =
  | Reloaded
  /** It is the first that could be taken. */
  | { readonly kind: "taken"; readonly revision: string }
  /** None could be taken yet. */
  | { readonly kind: "none"; readonly problem: string };

/** What became of the configured servers. */
export type ReloadedServers =
  | {
      readonly kind: "taken";
      /** Keys. Sessions of a changed or a removed one are over, all others go on. */
      readonly added: readonly string[];
      readonly changed: readonly string[];
      readonly removed: readonly string[];
    }
  /** The configuration is not in order. */
  | { readonly kind: "kept"; readonly problem: string };

/** What `POST /v1/reload` answers of both bundles, and of the servers. */
export type ReloadedAll = Reloaded & { readonly shadow?: ReloadedShadow; readonly servers?: ReloadedServers };

export type AppParts = Pick<DataApiParts, "documents" | "provenance" | "maxBodyBytes" | "maxDepth"> &
  McpRouteParts &
  Pick<JudgeApiParts, "judge"> &
  Pick<ApprovalsApiParts, "approvals"> &
  Pick<ConnectionsApiParts, "connections"> & {
    readonly operator: OperatorCheck;
    /** What the gate is called where it takes tokens; undefined where it takes none. */
    readonly resource?: Resource | undefined;
    readonly freezes: FreezeApiParts["freezes"];
    /** `by`: who asks for it, as authenticated. */
    readonly reload: (options: { readonly allowRollback: boolean; readonly by: string }) => Promise<ReloadedAll>;
    readonly status: () => Status;
    /** Why the gate can't judge now; undefined where it can. */
    readonly notReady: () => string | undefined;
    /** What it can do only in part now; undefined where there is nothing. */
    readonly degraded?: () => string | undefined;
    /** The proof over a nonce that this is the gate that `gate.json` names; undefined while it names none. */
    readonly prove: (nonce: string) => string | undefined;
    /** Everything below /console; it asks for the operator key by itself. */
    readonly console: Hono<Env>;
    /** `/metrics`; it asks for its token by itself. */
    readonly metrics: Hono<Env>;
  };

export function createApp(parts: AppParts): Hono<Env> {
  const app = new Hono<Env>();

  app.use(async (c, next) => (admit(parts, c.env.incoming, c.env.outgoing) ? next() : RESPONSE_ALREADY_SENT));

  app.all("/mcp", async (c) => {
    // what else is read as this path, such as one with a fragment, another reader takes for another
    if (!/^\/mcp(?:\?|$)/.test(c.env.incoming.url ?? "")) return nothingHere(c);
    await answerMcp(parts, ALL_SERVERS, c.env.incoming, c.env.outgoing);
    return RESPONSE_ALREADY_SENT;
  });
  app.all("/mcp/:server", async (c) => {
    await answerMcp(parts, c.req.param("server"), c.env.incoming, c.env.outgoing);
    return RESPONSE_ALREADY_SENT;
  });

  app.route("/", createMetadataApi(parts.resource));

  app.get("/healthz", (c) => c.json({ status: "ok" }));
  app.get("/readyz", (c) => {
    const problem = parts.notReady();
    return problem === undefined
      ? c.json({ status: "ready", degraded: parts.degraded?.() })
      : c.json({ status: "not ready", problem }, 503);
  });

  // for anyone: whoever asks learns nothing without the secret
  app.get("/v1/prove", (c) => {
    const nonce = c.req.query("nonce") ?? "";
    if (!isNonce(nonce)) return refuse(c, 400, "nonce must be 32 bytes in base64url");
    const proof = parts.prove(nonce);
    return proof === undefined ? refuse(c, 503, "the gate is starting") : c.json({ proof });
  });

  const operatorOnly: MiddlewareHandler<OperatorEnv> = async (c, next) => {
    const answer = await parts.operator(c.env.incoming);
    if (answer.kind === "refused") return refuse(c, answer.status, answer.problem, challengeOf(answer));
    c.set("operator", answer.by);
    return next();
  };
  app.post("/v1/reload", operatorOnly, async (c) => {
    const asked = c.req.query("rollback");
    if (asked !== undefined && asked !== "allow") return refuse(c, 400, "rollback must be allow, or left out");
    return c.json(await parts.reload({ allowRollback: asked === "allow", by: c.get("operator") }));
  });
  app.get("/v1/status", operatorOnly, (c) => c.json(parts.status()));
  app.route("/", createFreezeApi(parts));
  app.route("/", createApprovalsApi({ ...parts, operatorOnly }));
  app.route("/", createConnectionsApi({ ...parts, operatorOnly }));
  app.route("/", createDataApi(parts));
  app.route("/", createJudgeApi(parts));

  app.route("/", parts.metrics);
  app.route("/", parts.console);

  app.notFound(nothingHere);

  app.onError((error, c) => {
    answerBug(parts, c.env.outgoing, error);
    return RESPONSE_ALREADY_SENT;
  });

  return app;
}

function nothingHere(c: Pick<Context<Env>, "env">): Response {
  return refuse(c, 404, "there is nothing here: MCP endpoints are /mcp and /mcp/SERVER");
}

/** One JSON error, on node's own response. */
function refuse(
  c: Pick<Context<Env>, "env">,
  status: number,
  problem: string,
  headers: Record<string, string> = {},
): Response {
  writeRefusal(c.env.outgoing, status, problem, headers);
  return RESPONSE_ALREADY_SENT;
}
