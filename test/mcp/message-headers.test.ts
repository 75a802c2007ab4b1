import { describe, expect, test } from "vitest";
import { type ClientMessage, parseClientMessage } from "../../src/mcp/jsonrpc.ts";
import {
  checkBodiless,
  checkHeaders,
  type DistinctHeaders,
  eraOf,
  eraOfHeaders,
} from "../../src/mcp/message-headers.ts";

const VERSION = "io.modelcontextprotocol/protocolVersion";
const MODERN = "2026-07-28";

function message(value: object): ClientMessage {
  const body = new TextEncoder().encode(JSON.stringify({ jsonrpc: "2.0", ...value }));
  const parsed = parseClientMessage(body, { maxBytes: 100_000, maxDepth: 32 });
  if (parsed.kind === "refused") throw new Error(parsed.problem);
  return parsed;
}

/** A request; `version` becomes its claim to an era. */
const request = (method: string, params: object = {}, version?: unknown) =>
  message({ id: 1, method, params: { ...params, ...(version !== undefined && { _meta: { [VERSION]: version } }) } });

const modernCall = (name = "t") => request("tools/call", { name }, MODERN);
const legacyCall = (name = "t") => request("tools/call", { name });

/** Headers by their names in lower case; one value or several. */
function headers(values: Record<string, string | string[] | undefined>): DistinctHeaders {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, value === undefined ? undefined : [value].flat()]),
  );
}

const modernHeaders = (more: Record<string, string | string[] | undefined> = {}) =>
  headers({ "mcp-protocol-version": MODERN, "mcp-method": "tools/call", "mcp-name": "t", ...more });

const problemOf = (of: ClientMessage, given: DistinctHeaders) => checkHeaders(of, given)?.problem;

describe("the era of a message", () => {
  test.each([
    ["a claim in the body", modernCall(), {}, "modern"],
    ["a claim to an old version", request("ping", {}, "2025-11-25"), {}, "modern"],
    ["a claim that is no string", request("ping", {}, 7), {}, "modern"],
    ["a modern header", legacyCall(), { "mcp-protocol-version": MODERN }, "modern"],
    ["a later header", legacyCall(), { "mcp-protocol-version": "2027-01-01" }, "modern"],
    ["white space around the header", legacyCall(), { "mcp-protocol-version": ` ${MODERN}\t` }, "modern"],
    ["two headers, one of them modern", legacyCall(), { "mcp-protocol-version": ["2025-06-18", MODERN] }, "modern"],
    ["a legacy header", legacyCall(), { "mcp-protocol-version": "2025-11-25" }, "legacy"],
    ["the day before", legacyCall(), { "mcp-protocol-version": "2026-07-27" }, "legacy"],
    ["nothing", legacyCall(), {}, "legacy"],
    ["other _meta", message({ id: 1, method: "ping", params: { _meta: { progressToken: 1 } } }), {}, "legacy"],
    ["a response", message({ id: 1, result: {} }), {}, "legacy"],
  ])("with %s", (_, of, given, era) => {
    expect(eraOf(of, headers(given))).toBe(era);
  });

  test("of a request without a body is its header's", () => {
    expect(eraOfHeaders(headers({ "mcp-protocol-version": MODERN }))).toBe("modern");
    expect(eraOfHeaders({})).toBe("legacy");
  });
});

