import { describe, expect, test } from "vitest";
import { createOriginCheck } from "../../src/http/origin.ts";

const check = createOriginCheck({
  listen: { host: "127.0.0.1", port: 8787 },
  allowedHosts: ["gate.example.com", "[2001:db8::1]"],
  allowedOrigins: ["https://app.example.com", "http://localhost:6274"],
});
const problemOf = (host: string | undefined, origin?: string): string | undefined =>
  check({ ...(host === undefined ? {} : { host }), ...(origin === undefined ? {} : { origin }) })?.problem;

describe("the Host header", () => {
  test.each([
    "127.0.0.1:8787",
    "127.0.0.1",
    "localhost:8787",
    "LOCALHOST",
    "[::1]:8787",
    "localhost:9000",
    "gate.example.com",
    "Gate.Example.com:443",
    "[2001:db8::1]:8787",
  ])("may be %s", (host) => {
    expect(problemOf(host)).toBeUndefined();
  });

  test.each([
    undefined,
    "",
    "evil.example.com",
    "evil.example.com:8787",
    "localhost.evil.example.com",
    "127.0.0.1.evil.example.com",
    "127.1",
    "localhost.",
    "gate.example.com.evil.com",
    "evil@localhost",
    "localhost/x",
    "localhost:8787:1",
    "localhost, evil.example.com",
    "[::1",
    "0.0.0.0:8787",
    "xgate.example.com",
    "2130706433",
    "0x7f000001",
  ])("may not be %j", (host) => {
    expect(problemOf(host)).toContain("Host header");
  });

  test("may be the address that the gate listens on, but no wildcard", () => {
    const rules = { allowedHosts: [], allowedOrigins: [] };
    const lan = createOriginCheck({ listen: { host: "192.168.0.2", port: 8787 }, ...rules });
    expect(lan({ host: "192.168.0.2:8787" })).toBeUndefined();
    const ipv6 = createOriginCheck({ listen: { host: "fd00::2", port: 8787 }, ...rules });
    expect(ipv6({ host: "[fd00::2]:8787" })).toBeUndefined();
    for (const host of ["0.0.0.0", "::"]) {
      const any = createOriginCheck({ listen: { host, port: 8787 }, ...rules });
      expect(any({ host: host === "::" ? "[::]:8787" : host })).toMatchObject({ status: 403 });
      expect(any({ host: "localhost" })).toBeUndefined();
    }
  });
});

describe("the Origin header", () => {
  test.each([
    ["127.0.0.1:8787", "http://127.0.0.1:8787"],
    ["localhost:8787", "http://localhost:8787"],
    ["LocalHost:8787", "http://localhost:8787"],
    ["[::1]:8787", "http://[::1]:8787"],
    ["gate.example.com", "https://gate.example.com"],
    ["gate.example.com:443", "https://gate.example.com"],
    ["localhost", "http://localhost:80"],
    ["localhost:8787", "https://app.example.com"],
    ["localhost:8787", "http://localhost:6274"],
  ])("at %s may be %s", (host, origin) => {
    expect(problemOf(host, origin)).toBeUndefined();
  });

  test.each([
    ["localhost:8787", "http://evil.example.com"],
    ["localhost:8787", "http://evil.example.com:8787"],
    ["localhost:8787", "http://localhost:3000"],
    ["localhost:8787", "http://127.0.0.1:8787"],
    ["localhost:8787", "http://localhost"],
    ["localhost:8787", "null"],
    ["localhost:8787", ""],
    ["localhost:8787", "file://"],
    ["localhost:8787", "chrome-extension://localhost:8787"],
    ["localhost:8787", "http://user@localhost:8787"],
    ["localhost:8787", "http://localhost:8787/"],
    ["localhost:8787", "http://app.example.com"],
    ["localhost:8787", "https://app.example.com.evil.com"],
  ])("at %s may not be %j", (host, origin) => {
    expect(problemOf(host, origin)).toContain("Origin is not allowed");
  });

  test("does not save a foreign Host", () => {
    expect(problemOf("evil.example.com", "https://app.example.com")).toContain("Host header");
    expect(problemOf("evil.example.com", "http://evil.example.com")).toContain("Host header");
  });
});
