// The routes and who may use them, over real HTTP: what is not an MCP endpoint's business is settled before it is reached.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { Hono } from "hono";
import { describe, expect, onTestFinished, test } from "vitest";
import type { ApiKey } from "../../src/config/schema.ts";
import { createFreezes } from "../../src/freeze/freeze.ts";
import { type AppParts, createApp } from "../../src/http/app.ts";
import { createAuthenticator } from "../../src/http/auth.ts";
import { makeKey } from "../../src/http/bearer.ts";
import { createLateApp } from "../../src/http/late-app.ts";
import { listen } from "../../src/http/listen.ts";
import { openOperatorKey } from "../../src/http/operator.ts";
import { createOperatorCheck } from "../../src/http/operator-check.ts";
import { createOriginCheck } from "../../src/http/origin.ts";
import { isProof, makeNonce, makeProofSecret, prove } from "../../src/http/prove.ts";
import { writeEmpty } from "../../src/mcp/write-answer.ts";
import type { Status } from "../../src/status/status-schema.ts";
import { NO_APPROVALS } from "../approvals/support.ts";
import { speakRaw } from "../bypass/stage.ts";
import { NO_CONNECTIONS } from "../credentials/sign-in-support.ts";
import { parseMessage, send } from "../e2e/harness-wire.ts";

const OPERATOR_KEY = "operator-key-of-the-tests";
const API_KEY = makeKey("rgk");
const KEYS: readonly ApiKey[] = [
  { name: "ann", sha256: createHash("sha256").update(API_KEY).digest("hex"), groups: [] },
];
const SECRET = makeProofSecret();
const TRANSPORT_CODE = 1004;
const STATUS: Status = {
  version: "0.0.0",
  instance: "00000000-0000-4000-8000-000000000000",
  started: "2026-11-02T12:00:00.000Z",
  now: "2026-11-02T12:00:00.000Z",
  policy: { file: "b.tar.gz", revision: "r1", digest: "d1", since: "2026-11-02T12:00:00.000Z" },
  bundle: { name: "regate" },
  frozen: [],
  servers: [],
  log: { file: "/decisions.jsonl", durable: false, on_failure: "continue", lost: 0, failing: false },
};

async function startApp(change: Partial<AppParts> = {}, keys: readonly ApiKey[] = []) {
  const address = { host: "127.0.0.1", port: 0 };
  const log: string[] = [];
  const reached: string[] = [];
  const parts: AppParts = {
    instance: "instance-1",
    all: async (incoming, outgoing, principal) => {
      reached.push(`all ${incoming.method} ${principal.id}`);
      writeEmpty(outgoing, 202);
    },
    endpoints: new Map([
      [
        "files",
        async (incoming, outgoing, principal) => {
          reached.push(`${incoming.method} ${principal.id}`);
          writeEmpty(outgoing, 202);
        },
      ],
    ]),
    originCheck: createOriginCheck({ listen: address, allowedHosts: [], allowedOrigins: ["http://allowed.example"] }),
    authenticator: createAuthenticator(keys),
    operator: createOperatorCheck(
      openOperatorKey({
        configured: OPERATOR_KEY,
        store: { get: () => undefined, set: () => {} },
        canShow: false,
      }).key,
    ),
    freezes: createFreezes({
      store: new Map(),
      servers: new Map([["files", "filesystem"]]),
      unixMs: () => 0,
      log: () => {},
    }),
    reload: async () => ({ kind: "swapped", from: "r1", to: "r2" }),
    status: () => STATUS,
    documents: () => new Map(),
    provenance: () => ({ version: "0.0.0", revision: "r1" }),
    judge: () => Promise.reject(new Error("not expected")),
    approvals: NO_APPROVALS,
    connections: NO_CONNECTIONS,
    maxBodyBytes: 1_024,
    maxDepth: 16,
    notReady: () => undefined,
    console: new Hono(),
    metrics: new Hono(),
    prove: (nonce) => prove(SECRET, { nonce, url: "http://127.0.0.1:8787" }),
    log: (line) => log.push(line),
    ...change,
  };
  const app = createLateApp(parts, async () => createApp(parts));
  const server = await listen(app, address);
  onTestFinished(() => server.close());
  return { url: server.url, log, reached };
}

