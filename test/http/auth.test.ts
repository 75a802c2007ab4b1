import { describe, expect, test } from "vitest";
import { createAuthenticator } from "../../src/http/auth.ts";
import { makeKey, sha256Hex } from "../../src/http/bearer.ts";
import { presented } from "./support.ts";

const claude = makeKey("rgk");
const codex = makeKey("rgk");
const keys = [
  { name: "claude", sha256: sha256Hex(claude), groups: [] },
  { name: "codex", sha256: sha256Hex(codex), groups: ["writers", "ci", "ci"] },
];
const bearer = (key: string) => presented({ authorization: `Bearer ${key}` });

test("a made key has the form that is asked for, and is another each time", () => {
  expect(claude).toMatch(/^rgk_[A-Za-z0-9_-]{43}$/);
  expect(claude).not.toBe(codex);
});

describe("a gate with keys", () => {
  const authenticate = createAuthenticator(keys);

  test.each([
    ["claude", claude, []],
    ["codex", codex, ["ci", "writers"]],
  ])("knows %s by its key, and its groups by the configuration", (name, key, groups) => {
    expect(authenticate(bearer(key))).toEqual({ kind: "principal", principal: { id: name, groups, claims: {} } });
  });

  test("takes the scheme in any case, and no proxy header for a fault", () => {
    expect(
      authenticate(presented({ authorization: `bearer  ${claude}`, "x-forwarded-for": "10.0.0.1" })),
    ).toMatchObject({
      kind: "principal",
    });
  });

  test("asks for a key where there is none", () => {
    expect(authenticate(presented({}))).toEqual({
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
    const refused = authenticate(presented({ authorization }));
    expect(refused).toEqual({
      kind: "refused",
      status: 401,
      challenge: 'Bearer realm="regate", error="invalid_token"',
      problem: "the API key is not one of this gate's",
    });
  });

  test("refuses two Authorization headers, though one holds a key", () => {
    const [one, other] = [`Bearer ${claude}`, `Bearer ${codex}`];
    const twice = { headers: { authorization: one }, rawHeaders: ["Authorization", one, "authorization", other] };
    expect(authenticate(twice)).toEqual({
      kind: "refused",
      status: 401,
      challenge: 'Bearer realm="regate", error="invalid_request"',
      problem: "Authorization was sent twice: send one",
    });
  });

  test("takes a key from no other header", () => {
    const headers = { "x-api-key": claude, "proxy-authorization": `Bearer ${claude}` };
    expect(authenticate(presented(headers))).toMatchObject({ kind: "refused" });
  });

  test("refuses a weak key even where its hash is configured", () => {
    const weak = createAuthenticator([{ name: "weak", sha256: sha256Hex("password"), groups: [] }]);
    expect(weak(bearer("password"))).toMatchObject({ kind: "refused" });
  });
});

describe("a gate without keys", () => {
  const authenticate = createAuthenticator([]);

  test("calls everyone local, whatever they claim", () => {
    const local = { kind: "principal", principal: { id: "local", groups: [], claims: {} } };
    expect(authenticate(presented({}))).toEqual(local);
    expect(authenticate(bearer(claude))).toEqual(local);
  });

  test.each(["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"])(
    "refuses a request with %s: it is not from this machine",
    (name) => {
      const refused = authenticate(presented({ [name]: "for=127.0.0.1" }));
      expect(refused).toMatchObject({ kind: "refused", status: 403, challenge: undefined });
      expect(refused).toHaveProperty("problem", expect.stringContaining(`the header ${name} says`));
    },
  );
});
