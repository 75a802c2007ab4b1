// Callers that an issuer vouches for: real keys, a real authorization server, real clients that find it through the gate.
import { createHash } from "node:crypto";
import { request } from "node:http";
import { join } from "node:path";
import {
  Client as ClientV2,
  ClientCredentialsProvider as CredentialsV2,
  StreamableHTTPClientTransport as TransportV2,
} from "@modelcontextprotocol/client";
import { ClientCredentialsProvider as CredentialsV1 } from "@modelcontextprotocol/sdk/client/auth-extensions.js";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as TransportV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { beforeAll, describe, expect, test } from "vitest";
import { type AuthorizationServer, type Claims, startAuthorizationServer } from "../identity/authorization-server.ts";
import { approvalIn } from "./harness-approvals.ts";
import { type Recording, startRecorder } from "./harness-fixtures.ts";
import { type Gate, OPERATOR_KEY, startGate } from "./harness-gate.ts";
import { logLine } from "./harness-log.ts";
import { ROOT, runToEnd, whenDone } from "./harness-process.ts";
import { callBody, isToolError, messagesOf, openSession, post, send, textOf } from "./harness-wire.ts";

const API_KEY = `rgk_${"1".repeat(43)}`;
const STAFF = { groups: ["staff"], dept: "mills", scope: "mcp:call" };
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

let server: AuthorizationServer;
let recorded: Recording;
let gate: Gate;
let url: string;
/** A token that its issuer gave for this endpoint. */
const sign = (sub: string, claims: Claims = {}) => server.sign({ sub, aud: url, ...STAFF, ...claims });
const operatorToken = (sub: string) => sign(sub, { aud: gate.base, groups: ["platform", "staff"] });

beforeAll(async () => {
  server = await startAuthorizationServer();
  whenDone(() => server.close());
  server.clients.set("robot", { secret: "s3cret-of-the-robot", claims: STAFF });
  const recorder = await startRecorder("--sessions");
  recorded = recorder;
  gate = await startGate({
    servers: { staffed: { url: recorder.url }, other: { url: recorder.url } },
    config: {
      keys: [{ name: "ci", sha256: createHash("sha256").update(API_KEY).digest("hex"), groups: ["staff", "platform"] }],
      auth: {
        scopes: ["mcp:call"],
        issuers: {
          corp: { issuer: server.issuer, jwks: server.jwks, claims: ["dept"], operators: ["platform"] },
        },
      },
    },
  });
  url = gate.url("staffed");
});

describe("a client without a token", () => {
  test("is told where to get one, and which scope to ask for; so it is for a server that there is not", async () => {
    for (const name of ["staffed", "no-such-server"]) {
      const answer = await post(gate.url(name), callBody(1, "echo"));
      expect(answer.status).toBe(401);
      const metadata = `${gate.base}/.well-known/oauth-protected-resource/mcp/${name}`;
      expect(answer.headers["www-authenticate"]).toBe(
        `Bearer realm="regate", resource_metadata="${metadata}", scope="mcp:call"`,
      );
      expect(JSON.parse((await send(metadata, "GET")).text)).toEqual({
        resource: gate.url(name),
        authorization_servers: [server.issuer],
        scopes_supported: ["mcp:call"],
        bearer_methods_supported: ["header"],
        resource_name: `Regate: ${name}`,
      });
    }
    const all = `${gate.base}/.well-known/oauth-protected-resource/mcp`;
    const challenge = (await post(`${gate.base}/mcp`, callBody(1, "staffed__echo"))).headers["www-authenticate"];
    expect(challenge).toContain(`resource_metadata="${all}"`);
    const described = JSON.parse((await send(all, "GET")).text);
    expect(described).toMatchObject({ resource: `${gate.base}/mcp`, resource_name: "Regate: all servers" });
    const own = await send(`${gate.base}/.well-known/oauth-protected-resource`, "GET");
    expect(JSON.parse(own.text)).toMatchObject({ resource: gate.base });
    const strange = await send(`${gate.base}/.well-known/oauth-protected-resource/mcp/%0d%0aX`, "GET");
    expect(strange.status).toBe(404);
    const asked = await post(`${gate.base}/mcp/%0d%0aX`, callBody(1, "echo"));
    expect(asked.headers["www-authenticate"]).toContain(`"${gate.base}/.well-known/oauth-protected-resource"`);
  });

  test("finds the issuer through the gate and comes back with a token, the v1 SDK", async () => {
    const client = new ClientV1({ name: "v1", version: "1" });
    const authProvider = new CredentialsV1({
      clientId: "robot",
      clientSecret: "s3cret-of-the-robot",
      expectedIssuer: server.issuer,
    });
    await client.connect(new TransportV1(new URL(url), { authProvider }));
    whenDone(() => client.close());
    expect((await client.callTool({ name: "echo", arguments: { by: "v1" } })).isError).not.toBe(true);
    expect(server.asked.at(-1)?.form.get("resource")).toBe(url);
    const line = await logLine(gate, ({ input }) => JSON.stringify(input).includes('"by":"v1"'));
    expect(line.input).toMatchObject({
      principal: { id: "corp:robot", groups: ["staff"], claims: { dept: "mills" } },
    });
  });

  test("finds the issuer through the gate and comes back with a token, the v2 SDK", async () => {
    const client = new ClientV2({ name: "v2", version: "1" }, { versionNegotiation: { mode: "legacy" } });
    const authProvider = new CredentialsV2({
      clientId: "robot",
      clientSecret: "s3cret-of-the-robot",
      expectedIssuer: server.issuer,
    });
    await client.connect(new TransportV2(new URL(url), { authProvider }));
    whenDone(() => client.close());
    expect((await client.callTool({ name: "echo", arguments: { by: "v2" } })).isError).not.toBe(true);
    expect(server.asked.at(-1)?.form.get("resource")).toBe(url);
  });

  test("never has its token seen by the server behind the gate", async () => {
    await (await openSession(url, bearer(await sign("ann")))).call("echo");
    const headers = recorded.entries().flatMap((entry) => (entry.kind === "request" ? [entry.headers] : []));
    expect(headers.length).toBeGreaterThan(3);
    expect(headers.filter(({ authorization }) => authorization !== undefined)).toEqual([]);
  });
});