describe("an MCP endpoint", () => {
  test("is reached by its key in the configuration, with any method, by who proved to be the caller", async () => {
    const { url, reached } = await startApp({}, KEYS);
    const headers = { authorization: `Bearer ${API_KEY}` };
    for (const method of ["POST", "GET", "DELETE", "PUT"] as const) {
      const answer = await send(`${url}/mcp/files`, method, headers, method === "POST" ? "{}" : undefined);
      expect(answer).toMatchObject({ status: 202, text: "", headers: { "regate-instance": "instance-1" } });
    }
    expect(reached).toEqual(["POST ann", "GET ann", "DELETE ann", "PUT ann"]);
  });

  test("is not reached without a key: 401 with a challenge, which names no server", async () => {
    const { url, reached } = await startApp({}, KEYS);
    for (const path of ["/mcp/files", "/mcp/other"]) {
      for (const headers of [
        {},
        { authorization: `Bearer ${makeKey("rgk")}` },
        { authorization: `Bearer ${OPERATOR_KEY}` },
      ]) {
        const answer = await send(`${url}${path}`, "POST", headers as Record<string, string>, "{}");
        expect(answer.status).toBe(401);
        expect(answer.headers["www-authenticate"]).toMatch(/^Bearer realm="regate"/);
        expect(parseMessage(answer.text)).toMatchObject({ id: null, error: { code: TRANSPORT_CODE } });
        expect(answer.text).not.toContain("files");
      }
    }
    expect(reached).toEqual([]);
  });

  test("of all servers is /mcp, for who proved to be the caller, from a page that may, and under no other spelling", async () => {
    const { url, reached } = await startApp({}, KEYS);
    const authorization = `Bearer ${API_KEY}`;
    for (const path of ["/mcp", "/mcp?x=1"])
      expect(await send(`${url}${path}`, "POST", { authorization }, "{}")).toMatchObject({ status: 202 });
    expect(reached).toEqual(["all POST ann", "all POST ann"]);
    const unproven = await send(`${url}/mcp`, "POST", {}, "{}");
    expect(unproven).toMatchObject({ status: 401, headers: { "www-authenticate": 'Bearer realm="regate"' } });
    const foreign = { authorization, origin: "http://evil.example" };
    expect((await send(`${url}/mcp`, "POST", foreign, "{}")).status).toBe(403);
    for (const path of ["/mcp/", "/mcpx", "/%6dcp", "/mcp%23x", "//mcp", "/MCP"])
      expect((await send(`${url}${path}`, "POST", { authorization }, "{}")).status).toBe(404);
    const fragment = `POST /mcp#x HTTP/1.1\r\nHost: ${new URL(url).host}\r\nAuthorization: ${authorization}\r\nConnection: close\r\n\r\n`;
    expect(await speakRaw(url, Buffer.from(fragment))).toMatch(/^HTTP\/1.1 404 /);
    expect(reached).toHaveLength(2);
  });

  test("is not reached through a proxy while nobody can be told apart", async () => {
    const { url, reached } = await startApp();
    const answer = await send(`${url}/mcp/files`, "POST", { "x-forwarded-for": "1.2.3.4" }, "{}");
    expect(answer.status).toBe(403);
    expect(answer.headers).not.toHaveProperty("www-authenticate");
    expect(reached).toEqual([]);
  });

  test("that is not there is 404, and who may ask is told which ones are", async () => {
    const { url } = await startApp();
    const answer = await send(`${url}/mcp/other`, "POST", {}, "{}");
    expect(answer.status).toBe(404);
    expect(parseMessage(answer.text).error?.message).toBe("no server of this name; this gate has files");
    const { url: bare } = await startApp({ endpoints: new Map() });
    expect((await send(`${bare}/mcp/files`, "POST", {}, "{}")).text).toContain("this gate has none");
  });

  test.each(["constructor", "__proto__", "files%2f..", "%ff"])("is not found under the name %s", async (name) => {
    const { url, reached } = await startApp();
    expect((await send(`${url}/mcp/${name}`, "POST", {}, "{}")).status).toBe(404);
    expect(reached).toEqual([]);
  });

  test("that fails before it answers is 500, which says nothing of why; the log does", async () => {
    const { url, log } = await startApp({
      endpoints: new Map([["files", () => Promise.reject(new Error("inner detail"))]]),
    });
    const answer = await send(`${url}/mcp/files`, "POST", {}, "{}");
    expect(answer.status).toBe(500);
    expect(parseMessage(answer.text)).toMatchObject({ id: null, error: { code: TRANSPORT_CODE } });
    expect(answer.text).not.toContain("inner detail");
    expect(log.join()).toContain("inner detail");
  });

  test("that fails in its answer breaks it off, and the gate stays up", async () => {
    const { url, log } = await startApp({
      endpoints: new Map([
        [
          "files",
          async (_, outgoing) => {
            outgoing.writeHead(200, { "content-length": "100" });
            outgoing.write("half");
            throw new Error("inner detail");
          },
        ],
      ]),
    });
    await expect(send(`${url}/mcp/files`, "POST", {}, "{}")).rejects.toThrow();
    expect(log.join()).toContain("inner detail");
    expect((await send(`${url}/healthz`, "GET")).status).toBe(200);
  });
});

