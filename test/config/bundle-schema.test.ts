// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of the configuration are what is tested
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { loadConfig, locateFiles } from "../../src/config/config.ts";
import { Problem } from "../../src/problem.ts";

const folder = mkdtempSync(join(tmpdir(), "regate-bundle-config-"));
afterAll(() => rmSync(folder, { recursive: true }));
const ENV = { TOKEN: "s3cret-t0ken", SPACED: "two words" };

function load(yaml: string) {
  writeFileSync(join(folder, "regate.yaml"), yaml);
  return loadConfig("regate.yaml", ENV, folder);
}

function faultsOf(yaml: string): readonly string[] {
  try {
    load(yaml);
  } catch (error) {
    if (error instanceof Problem) return error.lines;
    throw error;
  }
  return [];
}

describe("bundle:", () => {
  test("a service has defaults that are near to OPA's", () => {
    expect(load("bundle: {url: 'https://b.example.com/regate.tar.gz'}").bundle).toEqual({
      source: {
        kind: "service",
        url: "https://b.example.com/regate.tar.gz",
        token: undefined,
        polling: { minDelaySeconds: 60, maxDelaySeconds: 120, longPollingTimeoutSeconds: 60 },
        sizeLimitBytes: 67_108_864,
        timeoutSeconds: 60,
      },
      verify: undefined,
      allowRollback: false,
    });
  });

  test("keeps what it says", () => {
    const { bundle, status } = load(`
bundle:
  url: http://127.0.0.1:9000/b?x=1
  token: "\${TOKEN}"
  polling: {minDelaySeconds: 5, maxDelaySeconds: 9, longPollingTimeoutSeconds: 30}
  sizeLimitBytes: 2048
  timeoutSeconds: 7
  verify: {keyFile: keys/bundle.pub, algorithm: EdDSA, keyId: k1, scope: production}
  allowRollback: true
status: {url: "https://s.example.com/status", token: "\${TOKEN}"}
`);
    expect(bundle).toEqual({
      source: {
        kind: "service",
        url: "http://127.0.0.1:9000/b?x=1",
        token: "s3cret-t0ken",
        polling: { minDelaySeconds: 5, maxDelaySeconds: 9, longPollingTimeoutSeconds: 30 },
        sizeLimitBytes: 2_048,
        timeoutSeconds: 7,
      },
      verify: { keyFile: join(folder, "keys/bundle.pub"), algorithm: "EdDSA", keyId: "k1", scope: "production" },
      allowRollback: true,
    });
    expect(status).toEqual({ url: "https://s.example.com/status", token: "s3cret-t0ken" });
  });

  test("a file may be verified too", () => {
    const { bundle } = load("bundle: {file: b.tar.gz, verify: {keyFile: k.pub, algorithm: ES256}}");
    expect(bundle).toEqual({
      source: { kind: "file", file: join(folder, "b.tar.gz") },
      verify: { keyFile: join(folder, "k.pub"), algorithm: "ES256", keyId: undefined, scope: undefined },
      allowRollback: false,
    });
  });

  test("is found by commands that check nothing else: what a service sends is kept in the state folder", () => {
    const located = (yaml: string) => {
      writeFileSync(join(folder, "regate.yaml"), yaml);
      return locateFiles("regate.yaml", folder).bundle;
    };
    expect(located("bundle: b.tar.gz")).toBe(join(folder, "b.tar.gz"));
    expect(located("bundle: {file: c.tar.gz}")).toBe(join(folder, "c.tar.gz"));
    expect(located("bundle: {url: 'https://x'}\nstate: s")).toBe(join(folder, "s/bundle.tar.gz"));
    expect(located("servers: {}")).toBeUndefined();
  });

  test.each([
    ["bundle: 5", "regate.yaml:1:1 bundle: must be a file, or a mapping with file or url"],
    ["bundle: []", "regate.yaml:1:1 bundle: must be a file, or a mapping with file or url"],
    ["bundle: {}", "regate.yaml:1:1 bundle: must have a file or a url"],
    ["bundle: {file: a, url: 'https://b'}", "regate.yaml:1:1 bundle: has both file and url; keep one of them"],
    ["bundle: {file: a, token: t}", "regate.yaml:1:19 bundle.token: is for a bundle with a url; remove it"],
    ["bundle: {urll: 'https://b'}", "regate.yaml:1:10 bundle.urll: is not known here; did you mean url?"],
    ["bundle: {url: b}", "regate.yaml:1:10 bundle.url: is no URL; write it whole, as in https://mcp.example.com/mcp"],
    [
      "bundle: {url: 'http://b.example.com'}",
      "regate.yaml:1:10 bundle.url: sends calls and credentials unencrypted; use https, or write allowPlainHttp: true where the network is trusted",
    ],
    [
      "bundle: {url: 'https://b', token: '${SPACED}'}",
      "regate.yaml:1:28 bundle.token: must be printable ASCII without spaces; keep it in the environment, as in the example of docs/configuration.md",
    ],
    [
      "bundle: {url: 'https://b', token: '${NONE}'}",
      "regate.yaml:1:28 bundle.token: names the environment variable NONE, which is not set",
    ],
    [
      "bundle: {url: 'https://b', polling: {minDelaySeconds: 200}}",
      "regate.yaml:1:28 bundle.polling: has a maxDelaySeconds that is less than its minDelaySeconds; give both",
    ],
    [
      "bundle: {url: 'https://b', polling: {longPollingTimeoutSeconds: 600}}",
      "regate.yaml:1:38 bundle.polling.longPollingTimeoutSeconds: must be a whole number from 1 to 240",
    ],
    [
      "bundle: {file: a, verify: {keyFile: k, algorithm: none}}",
      "regate.yaml:1:40 bundle.verify.algorithm: must be one of RS256, ES256, EdDSA",
    ],
    [
      "bundle: {file: a, verify: {algorithm: ES256}}",
      "regate.yaml:1:19 bundle.verify.keyFile: is missing; it must be text",
    ],
    ["status: {}", "regate.yaml:1:1 status.url: is missing; it must be text; put it in quotes"],
    ["status: {url: 'ftp://x'}", "regate.yaml:1:10 status.url: must begin with https:// or http://"],
  ])("%s is refused in words", (yaml, fault) => {
    expect(faultsOf(yaml)).toContainEqual(expect.stringContaining(fault));
    expect(faultsOf(yaml).join()).not.toContain("two words");
  });
});
