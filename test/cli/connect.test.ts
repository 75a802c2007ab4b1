// `regate connect` in the test's process, the gate's own routes and a real server to sign in to behind it: what it prints, what comes
// back to it from the browser, and each wrong use.
import { createHash } from "node:crypto";
import { request } from "node:http";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Loopback, openLoopback } from "../../src/cli/connect/loopback.ts";
import { run } from "../../src/cli/connect.ts";
import { composeConnections } from "../../src/compose-connections.ts";
import type { ServerConfig } from "../../src/config/server-schema.ts";
import { makeKey } from "../../src/http/bearer.ts";
import { browse, startConnections, startSignInServer } from "../credentials/sign-in-support.ts";
import { send } from "../e2e/harness-wire.ts";
import { OPERATOR_KEY, startFront } from "./front.ts";

const upstream = await startSignInServer();
const KEY = makeKey("rgk");
const COMMON = { catalogue: "x", arguments: "checked", mode: "enforce" } as const;
const SIGN_IN = { client: undefined, scope: undefined };
const SERVERS: readonly ServerConfig[] = [
  { kind: "http", key: "notes", url: upstream.url, headers: {}, signIn: SIGN_IN, ...COMMON },
  { kind: "http", key: "gone", url: "http://127.0.0.1:9/mcp", headers: {}, signIn: SIGN_IN, ...COMMON },
  { kind: "http", key: "shared", url: upstream.url, headers: {}, ...COMMON },
  { kind: "stdio", key: "files", command: "x", args: [], env: {}, cwd: "/", ...COMMON },
];

/** @param keyed whether the gate has keys */
async function start(keyed = true) {
  const { state } = startConnections(upstream.url);
  const { desk } = composeConnections({ state, servers: () => SERVERS, log: () => {} });
  const keys = keyed ? [{ name: "ann", sha256: createHash("sha256").update(KEY).digest("hex"), groups: [] }] : [];
  const front = await startFront({ target: () => {}, connections: desk, keys });
  const connect = async (
    args: readonly string[],
    env: NodeJS.ProcessEnv,
    person: (url: string) => unknown = () => {},
  ) => {
    const printed = { stdout: "", stderr: "" };
    const code = await run(args, {
      stdout: (text) => {
        printed.stdout += text;
      },
      stderr: (text) => {
        printed.stderr += text;
        const [, url] = /^ {2}(http\S+)$/m.exec(text) ?? [];
        if (url !== undefined) void person(url);
      },
      env,
      cwd: front.dir,
      stdin: () => Promise.reject(new Error("not read")),
    });
    return { code, ...printed };
  };
  return { connect, url: front.url };
}

const signingIn = (login: string) => async (url: string) => fetch(await browse(url, login));

describe("regate connect", () => {
  test("signs in whoever the gate takes the caller for: by key, or on a gate without keys everybody on the machine", async () => {
    const keyed = await start();
    const env = { REGATE_API_KEY: KEY };
    expect(await keyed.connect(["notes"], env, signingIn("ann"))).toMatchObject({
      code: 0,
      stdout: "ann is signed in to notes\n",
    });
    expect((await keyed.connect(["--list"], env)).stdout).toMatch(
      /^notes {2}signed in since \S+Z {2}\(notes\)\ngone {2}not signed in: regate connect gone\n$/,
    );
    expect((await keyed.connect(["notes", "--remove", "--json"], env)).stdout).toBe(
      '{"server":"notes","principal":"ann","revoked":true}\n',
    );
    await keyed.connect(["notes"], env, signingIn("ann"));
    const asOperator = { REGATE_OPERATOR_KEY: OPERATOR_KEY };
    expect((await keyed.connect(["notes", "--remove", "--principal", "ann"], asOperator)).stdout).toBe(
      "ann is signed out of notes\n",
    );
    expect((await keyed.connect(["--list"], env)).stdout).toContain("notes  not signed in");
    const open = await start(false);
    expect(await open.connect(["notes", "--json"], {}, signingIn("me"))).toMatchObject({
      stdout: '{"server":"notes","principal":"local","scope":"notes"}\n',
    });
  });

  test.each<[readonly string[], NodeJS.ProcessEnv, string]>([
    [["notes"], {}, "REGATE_API_KEY is not set, and must hold your key or token"],
    [["notes"], { REGATE_API_KEY: makeKey("rgk") }, "REGATE_API_KEY is not taken: the API key is not one"],
    [["nowhere"], { REGATE_API_KEY: KEY }, "no server of this name to sign in to; those that want one are notes, gone"],
    [
      ["files"],
      { REGATE_API_KEY: KEY },
      "files is started by the gate, and has no sign-in; what it needs goes into its env",
    ],
    [
      ["shared"],
      { REGATE_API_KEY: KEY },
      "for each principal's own, the configuration says oauth: { perPrincipal: true }",
    ],
    [["gone"], { REGATE_API_KEY: KEY }, "http://127.0.0.1:9 can't be asked"],
    [["gone", "--remove"], { REGATE_API_KEY: KEY }, "ann is not signed in to gone"],
    [["Notes!"], {}, "is no key of a server"],
    [["notes", "-c", "other.yaml"], {}, "other.yaml"],
    [[], {}, "use: regate connect SERVER"],
    [["notes", "gone"], {}, "use: regate connect SERVER"],
    [["notes", "--list"], {}, "use: regate connect SERVER"],
    [["--list", "--remove"], {}, "use: regate connect SERVER"],
    [["notes", "--principal", "ann"], {}, "use: regate connect SERVER"],
    [["notes", "--remove", "--principal", "ann"], { REGATE_API_KEY: KEY }, "REGATE_OPERATOR_KEY is not set"],
    [
      ["notes", "--remove", "--principal", "a/b"],
      { REGATE_OPERATOR_KEY: OPERATOR_KEY },
      "a/b is not signed in to notes",
    ],
  ])("%j says what is wrong", async (args, env, problem) => {
    const { connect } = await start();
    await expect(connect(args, env)).rejects.toThrow(problem);
  });
});

