// One server in a session with all servers: what happens where the server's own session is lost, or can't be opened.
import { expect, test } from "vitest";
import { headOf } from "../../../src/mcp/all/ask.ts";
import { InnerAnswer } from "../../../src/mcp/all/inner-answer.ts";
import { Link } from "../../../src/mcp/all/link.ts";
import { callBody } from "../../e2e/harness-wire.ts";
import { type Chain, type ChainOptions, startChain } from "../chain/chain.ts";
import { answerResult } from "../chain/scripted-server.ts";

const PRINCIPAL = { id: "ann", groups: [], claims: {} };
const SESSION = "ab".repeat(16);
const PARAMS = '{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"c","version":"1"}}';

async function linked(options: ChainOptions) {
  const chain = await startChain(options);
  const heard: string[] = [];
  const link = new Link({
    server: { key: "it", endpoint: chain.endpoint },
    principal: () => PRINCIPAL,
    session: SESSION,
    opening: { paramsText: PARAMS, version: "2025-06-18" },
    headers: {},
    onMessage: (_, text) => heard.push(text),
  });
  return { chain, link, heard };
}

/** Calls a tool in the link's session. */
async function call(chain: Chain, link: Link, tool: string): Promise<void> {
  const ready = await link.ready();
  if (ready.kind === "failed") throw new Error(ready.problem);
  const outgoing = new InnerAnswer({ onMessage() {} });
  const incoming = headOf("POST", { ...ready.headers, "content-type": "application/json" });
  await chain.endpoint.shared({ incoming, outgoing, principal: PRINCIPAL, body: Buffer.from(callBody(1, tool)) });
  await outgoing.over;
}

test("a session that is opened again goes by the same name, by the definitions that the server lists then, and says so", async () => {
  let version = 1;
  const { chain, link, heard } = await linked({
    server: {
      on: {
        initialize: (received, response) => {
          response.setHeader("mcp-session-id", `session-${version}`);
          answerResult(received, response, '{"protocolVersion":"2025-03-26","capabilities":{},"serverInfo":{}}');
        },
        "tools/list": (received, response) =>
          answerResult(received, response, `{"tools":[{"name":"echo","description":"Version ${version}"}]}`),
      },
    },
  });
  await call(chain, link, "echo");
  version = 2;
  const before = await link.ready();
  if (before.kind === "ready") link.lost(before.headers);
  await call(chain, link, "echo");
  const calls = chain.judged.filter(({ call: judged }) => judged.method === "tools/call").map((one) => one.call);
  expect(calls.map(({ session }) => session)).toEqual([SESSION, SESSION]);
  expect(calls.map(({ definition }) => definition?.text)).toEqual([
    expect.stringContaining("Version 1"),
    expect.stringContaining("Version 2"),
  ]);
  expect(heard).toEqual(['{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}']);
  const versions = chain.server.received.map(({ headers }) => headers["mcp-protocol-version"]);
  expect(versions.at(-1)).toBe("2025-03-26");
});

test.each([
  [
    "speaks what its client does not",
    '{"protocolVersion":"2025-11-25","capabilities":{},"serverInfo":{}}',
    /it speaks 2025-11-25/,
  ],
  ["says no version", "{}", /without a protocol version/],
])("a server that %s is left out, and not asked again at once", async (_, initialized, problem) => {
  const { chain, link } = await linked({ server: { on: { initialize: initialized } } });
  for (let times = 0; times < 2; times += 1)
    expect(await link.ready()).toEqual({ kind: "failed", problem: expect.stringMatching(problem) });
  expect(chain.server.received.filter(({ message }) => message.method === "initialize")).toHaveLength(1);
});

test("a server that the policy keeps its client from is left out, with the refusal", async () => {
  const policy: ChainOptions["policy"] = ({ method }) =>
    method === "initialize" ? { action: "deny", reasons: ["Nobody comes in"] } : {};
  const { chain, link } = await linked({ policy });
  expect(await link.list({ principal: PRINCIPAL, claims: undefined })).toEqual({
    kind: "failed",
    problem: expect.stringContaining("Nobody comes in"),
  });
  expect(chain.server.received).toEqual([]);
});
