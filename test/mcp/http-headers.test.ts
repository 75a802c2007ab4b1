import { describe, expect, test } from "vitest";
import { clientHeaders, ownHeaders, readContentType, upstreamHeaders } from "../../src/mcp/http-headers.ts";

describe("headers towards the server", () => {
  test("are what MCP and tracing need, and no other of the client's", () => {
    const received = {
      host: "gate",
      connection: "keep-alive",
      "content-length": "7",
      "transfer-encoding": "chunked",
      authorization: "Bearer of-the-client",
      "proxy-authorization": "Basic x",
      cookie: "a=b",
      origin: "http://evil",
      "x-api-key": "k",
      "x-forwarded-for": "1.2.3.4",
      "regate-stdio": "u",
      "content-encoding": "identity",
      "accept-encoding": "gzip",
      accept: "application/json, text/event-stream",
      "content-type": "application/json",
      "user-agent": "client/1",
      "last-event-id": "e-1",
      "mcp-protocol-version": "2025-11-25",
      "mcp-method": "tools/call",
      "mcp-name": "t",
      "mcp-param-region": "eu",
      // another gate's own
      "mcp-init-host": "h",
      "mcp-router-key": "k",
      traceparent: "00-1",
      tracestate: "s",
      baggage: "b",
    };
    expect(upstreamHeaders(received, {}, undefined)).toEqual({
      "accept-encoding": "identity",
      accept: "application/json, text/event-stream",
      "content-type": "application/json",
      "user-agent": "client/1",
      "last-event-id": "e-1",
      "mcp-protocol-version": "2025-11-25",
      "mcp-method": "tools/call",
      "mcp-name": "t",
      "mcp-param-region": "eu",
      traceparent: "00-1",
      tracestate: "s",
      baggage: "b",
    });
  });

  test("have the server's own session id, never the client's", () => {
    const received = { "mcp-session-id": "of-the-gate" };
    expect(upstreamHeaders(received, {}, "of-the-server")["mcp-session-id"]).toBe("of-the-server");
    expect(upstreamHeaders(received, {}, undefined)).not.toHaveProperty("mcp-session-id");
  });

  test("have the configured ones, in whatever case, in the place of the client's", () => {
    const configured = { Authorization: "Bearer of-the-gate", "User-Agent": "gate/1", "X-Tenant": "7" };
    const headers = upstreamHeaders({ "user-agent": "client/1", authorization: "Bearer c" }, configured, undefined);
    expect(headers).toEqual({
      "accept-encoding": "identity",
      authorization: "Bearer of-the-gate",
      "user-agent": "gate/1",
      "x-tenant": "7",
    });
  });
});

describe("headers of a message of the gate's own", () => {
  test("have of the client's no more than its protocol version", () => {
    const received = {
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "tools/call",
      "mcp-name": "t",
      "mcp-param-x": "1",
      "last-event-id": "e-1",
      accept: "text/event-stream",
      traceparent: "00-1",
      authorization: "Bearer of-the-client",
    };
    expect(ownHeaders(received, { Authorization: "Bearer of-the-gate" }, "s-1", "tools/list")).toEqual({
      "accept-encoding": "identity",
      accept: "application/json, text/event-stream",
      "content-type": "application/json",
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "tools/list",
      "mcp-session-id": "s-1",
      authorization: "Bearer of-the-gate",
    });
  });

  test("name no method to a server whose client named none, nor where there is none", () => {
    expect(ownHeaders({}, {}, undefined, "tools/list")).not.toHaveProperty("mcp-method");
    expect(ownHeaders({ "mcp-method": "tools/call" }, {}, undefined, undefined)).not.toHaveProperty("mcp-method");
  });
});

describe("a content type", () => {
  test.each([
    [undefined, undefined, undefined],
    ["application/json", "application/json", undefined],
    ["Text/Event-Stream ; Charset=UTF-8", "text/event-stream", "utf-8"],
    ['application/json; profile="x"; charset="utf-16"', "application/json", "utf-16"],
    ["application/json;charset=", "application/json", ""],
    ["", "", undefined],
  ])("is read: %j", (value, type, charset) => {
    expect(readContentType(value)).toEqual({ type, charset });
  });
});

describe("headers towards the client", () => {
  test("are the server's but for its connection's, cookies, ways around the gate, and what only the gate may say", () => {
    const answered = {
      connection: "close, X-Hop",
      "keep-alive": "timeout=5",
      "transfer-encoding": "chunked",
      trailer: "x",
      upgrade: "h2c",
      te: "trailers",
      "proxy-authenticate": "Basic",
      "proxy-connection": "close",
      "x-hop": "1",
      "content-length": "7",
      "mcp-session-id": "of-the-server",
      "set-cookie": ["a=b"],
      location: "http://elsewhere",
      refresh: "0; url=http://elsewhere",
      "alt-svc": 'h2="elsewhere:443"',
      "access-control-allow-origin": "*",
      "regate-instance": "forged",
      "content-type": "application/json",
      "www-authenticate": 'Bearer realm="upstream"',
      "retry-after": "7",
      allow: "POST",
      "cache-control": "no-store",
      "x-many": ["1", "2"],
    };
    expect(clientHeaders(answered)).toEqual({
      "content-type": "application/json",
      "retry-after": "7",
      allow: "POST",
      "cache-control": "no-store",
      "x-many": ["1", "2"],
    });
  });

  test.each([
    ["text/event-stream", "text/event-stream"],
    ["Text/Event-Stream ; Charset=UTF-8", "text/event-stream"],
    ["text/event-stream; charset*=us-ascii''utf-7", "text/event-stream"],
    ["application/json; charset*0=utf; charset*1=-7", "application/json"],
    ['application/json; x="; charset=utf-8"; charset=utf-7', "application/json"],
    ["text/html; charset=utf-8", "text/html; charset=utf-8"],
    ['Text/HTML; Charset="UTF-8"; x=y', "text/html; charset=utf-8"],
    ["text/html; charset=utf-7", "text/html"],
    ["text/plain; charset*=us-ascii''utf-7", "text/plain"],
    ["text/plain, text/event-stream", undefined],
    ["text/plain\u0085x", undefined],
    ["", undefined],
    [["text/plain", "text/event-stream"], undefined],
  ])("say the content type in the gate's own words: %j", (value, expected) => {
    expect(clientHeaders({ "content-type": value })).toEqual(
      expected === undefined ? {} : { "content-type": expected },
    );
  });

  test("lose what any of several Connection headers names", () => {
    expect(
      clientHeaders({ connection: ["close", "X-Hop, x-other"], "x-hop": "1", "x-other": "2", "x-kept": "3" }),
    ).toEqual({ "x-kept": "3" });
  });
});