describe("headers that agree with the body", () => {
  test.each([
    ["a modern call", modernCall(), modernHeaders()],
    ["white space around values", modernCall(), modernHeaders({ "mcp-name": "  t\t", "mcp-method": " tools/call " })],
    ["a name in Base64", modernCall("名"), modernHeaders({ "mcp-name": "=?base64?5ZCN?=" })],
    [
      "a name that looks like Base64",
      modernCall("=?base64?x?="),
      modernHeaders({ "mcp-name": "=?base64?PT9iYXNlNjQ/eD89?=" }),
    ],
    ["an unfinished form of Base64", modernCall("=?base64?eA=="), modernHeaders({ "mcp-name": "=?base64?eA==" })],
    [
      "a prompt",
      request("prompts/get", { name: "p" }, MODERN),
      modernHeaders({ "mcp-method": "prompts/get", "mcp-name": "p" }),
    ],
    [
      "a resource",
      request("resources/read", { uri: "file:///x" }, MODERN),
      modernHeaders({ "mcp-method": "resources/read", "mcp-name": "file:///x" }),
    ],
    [
      "a task",
      request("tasks/get", { taskId: "7" }, MODERN),
      modernHeaders({ "mcp-method": "tasks/get", "mcp-name": "7" }),
    ],
    [
      "a method without a name",
      request("tools/list", {}, MODERN),
      headers({ "mcp-protocol-version": MODERN, "mcp-method": "tools/list" }),
    ],
    ["a name that no rule speaks of", request("tools/list", {}, MODERN), modernHeaders({ "mcp-method": "tools/list" })],
    [
      "a version that only the server knows",
      request("ping", {}, "2099-01-01"),
      headers({ "mcp-protocol-version": "2099-01-01", "mcp-method": "ping" }),
    ],
    ["a legacy call without any", legacyCall(), {}],
    ["a legacy call with its version", legacyCall(), headers({ "mcp-protocol-version": "2025-11-25" })],
    [
      "a legacy call with all of them",
      legacyCall(),
      headers({ "mcp-protocol-version": "2025-11-25", "mcp-method": "tools/call", "mcp-name": "t" }),
    ],
    [
      "initialize",
      request("initialize", { protocolVersion: "2025-11-25" }),
      headers({ "mcp-protocol-version": "2025-06-18" }),
    ],
    ["a modern notification", message({ method: "notifications/x" }), headers({ "mcp-protocol-version": MODERN })],
    ["a response", message({ id: 1, result: {} }), headers({ "mcp-protocol-version": "2025-11-25" })],
    ["a header without values", legacyCall(), headers({ "mcp-name": undefined })],
    ["a parameter that no definition asks for", modernCall(), modernHeaders({ "mcp-param-x": "=?base64?!?=" })],
  ])("are let through: %s", (_, of, given) => {
    expect(checkHeaders(of, given)).toBeUndefined();
  });
});

describe("headers of a request without a body", () => {
  test.each(["mcp-method", "mcp-name", "mcp-param-region"])("may not say what a message says: %s", (name) => {
    const fault = {
      status: 400,
      code: -32020,
      problem: `Header mismatch: "${name}" is given, but there is no message`,
    };
    expect(checkBodiless(headers({ [name]: "x", "mcp-session-id": "s" }))).toEqual(fault);
  });

  test("may say which session and which event, once", () => {
    const own = { "mcp-session-id": "s", "last-event-id": "e", "mcp-protocol-version": MODERN, accept: ["a", "b"] };
    expect(checkBodiless(headers(own))).toBeUndefined();
    expect(checkBodiless(headers({ ...own, "mcp-session-id": ["s", "t"] }))?.problem).toMatch(/appears twice/);
  });
});