describe("every route", () => {
  const ROUTES = [
    "/mcp/files",
    "/healthz",
    "/readyz",
    "/v1/prove",
    "/v1/reload",
    "/v1/status",
    "/v1/data/regate/decision",
    "/nowhere",
  ];

  test.each(ROUTES)("refuses a page of another origin: %s", async (path) => {
    const { url, reached } = await startApp();
    for (const origin of ["http://evil.example", "null"]) {
      const answer = await send(`${url}${path}`, "POST", { origin, authorization: `Bearer ${OPERATOR_KEY}` }, "{}");
      expect(answer.status).toBe(403);
    }
    expect(reached).toEqual([]);
  });

  test.each(ROUTES)("refuses a name that is not the gate's: %s", async (path) => {
    const { url, reached } = await startApp();
    const { port } = new URL(url);
    const socket = connect(Number(port), "127.0.0.1");
    socket.write(`GET ${path} HTTP/1.1\r\nHost: rebound.example:${port}\r\nConnection: close\r\n\r\n`);
    const [chunk] = await once(socket, "data");
    socket.destroy();
    expect(String(chunk)).toMatch(/^HTTP\/1\.1 403 /);
    expect(reached).toEqual([]);
  });

  test("takes a page of an allowed origin", async () => {
    const { url } = await startApp();
    expect((await send(`${url}/mcp/files`, "POST", { origin: "http://allowed.example" }, "{}")).status).toBe(202);
  });

  test("that is not there is 404", async () => {
    const { url } = await startApp();
    for (const path of ["/", "/mcp/", "/mcp/files/more", "/v1/nothing"]) {
      const answer = await send(`${url}${path}`, "GET");
      expect(answer.status).toBe(404);
      expect(answer.headers["regate-instance"]).toBe("instance-1");
    }
  });
});

describe("health and readiness", () => {
  test("are told to anyone", async () => {
    const { url } = await startApp({}, KEYS);
    expect(await send(`${url}/healthz`, "GET")).toMatchObject({ status: 200, text: '{"status":"ok"}' });
    expect(await send(`${url}/readyz`, "GET")).toMatchObject({ status: 200, text: '{"status":"ready"}' });
  });

  test("differ where the gate can't judge", async () => {
    const { url } = await startApp({ notReady: () => "no bundle" });
    expect(await send(`${url}/healthz`, "GET")).toMatchObject({ status: 200 });
    expect(await send(`${url}/readyz`, "GET")).toMatchObject({
      status: 503,
      text: expect.stringContaining("no bundle"),
    });
  });
});

