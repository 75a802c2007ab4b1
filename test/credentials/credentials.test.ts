// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of the configuration are what is tested
// What the gate sends to a server to be let in, as it is configured: each mistake in it, and files that change while the gate runs.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { loadConfig } from "../../src/config/config.ts";
import type { HttpServer } from "../../src/config/server-schema.ts";
import { createCredentials } from "../../src/credentials/credentials.ts";
import { Problem } from "../../src/problem.ts";
import { startAuthorizationServer } from "../identity/authorization-server.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "regate-credentials-"));
  writeFileSync(join(folder, "token"), "t0ken-1\n");
});
afterEach(() => rmSync(folder, { recursive: true }));

const URL_FIELD = "url: https://mcp.example.com/mcp";

function load(fields: string, env: NodeJS.ProcessEnv = {}): HttpServer {
  writeFileSync(join(folder, "regate.yaml"), `servers:\n  a: { ${URL_FIELD}, ${fields} }\n`);
  const server = loadConfig("regate.yaml", env, folder).servers.get("a");
  if (server?.kind !== "http") throw new Error("no server over HTTP");
  return server;
}

function start(server: HttpServer) {
  const clock = { ms: 0 };
  const log: string[] = [];
  const credentials = createCredentials(server, { monotonicMs: () => clock.ms, log: (line) => log.push(line) });
  return { ...credentials, clock, log };
}

test("what is fixed is one and the same each time, and is never renewed", () => {
  const { headers, renew } = start(load('headers: { X: "a${NAME}c", Y: "$${file:token}" }', { NAME: "b" }));
  expect(headers()).toEqual({ X: "abc", Y: "${file:token}" });
  expect(headers()).toBe(headers());
  expect(renew).toBeUndefined();
});

test("a file is read again after a second, or where what it held was refused; what can't be read is told once and kept", async () => {
  const { headers, renew, clock, log } = start(load('headers: { X: "Bearer ${file:token}, ${NAME}" }', { NAME: "n" }));
  expect(headers()).toEqual({ X: "Bearer t0ken-1, n" });
  writeFileSync(join(folder, "token"), "t0ken-2");
  expect(headers()).toEqual({ X: "Bearer t0ken-1, n" });
  expect(await renew?.({ X: "Bearer t0ken-1, n" })).toEqual({ X: "Bearer t0ken-2, n" });
  expect(await renew?.({ X: "Bearer t0ken-2, n" })).toBeUndefined();
  writeFileSync(join(folder, "token"), "t0ken-3");
  clock.ms = 1_000;
  expect(headers()).toEqual({ X: "Bearer t0ken-3, n" });
  writeFileSync(join(folder, "token"), "");
  for (clock.ms = 2_000; clock.ms < 5_000; clock.ms += 1_000) expect(headers()).toEqual({ X: "Bearer t0ken-3, n" });
  const file = join(folder, "token");
  expect(log).toEqual([
    `a: the header X names the file ${file}, which must hold one line of printable ASCII; what was there before is used on`,
  ]);
});

test("an OAuth client's token goes with the other headers, and its secret may come from a file", async () => {
  const server = await startAuthorizationServer();
  onTestFinished(() => server.close());
  server.clients.set("gate", { secret: "t0ken-1", claims: {} });
  const oauth = `oauth: { tokenUrl: "${server.token}", clientId: gate, clientSecret: "\${file:token}", scope: s }`;
  const { headers } = start(load(`headers: { X: x }, ${oauth}`));
  const first = await headers();
  expect(first).toEqual({ X: "x", authorization: expect.stringMatching(/^Bearer ey/) });
  expect(headers()).toEqual(first);
  expect(server.asked).toHaveLength(1);
});

test("where each principal signs in, nobody's request has credentials, as that of a scan", async () => {
  const server = load('oauth: { perPrincipal: true, clientId: of-the-operator, clientSecret: "${S}", scope: a }', {
    S: "s",
  });
  expect(server.signIn).toEqual({ client: { id: "of-the-operator", secret: "s" }, scope: "a" });
  expect(server.oauth).toBeUndefined();
  expect(load("oauth: { perPrincipal: true }").signIn).toEqual({ client: undefined, scope: undefined });
  const { headers, renew, missing } = start(server);
  await expect(headers()).rejects.toThrow("each principal signs in to a with its own account");
  await expect(headers("ann")).rejects.toThrow("nobody is signed in here");
  expect(await missing?.("ann")).toContain("nobody is signed in here");
  expect(await renew?.({ authorization: "Bearer x" }, "ann")).toBeUndefined();
});

describe("a mistake is told with its place and the remedy, and never with what is secret", () => {
  const oauth = (fields: string) => `oauth: { clientId: gate, clientSecret: SECRET-of-16, ${fields} }`;
  const TOKEN_URL = "tokenUrl: https://login.example.com/token";
  test.each([
    ['headers: { X: "${file:missing}" }', "servers.a.headers.X: names the file "],
    ['headers: { X: "${file:lines}" }', "which must hold one line of printable ASCII"],
    ['headers: { X: "${file:}" }', "servers.a.headers.X: holds a ${ that does not begin a ${NAME}"],
    ['headers: { X: "${file:token} ${MISSING}" }', "names the environment variable MISSING, which is not set"],
    [
      oauth("tokenUrl: http://login.example.com/token"),
      "servers.a.oauth.tokenUrl: sends calls and credentials unencrypted; use https",
    ],
    [oauth("tokenUrl: login"), "servers.a.oauth.tokenUrl: is no URL"],
    [oauth(`${TOKEN_URL}, clientAuth: jwt`), "servers.a.oauth.clientAuth: must be basic or post"],
    [oauth(`${TOKEN_URL}, scopes: x`), "servers.a.oauth.scopes: is not known here; did you mean scope?"],
    ["oauth: { perPrincipal: false }", "servers.a.oauth.perPrincipal: must be true; leave it out"],
    ["oauth: { perPrincipal: true, tokenUrl: https://SECRET.example }", "servers.a.oauth.tokenUrl: is not known here"],
    ["oauth: { perPrincipal: true, clientSecret: SECRET }", "servers.a.oauth.clientSecret: is of no client"],
    ["oauth: { perPrincipal: true, clientId: '' }", "servers.a.oauth.clientId: must be text"],
    ["oauth: { perPrincipl: true }", "servers.a.oauth.perPrincipl: is not known here"],
    ["oauth: true", "servers.a.oauth: must be a mapping"],
    [
      "headers: { Authorization: x }, oauth: { perPrincipal: true }",
      "servers.a.oauth: stands beside a header Authorization",
    ],
    [`oauth: { ${TOKEN_URL}, clientId: gate }`, "servers.a.oauth.clientSecret: is missing"],
    [
      `headers: { authorization: SECRET-x }, ${oauth(TOKEN_URL)}`,
      "servers.a.oauth: stands beside a header Authorization",
    ],
  ])("%s", (fields, fault) => {
    writeFileSync(join(folder, "lines"), "SECRET\nSECRET");
    const faults = (() => {
      try {
        load(fields);
        return [];
      } catch (error) {
        if (error instanceof Problem) return error.lines;
        throw error;
      }
    })();
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(fault);
    expect(faults[0]).not.toContain("SECRET");
  });

  test("a server that the gate starts has no oauth", () => {
    writeFileSync(join(folder, "regate.yaml"), "servers: { a: { command: x, oauth: {} } }");
    expect(() => loadConfig("regate.yaml", {}, folder)).toThrow("servers.a.oauth: is not known here");
  });
});
