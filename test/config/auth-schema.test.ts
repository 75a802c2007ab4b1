// `auth` in regate.yaml: what it gives, and what each mistake in it is told.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadConfig } from "../../src/config/config.ts";
import { Problem } from "../../src/problem.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "regate-auth-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function load(text: string) {
  writeFileSync(join(folder, "regate.yaml"), text);
  return loadConfig("regate.yaml", {}, folder);
}

function faultsOf(text: string): readonly string[] {
  try {
    load(text);
  } catch (error) {
    if (error instanceof Problem) return error.lines;
    throw error;
  }
  return [];
}

const MINIMAL = "issuer: https://login.example.com, jwks: https://login.example.com/keys";

test("an issuer gets every default", () => {
  expect(load(`auth: {issuers: {corp: {${MINIMAL}}}}`).auth).toEqual({
    url: undefined,
    scopes: [],
    issuers: [
      {
        name: "corp",
        issuer: "https://login.example.com",
        audience: undefined,
        keys: { kind: "url", url: "https://login.example.com/keys" },
        algorithms: ["RS256", "PS256", "ES256", "EdDSA"],
        principal: "sub",
        groups: ["groups"],
        claims: [],
        operators: [],
        tokenType: undefined,
      },
    ],
  });
});

test("keeps what it says; callers may come to its URL by that name", () => {
  const config = load(`
listen: 0.0.0.0:8787
auth:
  url: https://Gate.example.com
  scopes: [mcp:call]
  issuers:
    corp:
      issuer: http://127.0.0.1:9/realms/x/
      audience: api://gate
      jwksFile: keys.json
      algorithms: [Ed25519]
      principal: email
      groups: [realm_access, roles]
      claims: [email]
      operators: [platform]
      tokenType: at+jwt
    partner: { issuer: "https://partner.example.com", jwks: "http://[::1]:9/k", audience: [a, b] }
`);
  expect(config.allowedHosts).toEqual(["gate.example.com"]);
  expect(config.auth).toMatchObject({ url: "https://gate.example.com", scopes: ["mcp:call"] });
  expect(config.auth.issuers).toMatchObject([
    {
      name: "corp",
      issuer: "http://127.0.0.1:9/realms/x/",
      audience: ["api://gate"],
      keys: { kind: "file", file: join(folder, "keys.json") },
      algorithms: ["Ed25519"],
      principal: "email",
      groups: ["realm_access", "roles"],
      claims: ["email"],
      operators: ["platform"],
      tokenType: "at+jwt",
    },
    { name: "partner", keys: { kind: "url", url: "http://[::1]:9/k" }, audience: ["a", "b"] },
  ]);
});

describe("a mistake is told with its place and the remedy", () => {
  const issuer = (fields: string) => `auth: {issuers: {corp: {${fields}}}}`;
  test.each([
    [
      issuer("issuer: https://x.example, jwks: https://x.example/k, audiense: a"),
      "corp.audiense: is not known here; did you mean audience?",
    ],
    [
      issuer("jwks: https://x.example/k"),
      "corp.issuer: is missing; it must be the issuer's URL, exactly as it stands in iss",
    ],
    [issuer("issuer: https://x.example"), "corp: must have jwks (the URL of its keys) or jwksFile (a file with them)"],
    [issuer(`${MINIMAL}, jwksFile: k.json`), "corp: has both jwks and jwksFile; keep the one that is meant"],
    [
      issuer("issuer: https://x.example, jwks: http://x.example/k"),
      "corp.jwks: must begin with https://; http:// is for this machine alone",
    ],
    [
      issuer("issuer: http://login.example.com, jwks: https://x.example/k"),
      "corp.issuer: must begin with https://; http:// is for this machine alone",
    ],
    [
      issuer("issuer: login, jwks: https://x.example/k"),
      "corp.issuer: is no URL; write it whole, as in https://login.example.com",
    ],
    [issuer('issuer: https://x.example, jwks: "https://u:p@x.example/k"'), "corp.jwks: must not hold credentials"],
    [issuer(`${MINIMAL}, algorithms: [HS256]`), "corp.algorithms[0]: must be one of RS256,"],
    [issuer(`${MINIMAL}, algorithms: [none]`), "corp.algorithms[0]: must be one of RS256,"],
    [issuer(`${MINIMAL}, algorithms: []`), "corp.algorithms: must name at least one signature algorithm"],
    [issuer(`${MINIMAL}, audience: []`), "corp.audience: must name at least one audience"],
    [issuer(`${MINIMAL}, groups: []`), "corp.groups: must name a claim, or a list of names"],
    [issuer(`${MINIMAL}, claims: email`), "corp.claims: must be a list of claims"],
    [issuer(`${MINIMAL}, operators: [1]`), "corp.operators[0]: must be a list of groups"],
    [`auth: {issuers: {"a:b": {${MINIMAL}}}}`, "a:b: must be 1 to 64 letters, digits, dots, dashes or underscores"],
    [`auth: {issuers: {a: {${MINIMAL}}, b: {${MINIMAL}}}}`, "b.issuer: stands here twice; one issuer has one name"],
    ["auth: {issuers: []}", "auth.issuers: must be a mapping of names to issuers"],
    ["auth: {scopes: ['a b']}", "auth.scopes[0]: must be a scope: printable, without spaces and quotes"],
    ["auth: {url: gate.example.com}", "auth.url: must be an origin without path"],
    [
      `{listen: "0.0.0.0:1", auth: {issuers: {corp: {${MINIMAL}}}}}`,
      "auth.url: is missing; it must be where callers reach this gate",
    ],
    [
      '{listen: "0.0.0.0:1", auth: {url: "https://x.example"}}',
      "listen: would let anyone on the network call without a key",
    ],
    [`keys: [{name: a, sha256: ${"a".repeat(64)}, groups: x}]`, "keys[0].groups: must be a list of group names"],
  ])("%s", (text, fault) => {
    const faults = faultsOf(text);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(fault);
    expect(faults[0]).toMatch(/^regate\.yaml:\d+:\d+ /);
  });
});
