// `regate connect SERVER`: a person signs in to a server that wants each principal's own account, in the browser of this machine.
// The running gate keeps the tokens; this command sees the code alone. `--list` says where one is signed in, `--remove` signs out.
import { parseArgs } from "node:util";
import { z } from "zod";
import { SERVER_KEY } from "../config/server-schema.ts";
import { showable } from "../mcp/showable.ts";
import { Problem } from "../problem.ts";
import type { CommandIo } from "./command.ts";
import { openLoopback } from "./connect/loopback.ts";
import { askAsOperator } from "./operator-request.ts";
import { askAsPrincipal } from "./principal-request.ts";

const USAGE =
  "use: regate connect SERVER, regate connect SERVER --remove [--principal NAME], or regate connect --list; --principal is the operator's, who signs somebody else out";
const PATH = "/v1/connections";
/** The gate waits longer. */
const PATIENCE_MS = 300_000;

const begunSchema = z.object({
  url: z.url({ protocol: /^https?$/ }),
  state: z.string().min(16),
  seconds_left: z.number(),
});
const finishedSchema = z.object({ principal: z.string(), scope: z.string().optional() });
const removedSchema = z.object({ principal: z.string(), revoked: z.boolean() });
const listSchema = z.object({
  connections: z.array(
    z.object({
      server: z.string(),
      connected: z.boolean(),
      since: z.string().optional(),
      scope: z.string().optional(),
    }),
  ),
});

type Asked = { readonly config: string; readonly json: boolean };

export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      config: { type: "string", short: "c", default: "regate.yaml" },
      list: { type: "boolean", default: false },
      remove: { type: "boolean", default: false },
      principal: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const [server, ...more] = positionals;
  const { principal } = values;
  const isMixed = (values.list && values.remove) || (principal !== undefined && !values.remove);
  if (more.length > 0 || values.list === (server !== undefined) || isMixed || principal === "")
    throw new Problem([USAGE]);
  if (server === undefined) return list(values, io);
  if (!SERVER_KEY.test(server))
    throw new Problem([
      `${JSON.stringify(server)} is no key of a server; name one that stands under servers in the configuration`,
    ]);
  return values.remove ? remove(server, principal, values, io) : signIn(server, values, io);
}

async function signIn(server: string, { config, json }: Asked, io: CommandIo): Promise<number> {
  const path = `${PATH}/${server}`;
  const loopback = await openLoopback();
  try {
    const body = { redirect_uri: loopback.redirectUri };
    const { value: begun } = await askAsPrincipal(
      { config, method: "POST", path, body, schema: begunSchema, what: "where to sign in" },
      io,
    );
    const patienceMs = Math.min(PATIENCE_MS, begun.seconds_left * 1_000);
    // the URL as its parts are encoded, so that nothing in it can write over the terminal
    io.stderr(
      `Open this in a browser on this machine, within ${Math.round(patienceMs / 60_000)} minutes, and sign in:\n\n`,
    );
    io.stderr(`  ${new URL(begun.url).href}\n\n`);
    const comeback = await loopback.comeback(begun.state, patienceMs);
    if (comeback.kind === "late")
      throw new Problem([`nobody came back from the sign-in to ${server} in time; run regate connect ${server} again`]);
    if (comeback.kind === "refused")
      throw new Problem([`the sign-in to ${server} was refused (${comeback.error}); nothing has changed`]);
    const { code, iss } = comeback;
    const { value: finished } = await askAsPrincipal(
      {
        config,
        method: "POST",
        path: `${path}/finish`,
        body: { state: begun.state, code, iss },
        schema: finishedSchema,
        what: "that the sign-in is finished",
      },
      io,
    );
    io.stdout(json ? line({ server, ...finished }) : `${showable(finished.principal)} is signed in to ${server}\n`);
    return 0;
  } finally {
    loopback.close();
  }
}

/** @param principal whom an operator signs out; undefined: who asks */
async function remove(
  server: string,
  principal: string | undefined,
  { config, json }: Asked,
  io: CommandIo,
): Promise<number> {
  const asked = { config, method: "DELETE", schema: removedSchema, what: "who is signed out" } as const;
  const path = `${PATH}/${server}`;
  const { value } =
    principal === undefined
      ? await askAsPrincipal({ ...asked, path }, io)
      : await askAsOperator(
          {
            ...asked,
            path: `${path}/principals/${encodeURIComponent(principal)}`,
            remedy: "start it with regate serve: what it keeps, it alone can remove",
          },
          io,
        );
  if (json) io.stdout(line({ server, ...value }));
  else io.stdout(`${showable(value.principal)} is signed out of ${server}\n`);
  if (!value.revoked)
    io.stderr("The authorization server did not confirm that it forgets the tokens; they lapse by themselves.\n");
  return 0;
}

async function list({ config, json }: Asked, io: CommandIo): Promise<number> {
  const { value } = await askAsPrincipal(
    { config, method: "GET", path: PATH, schema: listSchema, what: "where you are signed in" },
    io,
  );
  if (json) {
    io.stdout(line(value.connections));
    return 0;
  }
  if (value.connections.length === 0) io.stderr("No server of this gate wants a sign-in (oauth.perPrincipal).\n");
  for (const { server, connected, since, scope } of value.connections) {
    const state = connected ? `signed in since ${showable(since ?? "")}` : `not signed in: regate connect ${server}`;
    io.stdout(`${showable(server)}  ${state}${scope === undefined ? "" : `  (${showable(scope, 200)})`}\n`);
  }
  return 0;
}

function line(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}