describe("headers that are refused", () => {
  test("are answered with status 400 and code -32020", () => {
    expect(checkHeaders(modernCall(), modernHeaders({ "mcp-name": "other" }))).toEqual({
      code: -32020,
      status: 400,
      problem: 'Header mismatch: Mcp-Name is "other", which is not params.name of the body',
    });
  });

  test.each([
    ["a missing version", modernHeaders({ "mcp-protocol-version": undefined }), "MCP-Protocol-Version is missing"],
    ["a missing method", modernHeaders({ "mcp-method": undefined }), "Mcp-Method is missing"],
    ["a missing name", modernHeaders({ "mcp-name": undefined }), "Mcp-Name is missing"],
    ["an empty name", modernHeaders({ "mcp-name": "" }), 'Mcp-Name is ""'],
    ["another version", modernHeaders({ "mcp-protocol-version": "2026-07-29" }), 'but the body names "2026-07-28"'],
    ["a legacy version", modernHeaders({ "mcp-protocol-version": "2025-11-25" }), 'but the body names "2026-07-28"'],
    ["another method", modernHeaders({ "mcp-method": "tools/list" }), 'but the body\'s method is "tools/call"'],
    ["a method in another case", modernHeaders({ "mcp-method": "Tools/Call" }), "Mcp-Method is"],
    ["a name in another case", modernHeaders({ "mcp-name": "T" }), 'Mcp-Name is "T"'],
    ["Base64 of another name", modernHeaders({ "mcp-name": "=?base64?eA==?=" }), 'Mcp-Name is "x"'],
    ["Base64 without padding", modernHeaders({ "mcp-name": "=?base64?dA?=" }), "not valid Base64"],
    ["Base64 with spare bits", modernHeaders({ "mcp-name": "=?base64?dB==?=" }), "not valid Base64"],
    ["Base64 with other characters", modernHeaders({ "mcp-name": "=?base64?d-A=?=" }), "not valid Base64"],
    ["Base64 of no UTF-8", modernHeaders({ "mcp-name": "=?base64?/w==?=" }), "not valid Base64"],
    ["the form of Base64 in another case", modernHeaders({ "mcp-name": "=?BASE64?dA==?=" }), "Mcp-Name is"],
    [
      "two versions",
      modernHeaders({ "mcp-protocol-version": [MODERN, MODERN] }),
      'the header "mcp-protocol-version" appears twice',
    ],
    [
      "two methods",
      modernHeaders({ "mcp-method": ["tools/call", "tools/call"] }),
      'the header "mcp-method" appears twice',
    ],
    ["two names", modernHeaders({ "mcp-name": ["t", "t"] }), 'the header "mcp-name" appears twice'],
    ["two of a parameter", modernHeaders({ "mcp-param-x": ["1", "1"] }), 'the header "mcp-param-x" appears twice'],
    ["two session ids", modernHeaders({ "mcp-session-id": ["a", "b"] }), 'the header "mcp-session-id" appears twice'],
    ["a name that is not ASCII", modernHeaders({ "mcp-name": "t\u00e9" }), "not visible ASCII"],
    ["a control character", modernHeaders({ "mcp-param-x": "a\u0001" }), "not visible ASCII"],
  ])("in a modern call: %s", (_, given, problem) => {
    expect(checkHeaders(modernCall(), given)?.code).toBe(-32020);
    expect(problemOf(modernCall(), given)).toContain(problem);
  });

  test.each([
    ["another method", { "mcp-method": "tools/list" }, "Mcp-Method is"],
    ["another name", { "mcp-name": "x" }, "Mcp-Name is"],
    ["two versions", { "mcp-protocol-version": ["2025-06-18", "2025-11-25"] }, "appears twice"],
    ["two session ids", { "mcp-session-id": ["a", "b"] }, "appears twice"],
    ["two event ids", { "last-event-id": ["a", "b"] }, "appears twice"],
  ])("in a legacy call too: %s", (_, given, problem) => {
    expect(checkHeaders(legacyCall(), headers(given))?.code).toBe(-32020);
    expect(problemOf(legacyCall(), headers(given))).toContain(problem);
  });

  test("name a resource that the body does not", () => {
    const read = request("resources/read", { uri: "file:///a" });
    expect(problemOf(read, headers({ "mcp-name": "file:///b" }))).toContain("which is not params.uri of the body");
    expect(problemOf(request("resources/read"), headers({ "mcp-name": "file:///b" }))).toContain("params.uri");
  });

  test.each(["tasks/get", "tasks/update", "tasks/cancel"])("name another task for %s", (method) => {
    const given = modernHeaders({ "mcp-method": method, "mcp-name": "8" });
    expect(problemOf(request(method, { taskId: "7" }, MODERN), given)).toContain("which is not params.taskId");
  });

  test("name a modern version where the body has none, with the code for params", () => {
    const given = modernHeaders();
    expect(checkHeaders(legacyCall(), given)).toEqual({
      code: -32602,
      status: 400,
      problem: `params._meta must have "${VERSION}"`,
    });
    expect(checkHeaders(request("tools/call", { name: "t" }, null), given)?.code).toBe(-32602);
  });

  test("begin an initialize in the era that has none", () => {
    const initialize = request("initialize", { protocolVersion: "2025-11-25" });
    expect(checkHeaders(initialize, headers({ "mcp-protocol-version": MODERN }))).toMatchObject({ code: -32020 });
  });

  test("of a notification: another method or version than its body's", () => {
    const plain = message({ method: "notifications/x" });
    const claiming = message({ method: "notifications/x", params: { _meta: { [VERSION]: MODERN } } });
    expect(problemOf(plain, headers({ "mcp-method": "tools/call" }))).toContain("Mcp-Method is");
    expect(problemOf(claiming, headers({ "mcp-protocol-version": "2025-11-25" }))).toContain("but the body names");
  });

  test("give a method to a response", () => {
    expect(problemOf(message({ id: 1, result: {} }), headers({ "mcp-method": "tools/call" }))).toContain("a response");
  });

  test("are shown without characters that hide or reorder text", () => {
    const encoded = Buffer.from("\u202ex\n").toString("base64");
    expect(problemOf(modernCall(), modernHeaders({ "mcp-name": `=?base64?${encoded}?=` }))).toContain(
      "\\\\u{202e}x\\\\u{000a}",
    );
  });
});
