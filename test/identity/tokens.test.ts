// Tokens against real keys: which are taken, which are not and why, and how long what was verified is believed.
import { createHmac } from "node:crypto";
import { exportSPKI, generateKeyPair, importJWK, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { ALGORITHMS, DEFAULT_ALGORITHMS, type Issuer } from "../../src/config/auth-schema.ts";
import { fetchText } from "../../src/fetch-text.ts";
import { COOLDOWN_MS, type KeySource, openKeySource } from "../../src/identity/key-source.ts";
import { createTokens, type TokenOutcome, type TokensOptions } from "../../src/identity/tokens.ts";
import { type AuthorizationServer, type Claims, startAuthorizationServer } from "./authorization-server.ts";

const GATE = "https://gate.example.com";
const SELF = { sub: "ann", aud: GATE };

let server: AuthorizationServer;
beforeAll(async () => {
  server = await startAuthorizationServer();
});
afterAll(() => server.close());

function issuerOf({ issuer, jwks }: AuthorizationServer, change: Partial<Issuer> = {}): Issuer {
  return {
    name: "corp",
    issuer,
    audience: undefined,
    keys: { kind: "url", url: jwks },
    algorithms: DEFAULT_ALGORITHMS,
    principal: "sub",
    groups: ["groups"],
    claims: [],
    operators: [],
    tokenType: undefined,
    ...change,
  };
}

/** A clock that a test moves; the keys come from the server itself. */
async function start(change: Partial<Issuer> = {}, options: Partial<TokensOptions> = {}, from = server) {
  const clock = { ms: 0 };
  const keys = await openKeySource({
    name: "corp",
    async read() {
      const fetched = await fetchText(from.jwks, { timeoutMs: 5_000, maxBytes: 100_000 });
      if (fetched.kind === "failed") throw new Error(fetched.problem);
      if (fetched.status !== 200) throw new Error(`status ${fetched.status}`);
      return fetched.text;
    },
    monotonicMs: () => clock.ms,
    log: () => {},
  });
  const tokens = createTokens({
    issuers: [{ issuer: issuerOf(from, change), keys }],
    scopes: [],
    unixMs: () => Date.now() + clock.ms,
    ...options,
  });
  onTestFinished(() => tokens.close());
  const check = (token: string, audience = [GATE]) => tokens.check(token, audience);
  return { check, clock, keys };
}

function problemOf(outcome: TokenOutcome): string {
  return outcome.kind === "known" ? "known" : `${outcome.kind}: ${outcome.problem}`;
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

describe("a token that its issuer signed", () => {
  test("proves a principal that no API key and no other issuer can have, with groups and the claims that are named", async () => {
    const { check } = await start({ claims: ["email", "dept", "missing"], operators: ["ops"] });
    const token = await server.sign({ ...SELF, groups: ["b", "a", "b"], email: "ann@x", dept: { id: 7 }, secret: 1 });
    expect(await check(token)).toMatchObject({
      kind: "known",
      identity: {
        principal: { id: "corp:ann", groups: ["a", "b"], claims: { email: "ann@x", dept: { id: 7 } } },
        isOperator: false,
      },
    });
    const operator = await check(await server.sign({ ...SELF, groups: "ops" }));
    expect(operator).toMatchObject({ identity: { isOperator: true, principal: { claims: {} } } });
  });

  test("is answered at once from then on, until it expires", async () => {
    const { check, clock } = await start();
    const token = await server.sign(SELF);
    const first = await check(token);
    expect(check(token)).toEqual(first);
    clock.ms = 700_000;
    expect(problemOf(await check(token))).toBe("invalid: the token has expired");
  });

  test("is asked for its audience at each use, whatever was remembered", async () => {
    const { check } = await start();
    const token = await server.sign({ ...SELF, aud: ["x", `${GATE}/mcp/files`] });
    expect(problemOf(await check(token, [`${GATE}/mcp/files`]))).toBe("known");
    expect(check(token, [`${GATE}/mcp/other`])).toMatchObject({
      problem: "the token is for another audience than this",
    });
    const { check: named } = await start({ audience: ["api://gate"] });
    expect(problemOf(await named(token, [`${GATE}/mcp/files`]))).toMatch(/another audience/);
    expect(problemOf(await named(await server.sign({ sub: "ann", aud: "api://gate" })))).toBe("known");
  });

  test.each(["RS256", "ES384", "EdDSA", "Ed25519"] as const)(
    "is taken where it is signed by %s and that is allowed",
    async (alg) => {
      const other = await startAuthorizationServer(alg);
      onTestFinished(() => other.close());
      const token = await other.sign(SELF);
      expect(problemOf(await (await start({ algorithms: [alg] }, {}, other)).check(token))).toBe("known");
      const except = ALGORITHMS.filter((one) => one !== alg);
      const refused = problemOf(await (await start({ algorithms: except }, {}, other)).check(token));
      expect(refused).toBe("invalid: the token is signed by an algorithm that is not allowed");
    },
  );

  test("is not enough where it lacks a scope; scp says the same as scope", async () => {
    const { check } = await start({}, { scopes: ["mcp:call", "mcp:list"] });
    const scoped = async (claims: Claims) => problemOf(await check(await server.sign({ ...SELF, ...claims })));
    expect(await scoped({ scope: "mcp:list mcp:call x" })).toBe("known");
    expect(await scoped({ scp: ["mcp:list", "mcp:call"] })).toBe("known");
    expect(await scoped({ scope: "mcp:list" })).toBe("insufficient_scope: the token lacks the scope mcp:call");
    expect(await scoped({})).toBe("insufficient_scope: the token lacks the scope mcp:call mcp:list");
  });
});

describe("what proves nothing", () => {
  const now = () => Math.floor(Date.now() / 1_000);
  const cases: [string, string, () => Promise<string>, Partial<Issuer>?][] = [
    ["no JWT", "none of an issuer", async () => "not-a-token"],
    [
      "alg none",
      "malformed|not allowed",
      async () => {
        const claims = { ...SELF, iss: server.issuer, exp: now() + 600 };
        return `${encode({ alg: "none" })}.${encode(claims)}.`;
      },
    ],
    [
      "HS256 by the public key",
      "not allowed",
      async () => {
        const key = await importJWK(server.publicJwk, "ES256");
        const secret = key instanceof Uint8Array ? "" : await exportSPKI(key);
        const head = encode({ alg: "HS256", kid: server.publicJwk.kid, typ: "at+jwt" });
        const text = `${head}.${encode({ ...SELF, iss: server.issuer, exp: now() + 600 })}`;
        return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
      },
    ],
    [
      "another key of the same name",
      "signature is not right",
      async () => {
        const { privateKey } = await generateKeyPair("ES256");
        const claims = { ...SELF, iss: server.issuer, exp: now() + 600 };
        return new SignJWT(claims)
          .setProtectedHeader({ alg: "ES256", kid: server.publicJwk.kid ?? "" })
          .sign(privateKey);
      },
    ],
    [
      "claims that were changed",
      "signature is not right",
      async () => {
        const [head, , signature] = (await server.sign(SELF)).split(".");
        return `${head}.${encode({ ...SELF, sub: "root", iss: server.issuer, exp: now() + 600 })}.${signature}`;
      },
    ],
    ["an unknown kid", "a key that its issuer does not have", () => server.sign(SELF, { kid: "other" })],
    ["another issuer", "none of an issuer", () => server.sign({ ...SELF, iss: "https://evil.example.com" })],
    ["an issuer with a slash more", "none of an issuer", () => server.sign({ ...SELF, iss: `${server.issuer}/` })],
    ["no issuer", "none of an issuer", () => server.sign({ ...SELF, iss: undefined })],
    ["another audience", "another audience", () => server.sign({ ...SELF, aud: "https://other.example.com" })],
    ["no audience", "another audience", () => server.sign({ sub: "ann" })],
    ["an expired token", "has expired", () => server.sign({ ...SELF, exp: now() - 31 })],
    ["no expiry", "has no exp", () => server.sign({ ...SELF, exp: undefined })],
    ["an expiry that is no number", "exp is not right", () => server.sign({ ...SELF, exp: "soon" as never })],
    ["a token of the future", "nbf is not right", () => server.sign({ ...SELF, nbf: now() + 60 })],
    ["an ID of another kind", "typ is not that", () => server.sign(SELF, { typ: "logout+jwt" })],
    [
      "a plain JWT where at+jwt is wanted",
      "typ is not that",
      () => server.sign(SELF, { typ: "JWT" }),
      { tokenType: "at+jwt" },
    ],
    [
      "a critical extension",
      "malformed",
      () =>
        server.sign(SELF, { crit: ["x"], x: 1 }).catch(async () => {
          const [, body, signature] = (await server.sign(SELF)).split(".");
          return `${encode({ alg: "ES256", kid: server.publicJwk.kid, crit: ["x"], x: 1 })}.${body}.${signature}`;
        }),
    ],
    ["a token that is bound to a key", "is bound to a key", () => server.sign({ ...SELF, cnf: { jkt: "x" } })],
    ["an encrypted one", "none of an issuer", async () => "a.b.c.d.e"],
  ];

  test.each(cases)("%s is refused, and nothing of it is repeated", async (_, problem, make, change) => {
    const { check } = await start(change);
    const token = await make();
    const outcome = await check(token);
    expect(problemOf(outcome)).toMatch(new RegExp(`^invalid: .*(?:${problem})`));
    expect(JSON.stringify(outcome)).not.toContain(token.slice(0, 20));
  });

  test("a clock may differ by half a minute", async () => {
    const { check } = await start();
    expect(problemOf(await check(await server.sign({ ...SELF, exp: now() - 20 })))).toBe("known");
    expect(problemOf(await check(await server.sign({ ...SELF, nbf: now() + 20 })))).toBe("known");
  });

  test("a token that names its own keys: nothing is fetched, and the issuer's keys decide", async () => {
    const evil = await startAuthorizationServer();
    onTestFinished(() => evil.close());
    const { check } = await start();
    const header = { jku: evil.jwks, x5u: `${evil.issuer}/cert`, jwk: evil.publicJwk };
    const forged = await evil.sign({ ...SELF, iss: server.issuer }, { ...header, kid: server.publicJwk.kid });
    expect(problemOf(await check(forged))).toBe("invalid: the token's signature is not right");
    expect(problemOf(await check(await server.sign(SELF, header)))).toBe("known");
    expect(evil.asked).toEqual([]);
  });
});

describe("keys that change", () => {
  let own: AuthorizationServer;
  const reads = () => own.asked.filter(({ line }) => line === "GET /jwks").length;
  beforeAll(async () => {
    own = await startAuthorizationServer();
  });
  afterAll(() => own.close());

  test("a token of a new key is taken once the keys were looked at again, which unknown keys make happen once in a while", async () => {
    const { check, clock } = await start({}, {}, own);
    const before = reads();
    await own.rotate();
    const token = await own.sign(SELF);
    expect(problemOf(await check(token))).toMatch(/does not have$/);
    expect(reads()).toBe(before);
    clock.ms = COOLDOWN_MS;
    const outcomes = await Promise.all([check(token), check(await own.sign(SELF, { kid: "no-such" })), check(token)]);
    expect(outcomes.map(problemOf).filter((problem) => problem === "known")).toHaveLength(2);
    expect(reads()).toBe(before + 1);
    for (let tries = 0; tries < 5; tries += 1) await check(await own.sign(SELF, { kid: `made-up-${tries}` }));
    expect(reads()).toBe(before + 1);
  });

  test("a token of a key that was taken away is refused, though it was known before", async () => {
    const { check, clock, keys } = await start({}, {}, own);
    const token = await own.sign(SELF);
    expect(problemOf(await check(token))).toBe("known");
    expect(check(token)).not.toBeInstanceOf(Promise);
    await own.rotate();
    clock.ms = COOLDOWN_MS;
    await keys.refresh();
    expect(problemOf(await check(token))).toMatch(/does not have$/);
  });

  test("are kept while they can't be had, for a day; then nobody can tell whether a token is genuine", async () => {
    const { check, clock, keys } = await start({}, { unixMs: Date.now }, own);
    const token = await own.sign(SELF);
    onTestFinished(() => own.behave({ kind: "well" }));
    own.behave({ kind: "badly", status: 500, body: "no" });
    clock.ms = 3_600_000;
    await keys.refresh();
    expect(problemOf(await check(token))).toBe("known");
    clock.ms = 24 * 3_600_000;
    expect(problemOf(await check(token))).toBe("unavailable: the keys of corp can't be had now");
    own.behave({ kind: "well" });
    clock.ms += COOLDOWN_MS;
    expect(problemOf(await check(token))).toBe("known");
  });
});

test("two issuers with the same subject are two principals, and neither signs for the other", async () => {
  const other = await startAuthorizationServer();
  onTestFinished(() => other.close());
  const keysOf = (from: AuthorizationServer): Promise<KeySource> =>
    openKeySource({
      name: "k",
      read: async () => JSON.stringify({ keys: [from.publicJwk] }),
      monotonicMs: () => 0,
      log: () => {},
    });
  const tokens = createTokens({
    issuers: [
      { issuer: issuerOf(server), keys: await keysOf(server) },
      { issuer: issuerOf(other, { name: "partner" }), keys: await keysOf(other) },
    ],
    scopes: [],
    unixMs: Date.now,
  });
  onTestFinished(() => tokens.close());
  const idOf = async (token: string) => {
    const outcome = await tokens.check(token, [GATE]);
    return outcome.kind === "known" ? outcome.identity.principal.id : outcome.problem;
  };
  expect(await idOf(await server.sign(SELF))).toBe("corp:ann");
  expect(await idOf(await other.sign(SELF))).toBe("partner:ann");
  expect(await idOf(await other.sign({ ...SELF, iss: server.issuer }))).toBe("the token's signature is not right");
});
