// What is read of a genuine token's claims, and what of them can't be taken: refused, and never cut.
import { describe, expect, test } from "vitest";
import type { Issuer } from "../../src/config/auth-schema.ts";
import { describeIdentity, MAX_CLAIMS_CHARS } from "../../src/identity/identity.ts";

const ISSUER: Issuer = {
  name: "corp",
  issuer: "https://login.example.com",
  audience: undefined,
  keys: { kind: "file", file: "/keys.json" },
  algorithms: ["RS256"],
  principal: "sub",
  groups: ["groups"],
  claims: ["note"],
  operators: ["ops"],
  tokenType: undefined,
};

const describedBy = (claims: object, change: Partial<Issuer> = {}) => {
  const described = describeIdentity({ ...ISSUER, ...change }, { sub: "ann", exp: 1, ...claims });
  return described.kind === "described" ? described.identity : described.problem;
};

describe("the principal", () => {
  test("is what the configured claim says, after the issuer's name", () => {
    expect(describedBy({ email: "a b@x" }, { principal: "email" })).toMatchObject({ principal: { id: "corp:a b@x" } });
    expect(describedBy({ sub: "local:operator" })).toMatchObject({ principal: { id: "corp:local:operator" } });
  });

  test.each([
    ["nothing", undefined],
    ["no text", 7],
    ["an empty text", ""],
    ["one that is too long", "x".repeat(257)],
    ["a line break", "ann\nbob"],
    ["what does not show", "ann\u202e"],
    ["half of a character", "ann\ud800"],
    ["a space at its end", "ann "],
  ])("is not %s", (_, sub) => {
    expect(describedBy({ sub })).toBe("its claim sub is no name of 1 to 256 printable characters");
  });
});

describe("groups", () => {
  test("may lie in other claims, and be one text", () => {
    const roles = { realm_access: { roles: ["w", "r"] } };
    expect(describedBy(roles, { groups: ["realm_access", "roles"] })).toMatchObject({
      principal: { groups: ["r", "w"] },
    });
    expect(describedBy({ groups: "ops" })).toMatchObject({ isOperator: true, principal: { groups: ["ops"] } });
    expect(describedBy({ groups: ["Ops", "ops2"] })).toMatchObject({ isOperator: false });
    expect(describedBy({})).toMatchObject({ isOperator: false, principal: { groups: [] } });
    expect(describedBy({}, { groups: ["constructor", "name"] })).toMatchObject({ principal: { groups: [] } });
  });

  test.each([
    ["a number among them", [1]],
    ["a mapping", { a: 1 }],
    ["an empty name", ["a", ""]],
    ["too many", Array.from({ length: 1_001 }, (_, index) => `g${index}`)],
    ["null", null],
  ])("with %s are refused: no rule that looks for one may miss it", (_, groups) => {
    expect(describedBy({ groups })).toBe(
      "its claim groups is no list of at most 1000 names of 1 to 256 printable characters",
    );
  });

  test("that the issuer keeps somewhere else are refused", () => {
    const claims = { _claim_names: { groups: "src1" }, _claim_sources: { src1: { endpoint: "https://evil.example" } } };
    expect(describedBy(claims)).toMatch(/^its claim groups is not in it, but somewhere else/);
  });
});

describe("claims", () => {
  test("are those that are named, whatever they hold, and nothing else", () => {
    const note = JSON.parse('{"__proto__": {"isAdmin": true}, "n": 1.5}');
    const identity = describedBy({ note, secret: "x" });
    expect(identity).toHaveProperty("principal.claims", { note });
    expect(JSON.stringify(identity)).toContain('"__proto__":{"isAdmin":true}');
    expect(JSON.stringify(identity)).not.toContain("secret");
  });

  test("that are too long, or hold half of a character, are refused", () => {
    const fits = "x".repeat(MAX_CLAIMS_CHARS - '{"note":""}'.length);
    expect(describedBy({ note: fits })).toHaveProperty("principal.claims", { note: fits });
    expect(describedBy({ note: `${fits}x` })).toBe("its claims note are longer than 4096 characters together");
    expect(describedBy({ note: ["\udc00"] })).toBe("its claims note hold half of a character");
    expect(describedBy({ note: { "\ud800": 1 } })).toBe("its claims note hold half of a character");
  });
});
