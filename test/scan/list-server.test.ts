import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { HttpServer, ServerConfig } from "../../src/config/server-schema.ts";
import { canonicalJson } from "../../src/mcp/canonical.ts";
import { type Listing, type ListingOptions, listServer } from "../../src/scan/list-server.ts";
import {
  answerResult,
  answerText,
  beginEvents,
  type Script,
  startScriptedServer,
} from "../mcp/chain/scripted-server.ts";
import { ROOT } from "../policy/support.ts";
import { makeListingServer, pageOf, toolNamed } from "./support.ts";

const options: ListingOptions = {
  version: "1.0.0",
  timeoutMs: 20_000,
  nowMs: () => performance.now(),
  onPage: () => {},
};

async function list(entry: ServerConfig, more: Partial<ListingOptions> = {}): Promise<Listing> {
  const listed = await listServer(entry, { ...options, ...more });
  if (listed.kind === "failed") throw new Error(listed.problem);
  return listed.listing;
}

async function problemOfListing(entry: ServerConfig, more: Partial<ListingOptions> = {}): Promise<string> {
  const listed = await listServer(entry, { ...options, ...more });
  return listed.kind === "failed" ? listed.problem : `listed ${listed.listing.tools.length} tools`;
}

const namesOf = ({ tools }: Listing) => tools.map(({ name }) => name);

describe("a stdio server", () => {
  test("is listed page by page, whatever else it prints", async () => {
    const { entry } = await makeListingServer([pageOf(toolNamed("a")), pageOf(toolNamed("b"), toolNamed("c"))]);
    const pages: string[] = [];
    const listing = await list(entry, { onPage: (tools, page) => pages.push(`${tools}/${page}`) });
    expect(namesOf(listing)).toEqual(["a", "b", "c"]);
    expect(listing).toMatchObject({
      faults: [],
      info: { name: "listing", title: "Listing", version: "1.2.3" },
      longestPage: 2,
    });
    expect(pages).toEqual(["1/1", "3/2"]);
  });

  test("is hashed as it came: numbers, escapes and unknown keys", async () => {
    const text = String.raw`{"x-own":[1.0,9007199254740993,1e400],"name":"a","description":"\u00e9\/","inputSchema":{"type":"object","minimum":1.50}}`;
    const [tool] = (await list((await makeListingServer([pageOf(text)])).entry)).tools;
    expect(tool?.text).toBe(text);
    expect(tool?.sha256).toBe(createHash("sha256").update(canonicalJson(text)).digest("hex"));
    expect(canonicalJson(text)).toContain("[1.0,9007199254740993,1e400]");
  });

  test("may have 10,000 tools, on pages or on one", async () => {
    const tools = Array.from({ length: 10_000 }, (_, n) => toolNamed(`tool_${n}`));
    const paged = Array.from({ length: 50 }, (_, page) => pageOf(...tools.slice(page * 200, page * 200 + 200)));
    expect((await list((await makeListingServer(paged)).entry)).tools).toHaveLength(10_000);
    const whole = await list((await makeListingServer([pageOf(...tools)])).entry);
    expect(whole.tools).toHaveLength(10_000);
    expect(whole.longestPage).toBe(10_000);
  });

  test("may have a description of a megabyte", async () => {
    const description = "word ".repeat(209_716);
    const [tool] = (await list((await makeListingServer([pageOf(toolNamed("a", { description }))])).entry)).tools;
    expect(tool?.text).toContain(description);
  });

  test("is listed anew where it says meanwhile that its tools changed", async () => {
    const { entry } = await makeListingServer([pageOf(toolNamed("a"))], "--changing", "2");
    expect(namesOf(await list(entry))).toEqual(["a"]);
    const restless = await makeListingServer([pageOf(toolNamed("a"))], "--changing", "3");
    expect(await problemOfListing(restless.entry)).toBe("its tools changed each of the 3 times that they were listed");
  });

  test("gets the answers that a client owes it", async () => {
    const { entry } = await makeListingServer([pageOf(toolNamed("a"))], "--asking");
    expect(namesOf(await list(entry))).toEqual(["a"]);
  });

  test("of the 2026-07-28 revision is listed too, over either transport", async () => {
    const modern = join(ROOT, "test/fixtures/modern-server.mjs");
    const { entry } = await makeListingServer([]);
    const listing = await list({ ...entry, args: [modern, "--stdio"] });
    expect(namesOf(listing)).toContain("headed");
    expect(listing.info).toEqual({ name: "modern-fixture", version: "1.0.0" });
  });

  test("is gone afterwards", async () => {
    const { entry } = await makeListingServer([pageOf(toolNamed("a"))]);
    const [marker, script] = [join(entry.cwd, "ended"), join(entry.cwd, "script.cjs")];
    await writeFile(
      script,
      `process.on("exit", () => require("node:fs").writeFileSync(${JSON.stringify(marker)}, ""))`,
    );
    await list({ ...entry, args: ["--require", script, ...entry.args] });
    expect(existsSync(marker)).toBe(true);
  });
});

