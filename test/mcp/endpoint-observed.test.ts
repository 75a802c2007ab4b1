// A server that is only observed, through the chain: what the policy would refuse goes out byte for byte; what is no message
// of one session stays out.
import { describe, expect, test } from "vitest";
import { callBody, parseMessage, post } from "../e2e/harness-wire.ts";
import { type Chain, type ChainOptions, startChain, usualPolicy } from "./chain/chain.ts";
import { openSession } from "./chain/client.ts";
import { pageOf, TOOLS } from "./chain/mcp-script.ts";
import { beginEvents } from "./chain/scripted-server.ts";

const observe = (options: ChainOptions = {}): Promise<Chain> =>
  startChain({ ...options, endpoint: { mode: "observe", ...options.endpoint } });
const outcomes = (chain: Chain) =>
  chain.judged.map(({ verdict }) => (verdict.kind === "forward" ? (verdict.instead?.kind ?? "forward") : "refused"));

describe("before a server that is only observed", () => {
  test("every call goes out as it came, and is recorded with what would have become of it", async () => {
    const chain = await observe();
    const session = await openSession(chain);
    const bodies = ["denied", "asked", "echo", "limited", "limited", "limited"].map((tool, id) => callBody(id, tool));
    for (const body of bodies) {
      expect(parseMessage((await session.post(body)).text).result).toEqual({ content: [] });
    }
    expect(chain.server.bodiesOf("tools/call")).toEqual(bodies);
    expect(outcomes(chain).slice(1)).toEqual([
      "denied",
      "approval_needed",
      "forward",
      "forward",
      "forward",
      "rate_limited",
    ]);
    // those that were let through by the policy, and no others
    expect(chain.taken()).toBe(2);
  });

  test("no tool is hidden", async () => {
    const chain = await observe();
    const list = await post(chain.url, '{"jsonrpc":"2.0","id":"l","method":"tools/list"}');
    expect(list.text).toBe(`{"jsonrpc":"2.0","id":"l","result":${pageOf(TOOLS)}}`);
  });

  test("the server's own requests reach the client, whatever the policy says of them", async () => {
    const question = '{"jsonrpc":"2.0","id":"q","method":"sampling/createMessage","params":{}}';
    const chain = await observe({
      policy: (call) => (call.direction === "from_server" ? { action: "deny" } : usualPolicy(call)),
      server: {
        calls: {
          echo: (_, response) => {
            beginEvents(response);
            response.end(`data: ${question}\n\ndata: {"jsonrpc":"2.0","id":"c","result":{"content":[]}}\n\n`);
          },
        },
      },
    });
    const session = await openSession(chain);
    const stream = await session.stream({}, callBody("c", "echo"));
    expect((await stream.next())?.data).toBe(question);
    expect(outcomes(chain).at(-1)).toBe("denied");
  });

  test.each([
    ["a batch", `[${callBody(1, "echo")}]`, {}, 400],
    ["a key that is there twice", callBody(1, "echo").replace('"id":1', '"id":1,"id":2'), {}, 400],
    ["another session's id", callBody(1, "echo"), { "mcp-session-id": "forged" }, 404],
  ])("%s is refused as ever", async (_, body, headers, status) => {
    const chain = await observe();
    expect((await post(chain.url, body, { "mcp-protocol-version": "2025-11-25", ...headers })).status).toBe(status);
    expect(chain.server.bodiesOf("tools/call")).toEqual([]);
  });
});
