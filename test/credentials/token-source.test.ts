// Tokens for a server, from a real authorization server: when they are fetched, how often, and what is said where they can't be had.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createTokenSource, PAUSE_MS, type TokenSourceOptions } from "../../src/credentials/token-source.ts";
import { type AuthorizationServer, startAuthorizationServer } from "../identity/authorization-server.ts";

const SECRET = "s3cret+of/the gate";
let server: AuthorizationServer;
beforeAll(async () => {
  server = await startAuthorizationServer();
  server.clients.set("gate", { secret: SECRET, claims: {} });
});
afterAll(() => server.close());
beforeEach(() => server.behave({ kind: "well" }));

function start(change: Partial<TokenSourceOptions> = {}) {
  const clock = { ms: 0 };
  const problems: string[] = [];
  const before = server.asked.length;
  const source = createTokenSource({
    tokenUrl: server.token,
    clientId: "gate",
    clientSecret: { read: () => SECRET },
    scope: "tickets:read",
    resource: "https://tickets.example.com/mcp",
    clientAuth: "basic",
    monotonicMs: () => clock.ms,
    onProblem: (problem) => problems.push(problem),
    ...change,
  });
  return { source, clock, problems, asked: () => server.asked.slice(before) };
}

describe("a token", () => {
  test.each(["basic", "post"] as const)(
    "is asked for once by all who need it, with the secret as %s",
    async (clientAuth) => {
      const { source, asked } = start({ clientAuth });
      const [one, other] = await Promise.all([source.current(), source.current()]);
      expect(one).toBe(other);
      expect(source.current()).toBe(one);
      expect(asked()).toHaveLength(1);
      const [{ form, authorization } = { form: new URLSearchParams(), authorization: "" }] = asked();
      expect(Object.fromEntries(form)).toMatchObject({
        grant_type: "client_credentials",
        scope: "tickets:read",
        resource: "https://tickets.example.com/mcp",
      });
      expect(authorization === undefined).toBe(clientAuth === "post");
      expect(form.has("client_secret")).toBe(clientAuth === "post");
    },
  );

  test("is fetched again before it expires, while the old one is used", async () => {
    const { source, clock, asked } = start();
    const first = await source.current();
    clock.ms = 500_000;
    expect(source.current()).toBe(first);
    expect(source.current()).toBe(first);
    const second = await source.renew(first);
    expect(second).not.toBe(first);
    expect(source.current()).toBe(second);
    expect(asked()).toHaveLength(2);
    clock.ms = 500_000 + 599_000;
    expect(await source.current()).not.toBe(second);
  });

  test("that is refused is replaced once; a server that refuses each new one causes no more", async () => {
    const { source, clock, asked } = start();
    const first = await source.current();
    expect(await source.renew(first)).toBeUndefined();
    clock.ms = PAUSE_MS;
    const [second, same] = await Promise.all([source.renew(first), source.renew(first)]);
    expect(second).toBe(same);
    expect(second).not.toBe(first);
    expect(await source.renew(first)).toBe(second);
    expect(await source.renew(second ?? "")).toBeUndefined();
    expect(asked()).toHaveLength(2);
  });
});

describe("no token", () => {
  test.each<[string, number, string, string]>([
    [
      "an error of OAuth's",
      400,
      '{"error":"invalid_scope","error_description":"SECRET"}',
      "it answered with HTTP status 400 (invalid_scope)",
    ],
    ["another error", 503, "SECRET", "it answered with HTTP status 503"],
    ["a redirect", 302, "", "it answered with HTTP status 302"],
    [
      "another kind of token",
      200,
      '{"access_token":"SECRET","token_type":"mac"}',
      "what it answered is no bearer token",
    ],
    [
      "a token with a line break",
      200,
      '{"access_token":"SECRET\\n","token_type":"Bearer"}',
      "what it answered is no bearer token",
    ],
    ["no JSON", 200, "SECRET", "what it answered is no bearer token"],
    ["too much", 200, "x".repeat(70_000), "it answered with more than 65536 bytes"],
  ])("comes of %s, and what was answered is not repeated", async (_, status, body, problem) => {
    const { source, problems } = start();
    server.behave({ kind: "badly", status, body, headers: { location: "http://127.0.0.1:9/" } });
    await expect(source.current()).rejects.toThrow(problem);
    expect(problems).toEqual([problem]);
  });

  test("is not asked for again at once, told once, and had when its server is well again", async () => {
    const { source, clock, problems, asked } = start({ clientSecret: { read: () => "wrong" } });
    for (let tries = 0; tries < 3; tries += 1) await expect(source.current()).rejects.toThrow("401 (invalid_client)");
    expect(asked()).toHaveLength(1);
    expect(problems).toHaveLength(1);
    clock.ms = PAUSE_MS;
    await expect(source.current()).rejects.toThrow();
    expect(asked()).toHaveLength(2);
    expect(problems).toHaveLength(1);
  });
});