describe("a list that is not in order", () => {
  test("is read as the gate reads it, and each fault is told", async () => {
    const { entry } = await makeListingServer([
      pageOf(
        toolNamed("a"),
        toolNamed("a", { description: "another" }),
        7,
        '{"description":"no name"}',
        toolNamed("b"),
      ),
      pageOf(
        toolNamed("a"),
        toolNamed("b", { description: "another" }),
        toolNamed(""),
        toolNamed("x\u0007"),
        toolNamed("__proto__"),
        toolNamed("n".repeat(1_001)),
        String.raw`{"name":"\ud800"}`,
      ),
    ]);
    const { tools, faults } = await list(entry);
    expect(tools.map(({ name, text }) => [name, JSON.parse(text).description])).toEqual([
      ["a", "Does a"],
      ["b", "Does b"],
    ]);
    expect(faults).toEqual([
      "page 1: element 1 has the name of an earlier one; it is left out",
      "page 1: element 2 is not an object; it is left out",
      "page 1: element 3 has no name; it is left out",
      "page 2: a was listed before; it is left out",
      "page 2: b was listed before, with another definition; it is left out",
      'page 2: "" is no name that a call could have; it is left out',
      String.raw`page 2: x\u{0007} is no name that a call could have; it is left out`,
      "page 2: __proto__ can't be a key; it is left out",
      expect.stringMatching(/^page 2: n{80}\.\.\. is a name of more than 1000 characters; it is left out$/),
      String.raw`page 2: \u{d800} is no name that a call could have; it is left out`,
    ]);
  });
});

describe("a server that can't be listed", () => {
  const page = pageOf(toolNamed("a"));

  test.each([
    ["leads in a circle", ["--cycle"], [page, page], "the server's tools/list repeats a cursor"],
    ["ends at once", ["--dying"], [page], "it ended unexpectedly, with exit code 3 (stderr: LISTING_TOKEN is not set)"],
    ["lists no tools but something else", [], ['{"tools":{}}'], "malformed"],
    ["sends a message that readers differ on", [], ['{"tools":[{"name":"a","name":"b"}]}'], "a key appears twice"],
    [
      "sends more than the gate takes",
      [],
      [pageOf(toolNamed("a", { description: "x".repeat(17_000_000) }))],
      "more than 16777216 bytes",
    ],
  ])("says why: it %s", async (_title, flags, pages, problem) => {
    expect(await problemOfListing((await makeListingServer(pages, ...flags)).entry)).toContain(problem);
  });

  test.each(["initialize", "tools/list"])("says why: it never answers %s", async (method) => {
    const { entry } = await makeListingServer([page], "--silent", method);
    expect(await problemOfListing(entry, { timeoutMs: 1_000 })).toContain(`it did not answer ${method} within 1 s`);
  });

  test("says why: it can't be started", async () => {
    const { entry } = await makeListingServer([page]);
    expect(await problemOfListing({ ...entry, command: "no-such-command" })).toBe(
      "it can't be started: the command no-such-command was not found",
    );
    expect(await problemOfListing({ ...entry, cwd: join(entry.cwd, "nowhere") })).toContain(
      "its working directory does not exist",
    );
  });

  test("says why: it takes too long for all pages together", async () => {
    const pages = Array.from({ length: 20 }, (_, n) => pageOf(toolNamed(`t${n}`)));
    const { entry } = await makeListingServer(pages);
    let now = 0;
    const nowMs = () => {
      now += 10_000;
      return now;
    };
    expect(await problemOfListing(entry, { nowMs, timeoutMs: 10_000 })).toContain("the list did not end within 100 s");
  });
});

