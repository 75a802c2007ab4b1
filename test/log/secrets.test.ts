import { describe, expect, test } from "vitest";
import { holdsSecret, isSecretName } from "../../src/log/secrets.ts";

describe("by its name, a secret", () => {
  test.each([
    "password",
    "Password",
    "db_password",
    "passwd",
    "userPassword",
    "PGPASSWORD",
    "passphrase",
    "pwd",
    "db_pass",
    "secret",
    "client_secret",
    "clientSecretKey",
    "aws_secret_access_key",
    "secret_id",
    "credentials",
    "creds",
    "token",
    "access_token",
    "accessToken",
    "authtoken",
    "token_value",
    "tokens",
    "x-api-key",
    "apiKey",
    "api_key",
    "APIKEY",
    "privateKey",
    "private_key",
    "signing-key",
    "Authorization",
    "auth",
    "Cookie",
    "jwt",
    "otp",
    "cvv",
    "mnemonic",
  ])("is %s", (name) => {
    expect(isSecretName(name, "x")).toBe(true);
    expect(isSecretName(name, { nested: 1 })).toBe(true);
  });

  test.each([
    "path",
    "key",
    "keys",
    "author",
    "authority",
    "tokenizer",
    "passenger",
    "compass",
    "secret_name",
    "token_type",
    "password_policy",
    "token_endpoint",
    "opinion",
    "spin",
    "monkey",
    "public_key",
    "primary_key",
    "",
  ])("is not %j", (name) => {
    expect(isSecretName(name, "x")).toBe(false);
  });

  test("is a number too, but for counts of tokens", () => {
    expect(isSecretName("pin", 1234)).toBe(true);
    expect(isSecretName("password", 0)).toBe(true);
    expect(isSecretName("max_tokens", 4096)).toBe(false);
    expect(isSecretName("tokens", 17)).toBe(false);
    expect(isSecretName("tokens", "17")).toBe(true);
  });

  test("is nothing that can't hold one", () => {
    for (const empty of [null, true, false, ""]) expect(isSecretName("password", empty)).toBe(false);
  });
});

const random = (length: number): string => "aB3dE6gH9kL2".repeat(30).slice(0, length);

describe("by its form, a secret", () => {
  test.each([
    ["an AWS key id", "AKIAIOSFODNN7EXAMPLE"],
    ["a GitHub token", `ghp_${random(36)}`],
    ["a fine-grained GitHub token", `github_pat_${random(22)}_${random(59)}`],
    ["a GitLab token", `glpat-${random(20)}`],
    ["a Slack token", `xoxb-123456789012-${random(24)}`],
    ["a Google key", `AIza${random(35)}`],
    ["an npm token", `npm_${random(36)}`],
    ["a Stripe key", `sk_live_${random(24)}`],
    ["an sk- key", `sk-proj-${random(40)}`],
    ["a key of this gate", `rgk_${random(43)}`],
    ["an operator key of this gate", `rgo_${random(43)}`],
    ["a JWT", `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.${random(43)}`],
    ["a private key", "-----BEGIN RSA PRIVATE KEY-----\nMIIE"],
    ["an OpenSSH key", "-----BEGIN OPENSSH PRIVATE KEY-----"],
    ["a bearer header", `Authorization: Bearer ${random(20)}`],
    ["a basic header", "authorization: basic dXNlcjpwYXNzd29yZA=="],
    ["a URL with a password", "postgres://app:hunter2@db.internal/app"],
    ["an assignment", "export DB_PASSWORD=hunter22"],
    ["an assignment in YAML", "api_key: 'abcdef123'"],
    ["an assignment in JSON", '{"client_secret":"abcdef123"}'],
  ])("is %s, alone and inside a text", (_, text) => {
    expect(holdsSecret(text)).toBe(true);
    expect(holdsSecret(`before it, ${text} and after`)).toBe(true);
  });

  test.each([
    ["a sentence", "Please read the file and tell me what the token bucket does."],
    ["a path", "/home/ann/projects/regate/src/log/secrets.ts"],
    ["a URL", "https://example.com:8080/path?next=a@b"],
    ["a hash", "d".repeat(64)],
    ["a UUID", "5f0c0c3e-5a53-4d36-9e5f-0f3a4b7e8a11"],
    ["a public key", "-----BEGIN PUBLIC KEY-----"],
    ["a class name", "task-force-one-two-three-four"],
    ["nothing", ""],
  ])("is not %s", (_, text) => {
    expect(holdsSecret(text)).toBe(false);
  });

  test("is found in no more of a text than can be logged", () => {
    const key = `ghp_${random(36)}`;
    expect(holdsSecret("x ".repeat(3_000) + key)).toBe(true);
    expect(holdsSecret("x ".repeat(5_000) + key)).toBe(false);
  });
});