describe("a proof", () => {
  const url = "http://127.0.0.1:8787";

  test("is given to anyone, over the nonce and the gate's address, and without the secret", async () => {
    const app = await startApp({}, KEYS);
    const nonce = makeNonce();
    const answer = await send(`${app.url}/v1/prove?nonce=${nonce}`, "GET");
    expect(answer.status).toBe(200);
    expect(isProof(JSON.parse(answer.text).proof, SECRET, { nonce, url })).toBe(true);
    expect(answer.text).not.toContain(SECRET);
  });

  test.each([
    ["no nonce", ""],
    ["an empty one", "?nonce="],
    ["a short one", `?nonce=${"n".repeat(42)}`],
    ["a long one", `?nonce=${"n".repeat(44)}`],
    ["another alphabet", `?nonce=${"n".repeat(42)}%0a`],
  ])("is not given over %s", async (_, query) => {
    const app = await startApp();
    const answer = await send(`${app.url}/v1/prove${query}`, "GET");
    expect(answer.status).toBe(400);
    expect(answer.text).not.toContain("proof");
  });

  test("is not given before the gate has an address", async () => {
    const app = await startApp({ prove: () => undefined });
    expect((await send(`${app.url}/v1/prove?nonce=${makeNonce()}`, "GET")).status).toBe(503);
  });
});

describe("a reload", () => {
  test("is the operator's alone", async () => {
    let reloads = 0;
    const reload = async () => {
      reloads += 1;
      return { kind: "swapped", from: "r1", to: "r2" } as const;
    };
    const { url } = await startApp({ reload }, KEYS);
    for (const headers of [{}, { authorization: `Bearer ${API_KEY}` }, { authorization: OPERATOR_KEY }]) {
      const answer = await send(`${url}/v1/reload`, "POST", headers as Record<string, string>);
      expect(answer.status).toBe(401);
      expect(answer.headers["www-authenticate"]).toBe("Bearer");
    }
    expect(reloads).toBe(0);
    const answer = await send(`${url}/v1/reload`, "POST", { authorization: `Bearer ${OPERATOR_KEY}` });
    expect(answer).toMatchObject({ status: 200, text: '{"kind":"swapped","from":"r1","to":"r2"}' });
    expect((await send(`${url}/v1/reload`, "GET", { authorization: `Bearer ${OPERATOR_KEY}` })).status).toBe(404);
    expect(reloads).toBe(1);
  });

  test("goes back to an older bundle where that is asked for, in these words only", async () => {
    const asked: unknown[] = [];
    const reload: AppParts["reload"] = async (options) => {
      asked.push(options);
      return { kind: "unchanged", revision: "r1" };
    };
    const { url } = await startApp({ reload }, KEYS);
    const post = (query: string) =>
      send(`${url}/v1/reload${query}`, "POST", { authorization: `Bearer ${OPERATOR_KEY}` });
    expect((await post("")).status).toBe(200);
    expect((await post("?rollback=allow")).status).toBe(200);
    expect(await post("?rollback=yes")).toMatchObject({
      status: 400,
      text: expect.stringContaining("rollback must be allow, or left out"),
    });
    const by = "operator";
    expect(asked).toEqual([
      { allowRollback: false, by },
      { allowRollback: true, by },
    ]);
  });
});

describe("the status", () => {
  test("is the operator's alone", async () => {
    const { url } = await startApp({}, KEYS);
    for (const headers of [{}, { authorization: `Bearer ${API_KEY}` }]) {
      const answer = await send(`${url}/v1/status`, "GET", headers as Record<string, string>);
      expect(answer.status).toBe(401);
      expect(answer.text).not.toContain("r1");
    }
    const answer = await send(`${url}/v1/status`, "GET", { authorization: `Bearer ${OPERATOR_KEY}` });
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)).toEqual(STATUS);
    expect((await send(`${url}/v1/status`, "POST", { authorization: `Bearer ${OPERATOR_KEY}` })).status).toBe(404);
  });
});
