// `/v1/connections`: a principal signs in to servers that want that, sees where it is signed in, and signs out. Each sees its own
// alone, by the same proof as at the MCP endpoint; an operator may sign others out, and nothing else. No answer holds a token.
import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { z } from "zod";
import { refuseBody } from "../mcp/http-refusals.ts";
import { parseJson } from "../mcp/parse-json.ts";
import { readJsonBody } from "../mcp/read-body.ts";
import { writeJson } from "../mcp/write-answer.ts";
import { type Authenticator, challengeOf } from "./auth.ts";
import { writeRefusal } from "./mcp-route.ts";

/** What was not done, why, and what to do. */
export type Undone = {
  readonly kind: "undone";
  readonly status: 400 | 404 | 409 | 429 | 502 | 503;
  readonly problem: string;
  readonly remedy: string;
};

export type ConnectionDesk = {
  /** Of all servers that `principal` may sign in to. Times are Unix milliseconds. */
  list(principal: string): readonly {
    readonly server: string;
    readonly connected: boolean;
    readonly sinceUnixMs?: number;
    readonly scope?: string | undefined;
  }[];
  begin(
    principal: string,
    server: string,
    redirectUri: string,
  ): Promise<
    { readonly kind: "begun"; readonly url: string; readonly state: string; readonly secondsLeft: number } | Undone
  >;
  finish(
    principal: string,
    server: string,
    returned: { readonly state: string; readonly code: string; readonly iss: string | undefined },
  ): Promise<{ readonly kind: "signed_in"; readonly scope: string | undefined } | Undone>;
  remove(
    principal: string,
    server: string,
  ): Promise<{ readonly kind: "removed"; readonly isRevoked: boolean } | Undone>;
};

export type ConnectionsApiParts = {
  readonly authenticator: Authenticator;
  readonly connections: ConnectionDesk;
  /** Lets a request on only where it is an operator's. */
  readonly operatorOnly: MiddlewareHandler<OperatorEnv>;
};

type Env = { Bindings: HttpBindings; Variables: { principal: string } };
type OperatorEnv = { Bindings: HttpBindings; Variables: { operator: string } };
/** All that an answer needs. */
type Asked = Pick<Context<{ Bindings: HttpBindings }>, "env">;

const PATH = "/v1/connections";
const MAX_BODY_BYTES = 32_768;
const beginSchema = z.strictObject({ redirect_uri: z.string().max(200) });
const finishSchema = z.strictObject({
  state: z.string().max(200),
  code: z.string().min(1).max(8_192),
  iss: z.string().max(2_048).optional(),
});

export function createConnectionsApi(parts: ConnectionsApiParts): Hono<{ Bindings: HttpBindings }> {
  const { authenticator, connections, operatorOnly } = parts;
  const api = new Hono<Env>();

  const known = (asked: (c: Context<Env>) => string | undefined): MiddlewareHandler<Env> => {
    return async (c, next) => {
      const answer = await authenticator(c.env.incoming, asked(c));
      if (answer.kind === "refused") {
        writeRefusal(c.env.outgoing, answer.status, answer.problem, challengeOf(answer));
        return RESPONSE_ALREADY_SENT;
      }
      c.set("principal", answer.principal.id);
      return next();
    };
  };
  // a token for one server's endpoint is one for signing in to that server
  const knownAtServer = known((c) => c.req.param("server"));

  api.get(
    PATH,
    known(() => undefined),
    (c) => {
      const listed = connections.list(c.get("principal")).map(({ server, connected, sinceUnixMs, scope }) => ({
        server,
        connected,
        since: sinceUnixMs === undefined ? undefined : new Date(sinceUnixMs).toISOString(),
        scope,
      }));
      return answerJson(c, 200, { connections: listed });
    },
  );

  api.post(`${PATH}/:server`, knownAtServer, async (c) => {
    const body = await readBody(c, beginSchema, 'the body must be {"redirect_uri": "http://127.0.0.1:PORT/callback"}');
    if (body === undefined) return RESPONSE_ALREADY_SENT;
    const begun = await connections.begin(c.get("principal"), c.req.param("server"), body.redirect_uri);
    if (begun.kind === "undone") return refuse(c, begun);
    return answerJson(c, 200, { url: begun.url, state: begun.state, seconds_left: begun.secondsLeft });
  });

  api.post(`${PATH}/:server/finish`, knownAtServer, async (c) => {
    const body = await readBody(
      c,
      finishSchema,
      'the body must be {"state": "...", "code": "...", "iss": "..."}, the last of them optional',
    );
    if (body === undefined) return RESPONSE_ALREADY_SENT;
    const { state, code, iss } = body;
    const finished = await connections.finish(c.get("principal"), c.req.param("server"), { state, code, iss });
    if (finished.kind === "undone") return refuse(c, finished);
    return answerJson(c, 200, { principal: c.get("principal"), scope: finished.scope });
  });

  async function remove(c: Asked, principal: string, server: string): Promise<Response> {
    const removed = await connections.remove(principal, server);
    if (removed.kind === "undone") return refuse(c, removed);
    return answerJson(c, 200, { principal, revoked: removed.isRevoked });
  }

  api.delete(`${PATH}/:server`, knownAtServer, (c) => remove(c, c.get("principal"), c.req.param("server")));

  // somebody's who is gone, or whose name is to be another's
  const others = new Hono<OperatorEnv>();
  others.delete(`${PATH}/:server/principals/:principal`, operatorOnly, (c) =>
    remove(c, c.req.param("principal"), c.req.param("server")),
  );

  return new Hono<{ Bindings: HttpBindings }>().route("/", api).route("/", others);
}

/** Undefined where the request was answered already. */
async function readBody<T>(c: Asked, schema: z.ZodType<T>, expected: string): Promise<T | undefined> {
  const { incoming, outgoing } = c.env;
  const body = await readJsonBody(incoming, MAX_BODY_BYTES);
  if (body.kind === "gone") return undefined;
  if (body.kind === "refused") {
    refuseBody(incoming, outgoing, body, JSON.stringify({ problem: body.problem, remedy: expected }));
    return undefined;
  }
  const parsed = schema.safeParse(parseJson(Buffer.from(body.bytes).toString("utf8")));
  if (parsed.success) return parsed.data;
  answerJson(c, 400, { problem: "the body is not what is expected", remedy: expected });
  return undefined;
}

function refuse(c: Asked, { status, problem, remedy }: Undone): Response {
  return answerJson(c, status, { problem, remedy });
}

/** What is answered is nobody's to keep: a URL in it lets its holder sign in. */
function answerJson(c: Asked, status: number, body: unknown): Response {
  writeJson(c.env.outgoing, status, JSON.stringify(body), { "cache-control": "no-store" });
  return RESPONSE_ALREADY_SENT;
}