describe("the routes", () => {
  const JSON_TYPE = { authorization: `Bearer ${KEY}`, "content-type": "application/json" };
  test.each<[string, "GET" | "POST" | "DELETE", string | undefined, number]>([
    ["/notes", "POST", "{", 400],
    ["/notes", "POST", "[]", 400],
    ["/notes", "POST", '{"redirect_uri": 1}', 400],
    ["/notes", "POST", '{"redirect_uri": "http://127.0.0.1:1/callback", "more": 1}', 400],
    ["/notes", "POST", '{"redirect_uri": "https://evil.example/callback"}', 400],
    ["/notes", "POST", JSON.stringify({ redirect_uri: "x".repeat(40_000) }), 413],
    ["/notes/finish", "POST", '{"state": "x"}', 400],
    ["/notes/finish", "POST", '{"state": "x", "code": ""}', 400],
    ["/notes/finish", "POST", '{"state": "x", "code": "y"}', 400],
    ["/notes/other", "POST", "{}", 404],
    ["/notes", "GET", undefined, 404],
    ["/%00", "DELETE", undefined, 404],
    // an API key is no operator's
    ["/notes/principals/ann", "DELETE", undefined, 401],
  ])("%s %s of %j", async (path, method, body, status) => {
    const { url } = await start();
    const { registered } = await upstream.seen();
    expect((await send(`${url}/v1/connections${path}`, method, JSON_TYPE, body)).status).toBe(status);
    expect(
      (await send(`${url}/v1/connections${path}`, method, { "content-type": "application/json" }, body)).status,
    ).not.toBe(200);
    expect((await upstream.seen()).registered).toBe(registered);
  });

  test("no page of another origin can use them on a gate without keys", async () => {
    const { url } = await start(false);
    const headers = { origin: "https://evil.example", "content-type": "application/json" };
    const body = '{"redirect_uri": "http://127.0.0.1:1/callback"}';
    expect((await send(`${url}/v1/connections/notes`, "POST", headers, body)).status).toBe(403);
  });
});

describe("the way back", () => {
  const STATE = "the-state-of-this-sign-in";
  async function open(): Promise<Loopback> {
    const loopback = await openLoopback();
    onTestFinished(() => loopback.close());
    return loopback;
  }
  const statusOf = async (loopback: Loopback, query: string) => (await fetch(`${loopback.redirectUri}${query}`)).status;

  test("is on this machine's loopback, and takes one code with the right state", async () => {
    const loopback = await open();
    expect(loopback.redirectUri).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback$/);
    expect(await statusOf(loopback, `?state=${STATE}&code=early`)).toBe(400);
    const coming = loopback.comeback(STATE, 60_000);
    for (const query of [
      "",
      "?code=x",
      "?code=x&state=other",
      `?state=${STATE}`,
      `?state=${STATE}&code=`,
      `?state=${STATE}&code=a&code=b`,
      `?state=${STATE}&state=${STATE}&code=a`,
    ])
      expect(await statusOf(loopback, query)).toBe(400);
    expect(await statusOf(loopback, `?state=${STATE}&code=c&iss=https%3A%2F%2Fa.example`)).toBe(200);
    expect(await coming).toEqual({ kind: "code", code: "c", iss: "https://a.example" });
    expect(await statusOf(loopback, `?state=${STATE}&code=again`)).toBe(400);
  });

  test("takes nothing by another method, path or Host, and shows no error's text", async () => {
    const loopback = await open();
    const coming = loopback.comeback(STATE, 60_000);
    const right = `?state=${STATE}&code=c`;
    expect((await fetch(loopback.redirectUri + right, { method: "POST" })).status).toBe(404);
    expect((await fetch(loopback.redirectUri.replace("callback", "other") + right)).status).toBe(404);
    const rebound = await new Promise((resolve) => {
      request(loopback.redirectUri + right, { headers: { host: "evil.example" } }, ({ statusCode }) =>
        resolve(statusCode),
      ).end();
    });
    expect(rebound).toBe(403);
    expect(await statusOf(loopback, `?state=${STATE}&error=%1b%5b2Jhello`)).toBe(200);
    expect(await coming).toEqual({ kind: "refused", error: "an error that can't be shown" });
  });

  test("is closed after its time", async () => {
    const loopback = await open();
    expect(await loopback.comeback(STATE, 1)).toEqual({ kind: "late" });
  });
});
