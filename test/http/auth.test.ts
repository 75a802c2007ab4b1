import { describe, expect, test } from "vitest";
import { createAuthenticator } from "../../src/http/auth.ts";
import { makeKey, sha256Hex } from "../../src/http/bearer.ts";

const claude = makeKey("rgk");
const codex = makeKey("rgk");
const keys = [
  { name: "claude", sha256: sha256Hex(claude) },
  { name: "codex", sha256: sha256Hex(codex) },
];
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

test("a made key has the form that is asked for, and is another each time", () => {
  expect(claude).toMatch(/^rgk_[A-Za-z0-9_-]{43}$/);
  expect(claude).not.toBe(codex);
});

describe("a gate with keys", () => {
  const authenticate = createAuthenticator(keys);

  test.each([
    ["claude", claude],
    ["codex", codex],
  ])("knows %s by its key, and nothing else of it", (name, key) => {
    expect(authenticate(bearer(key))).toEqual({ kind: "principal", principal: { id: name, groups: [], claims: {} } });
  });

  test("takes the scheme in any case, and no proxy header for a fault", () => {
    expect(authenticate({ authorization: `bearer  ${claude}`, "x-forwarded-for": "10.0.0.1" }).kind).toBe("principal");
  });

  test("asks for a key where there is none", () => {
    expect(authenticate({})).toEqual({
      kind: "refused",
      status: 401,
      challenge: 'Bearer realm="regate"',
      problem: "an API key is needed: send Authorization: Bearer rgk_...",
    });
  });

  test.each([
    ["another key", `Bearer ${makeKey("rgk")}`],
    ["an operator key", `Bearer ${makeKey("rgo")}`],
    ["a key's hash", `Bearer ${sha256Hex(claude)}`],
    ["a key's beginning", `Bearer ${claude.slice(0, -1)}`],
    ["a key and more", `Bearer ${claude}x`],
    ["another scheme", `Basic ${claude}`],
    ["no scheme", claude],
    ["two keys", `Bearer ${claude}, Bearer ${codex}`],
    ["nothing", ""],
  ])("refuses %s, and never repeats it", (_, authorization) => {
    const refused = authenticate({ authorization });
    expect(refused).toEqual({
      kind: "refused",
      status: 401,
      challenge: 'Bearer realm="regate", error="invalid_token"',
      problem: "the API key is not one of this gate's",
    });
  });

  test("takes a key from no other header", () => {
    expect(authenticate({ "x-api-key": claude, "proxy-authorization": `Bearer ${claude}` }).kind).toBe("refused");
  });

  test("refuses a weak key even where its hash is configured", () => {
    const weak = createAuthenticator([{ name: "weak", sha256: sha256Hex("password") }]);
    expect(weak(bearer("password")).kind).toBe("refused");
  });
});

describe("a gate without keys", () => {
  const authenticate = createAuthenticator([]);

  test("calls everyone local, whatever they claim", () => {
    const local = { kind: "principal", principal: { id: "local", groups: [], claims: {} } };
    expect(authenticate({})).toEqual(local);
    expect(authenticate(bearer(claude))).toEqual(local);
  });

  test.each(["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"])(
    "refuses a request with %s: it is not from this machine",
    (name) => {
      const refused = authenticate({ [name]: "for=127.0.0.1" });
      expect(refused).toMatchObject({ kind: "refused", status: 403, challenge: undefined });
      expect(refused).toHaveProperty("problem", expect.stringContaining(`the header ${name} says`));
    },
  );
});