describe("who calls decides", () => {
  test("by group and claim, for calls that are alike in all else", async () => {
    const callers = [
      ["ann", {}, false],
      ["bob", { groups: ["visitors"] }, true],
      ["cid", { dept: "guests" }, true],
    ] as const;
    for (const round of [1, 2]) {
      for (const [sub, claims, isRefused] of callers) {
        const { call } = await openSession(url, bearer(await sign(sub, claims)));
        const message = await call("read_file", { path: "/a", round });
        expect(isToolError(message), `${sub} ${textOf(message)}`).toBe(isRefused);
      }
    }
    const session = await openSession(url, bearer(API_KEY));
    expect(isToolError(await session.call("read_file", { path: "/a" }))).toBe(false);
  });

  test("whose tokens are taken: each has a bucket of its own, and another token of the same caller the same", async () => {
    const limited = async (sub: string) =>
      isToolError(await (await openSession(url, bearer(await sign(sub)))).call("limited"));
    expect([await limited("ann"), await limited("ann"), await limited("ann")]).toEqual([false, false, true]);
    expect(await limited("dan")).toBe(false);
  });

  test("whose session it is: another principal's is 404, and another token of its own goes on with it", async () => {
    const session = await openSession(url, bearer(await sign("ann")));
    const other = await session.post(callBody(7, "echo"), bearer(await sign("bob")));
    expect(other.status).toBe(404);
    expect((await session.post(callBody(7, "echo"), bearer(API_KEY))).status).toBe(404);
    const refreshed = await session.post(callBody(7, "echo"), bearer(await sign("ann", { groups: ["staff", "more"] })));
    expect(isToolError((await messagesOf(refreshed))[0])).toBe(false);
  });
});

describe("is refused at the door", () => {
  const now = () => Math.floor(Date.now() / 1_000);

  test.each<[string, string, number, () => Promise<string>]>([
    ["a token for another server of this gate", "invalid_token", 401, () => sign("ann", { aud: gate.url("other") })],
    ["an expired one", "invalid_token", 401, () => sign("ann", { exp: now() - 60 })],
    [
      "one of another key",
      "invalid_token",
      401,
      async () => {
        const evil = await startAuthorizationServer();
        evil.close();
        return evil.sign({ sub: "ann", aud: url, iss: server.issuer, ...STAFF });
      },
    ],
    ["one without the scope", "insufficient_scope", 403, () => sign("ann", { scope: "other" })],
    ["a huge one", "invalid_token", 401, () => sign("ann", { padding: "x".repeat(10_000) })],
  ])("%s", async (_, error, status, make) => {
    const before = recorded.entries().length;
    const answer = await post(url, callBody(1, "echo"), bearer(await make()));
    expect(answer.status).toBe(status);
    expect(answer.headers["www-authenticate"]).toContain(`error="${error}"`);
    expect(answer.headers["www-authenticate"]).toContain("resource_metadata=");
    expect(recorded.entries()).toHaveLength(before);
  });

  test("one whose groups are somewhere else, with the reason", async () => {
    const token = await sign("ann", { groups: undefined, _claim_names: { groups: "src1" } });
    const answer = await post(url, callBody(1, "echo"), bearer(token));
    expect(answer.status).toBe(403);
    expect(answer.text).toContain("have the issuer put the groups into the token");
  });

  test("a token in the query, and one of two Authorization headers", async () => {
    const token = await sign("ann");
    expect((await post(`${url}?access_token=${token}`, callBody(1, "echo"))).status).toBe(401);
    const twice = await new Promise<number | undefined>((answered, failed) => {
      const outgoing = request(url, { method: "POST" }, (incoming) => answered(incoming.resume().statusCode));
      outgoing.once("error", failed);
      outgoing.setHeader("authorization", [`Bearer ${token}`, "Bearer other"]);
      outgoing.end(callBody(1, "echo"));
    });
    expect(twice).toBe(401);
  });
});