describe("a server over HTTP", () => {
  const initialized = '{"protocolVersion":"2025-06-18","capabilities":{},"serverInfo":{"name":"web","version":"2"}}';

  async function start(script: Script) {
    const server = await startScriptedServer(script);
    const entry: HttpServer = {
      kind: "http",
      key: "web",
      catalogue: "web",
      arguments: "checked",
      mode: "enforce",
      url: server.url.href,
      headers: { Authorization: "Bearer own" },
    };
    return { server, entry };
  }

  test("is listed in one session, with the configured credentials, and the session is ended", async () => {
    const { server, entry } = await start((received, response) => {
      const { method } = received.message;
      if (method === "initialize") response.setHeader("mcp-session-id", "s-1");
      if (method === "initialize") return answerResult(received, response, initialized);
      if (method === "tools/list") return answerResult(received, response, pageOf(toolNamed("a")));
      response.writeHead(202).end();
    });
    const listing = await list(entry);
    expect(namesOf(listing)).toEqual(["a"]);
    expect(listing.info).toEqual({ name: "web", version: "2" });
    expect(
      server.received.map(({ method, message, headers }) => [
        method,
        message.method,
        headers.authorization,
        headers["mcp-session-id"],
        headers["mcp-protocol-version"],
      ]),
    ).toEqual([
      ["POST", "initialize", "Bearer own", undefined, undefined],
      ["POST", "notifications/initialized", "Bearer own", "s-1", "2025-06-18"],
      ["POST", "tools/list", "Bearer own", "s-1", "2025-06-18"],
      ["DELETE", undefined, "Bearer own", "s-1", "2025-06-18"],
    ]);
  });

  test("may answer in streams, and ask on them first", async () => {
    let asked = false;
    const { entry, server } = await start((received, response) => {
      const { method, id } = received.message;
      if (method === "initialize") return answerResult(received, response, initialized);
      if (method !== "tools/list") return response.writeHead(202).end();
      const stream = beginEvents(response);
      const answer = `data: {"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${pageOf(toolNamed("a"))}}\n\n`;
      if (asked) return stream.end(answer);
      asked = true;
      stream.write('data: {"jsonrpc":"2.0","id":9,"method":"ping"}\n\n');
      stream.write('data: {"jsonrpc":"2.0","id":10,"method":"sampling/createMessage","params":{}}\n\n');
      stream.write('data: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n\n');
      stream.end(answer);
    });
    expect(namesOf(await list(entry))).toEqual(["a"]);
    const replies = server.received
      .map(({ message }) => message)
      .filter(({ method, id }) => method === undefined && id !== undefined);
    expect(replies).toEqual([
      { jsonrpc: "2.0", id: 9, result: {} },
      { jsonrpc: "2.0", id: 10, error: { code: -32601, message: expect.any(String) } },
    ]);
    expect(server.bodiesOf("tools/list")).toHaveLength(2);
  });

  test("that knows only the 2026-07-28 revision is asked so", async () => {
    const { entry, server } = await start((received, response) => {
      const { method } = received.message;
      if (method === "initialize") {
        response.writeHead(400, { "content-type": "application/json" });
        return response.end('{"jsonrpc":"2.0","id":null,"error":{"code":-32022,"message":"no"}}');
      }
      const info = '"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"new","version":"3"}}';
      if (method === "server/discover")
        return answerResult(received, response, `{"supportedVersions":["2026-07-28"],${info}}`);
      return answerResult(received, response, pageOf(toolNamed("a")));
    });
    const listing = await list(entry);
    expect(namesOf(listing)).toEqual(["a"]);
    expect(listing.info).toEqual({ name: "new", version: "3" });
    const [, ...modern] = server.received;
    for (const { headers, message } of modern) {
      expect(headers["mcp-protocol-version"]).toBe("2026-07-28");
      expect(headers["mcp-method"]).toBe(message.method);
      expect(message.params?._meta).toMatchObject({ "io.modelcontextprotocol/protocolVersion": "2026-07-28" });
    }
    expect(modern.map(({ message }) => message.method)).toEqual(["server/discover", "tools/list"]);
  });

  test.each([
    [401, "it answered with HTTP status 401: it wants credentials; give them under `headers` or `oauth`"],
    [403, "it wants credentials"],
    [404, "it answered with HTTP status 404"],
    [301, "it answered with HTTP status 301"],
    [500, "it answered with HTTP status 500"],
  ])("that answers %i is not listed, and the reason is told", async (status, problem) => {
    const { entry } = await start((_, response) =>
      response.writeHead(status, { location: "http://127.0.0.1:9/" }).end(),
    );
    expect(await problemOfListing(entry)).toContain(problem);
  });

  test("that takes no session any more fails, and is not asked for ever", async () => {
    const { entry } = await start((received, response) => {
      if (received.message.method === "initialize") return answerResult(received, response, initialized);
      response.writeHead(404).end();
    });
    expect(await problemOfListing(entry)).toContain("could not be listed");
  });

  test("that answers what is no MCP is not listed", async () => {
    const { entry } = await start((_, response) => answerText(response, '{"hello":"world"}'));
    expect(await problemOfListing(entry)).toBe("it answered initialize with no result");
  });

  test("whose version could not be a header is not listed", async () => {
    const { entry } = await start((received, response) =>
      answerResult(received, response, String.raw`{"protocolVersion":"1\r\nx: y"}`),
    );
    expect(await problemOfListing(entry)).toBe("it answered initialize without a protocol version");
  });

  test("that nobody answers for is not listed", async () => {
    const { entry, server } = await start((_, response) => response.end());
    await server.stop();
    expect(await problemOfListing(entry)).not.toBe("");
  });
});