test("a stream ends with the token that opened it", async () => {
  const session = await openSession(url, bearer(await sign("ann")));
  const short = await sign("ann", { exp: Math.floor(Date.now() / 1_000) + 1 });
  const stream = await session.openStream(bearer(short));
  expect(stream.status).toBe(200);
  const over = async () => {
    while ((await stream.next()) !== undefined);
  };
  await over().catch(() => {});
});

test("whoever has a token can be frozen by name, without the gate having seen it", async () => {
  const freeze = async (scope: Record<string, unknown>): Promise<unknown> =>
    JSON.parse((await send(`${gate.base}/v1/freeze`, "POST", bearer(OPERATOR_KEY), JSON.stringify(scope))).text);
  expect(await freeze({ principal: "corp:eve" })).toMatchObject({ kind: "done" });
  expect(await freeze({ principal: "crop:eve" })).toMatchObject({ kind: "refused" });
  const { call } = await openSession(url, bearer(await sign("eve")));
  expect(textOf(await call("echo"))).toContain("Calls of corp:eve are frozen by an operator");
  const other = await openSession(url, bearer(await sign("ann")));
  expect(isToolError(await other.call("echo"))).toBe(false);
  expect(await freeze({ principal: "corp:eve", thaw: true })).toMatchObject({ kind: "done" });
  expect(isToolError(await call("echo"))).toBe(false);
});

describe("an operator by group", () => {
  const approve = async (id: string, token: string) => {
    const answer = await send(`${gate.base}/v1/approvals/${id}/approve`, "POST", bearer(token));
    return { status: answer.status, body: JSON.parse(answer.text) };
  };

  test("uses the operator's routes; nobody else does, whatever token or key they have", async () => {
    const routes = [
      ["GET", "/v1/status", undefined],
      ["GET", "/v1/approvals", undefined],
      ["POST", "/v1/reload", undefined],
      ["POST", "/v1/freeze", '{"thaw": true}'],
      ["POST", "/v1/data/regate/decision", '{"input": {"server": "staffed"}}'],
    ] as const;
    const boss = await operatorToken("boss");
    const others: [string, number][] = [
      [await sign("ann", { aud: gate.base }), 403],
      [await sign("boss", { groups: ["platform"] }), 401],
      [API_KEY, 401],
      ["", 401],
    ];
    for (const [method, path, body] of routes) {
      expect((await send(`${gate.base}${path}`, method, bearer(boss), body)).status, path).toBe(200);
      for (const [token, status] of others) {
        const answer = await send(`${gate.base}${path}`, method, bearer(token), body);
        expect(answer.status, path).toBe(status);
      }
    }
    const frozen = await send(`${gate.base}/v1/freeze`, "POST", bearer(boss), '{"principal": "corp:mallory"}');
    expect(JSON.parse(frozen.text).frozen).toMatchObject([{ principal: "corp:mallory", by: "corp:boss" }]);
    await send(`${gate.base}/v1/freeze`, "POST", bearer(boss), '{"thaw": true}');
    await gate.process.printed(/reload: asked for by corp:boss\n/);
    await gate.process.printed(/freeze: all is thawed by corp:boss\n/);
  });

  test("uses the commands with a token in the key's place, and is told why one is not taken", async () => {
    const status = (token: string) =>
      runToEnd(process.execPath, [join(ROOT, "dist/main.js"), "status", "-c", gate.configFile], {
        cwd: gate.dir,
        env: { REGATE_OPERATOR_KEY: token },
      });
    expect(await status(await operatorToken("boss"))).toMatchObject({ code: 0 });
    const refused: [string, string][] = [
      [await sign("ann", { aud: gate.base }), "the token is of no operator: its groups hold none"],
      [await sign("boss", { groups: ["platform"] }), "the token is for another audience"],
    ];
    for (const [token, reason] of refused) {
      const stderr = expect.stringContaining(`the token in REGATE_OPERATOR_KEY is not taken: ${reason}`);
      expect(await status(token)).toMatchObject({ code: 2, stderr });
    }
  });

  test("approves what others asked for, by name; never what the same principal asked for", async () => {
    const asking = await openSession(url, bearer(await operatorToken("boss")));
    const asked = await asking.call("write_file", { path: "/a", content: "x" });
    const { id } = approvalIn(asked);
    expect(await approve(id, await operatorToken("boss"))).toMatchObject({
      status: 409,
      body: { problem: "it was asked for by the same principal that would approve it" },
    });
    expect(await approve(id, await sign("ann", { aud: gate.base }))).toMatchObject({ status: 403 });
    expect(await approve(id, await operatorToken("deputy"))).toMatchObject({
      status: 200,
      body: { state: "approved", decided: { by: "corp:deputy" } },
    });
    expect(isToolError(await asking.call("write_file", { path: "/a", content: "x" }))).toBe(false);
    const line = await logLine(
      gate,
      ({ input, regate }) => input.tool === "write_file" && regate.verdict === "forward",
    );
    expect(line.regate).toMatchObject({ approval: { by: "corp:deputy" } });
  });
});
