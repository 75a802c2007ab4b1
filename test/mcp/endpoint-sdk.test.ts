// The SDK's v1 client over the chain: what it makes of the gate's answers is what an agent's host makes of them.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { CreateMessageRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Chain, startChain } from "./chain/chain.ts";
import { beginEvents, type Script } from "./chain/scripted-server.ts";

async function connect(chain: Chain, onSampling?: () => void) {
  const transport = new StreamableHTTPClientTransport(new URL(chain.url));
  const client = new Client({ name: "sdk", version: "1" }, { capabilities: { sampling: {} } });
  client.setRequestHandler(CreateMessageRequestSchema, () => {
    onSampling?.();
    return { role: "assistant", content: { type: "text", text: "hi" }, model: "m" };
  });
  await client.connect(transport);
  onTestFinished(() => client.close());
  return { client, transport };
}

describe("the SDK's client", () => {
  test("connects, lists what is not hidden, calls, and is told of refusals in words", async () => {
    const chain = await startChain({ server: { calls: { echo: '{"content":[{"type":"text","text":"hello"}]}' } } });
    const { client } = await connect(chain);
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(["echo", "limited", "asked", "costly"]);
    expect(await client.callTool({ name: "echo" })).toMatchObject({ content: [{ text: "hello" }] });
    expect(await client.callTool({ name: "denied" })).toMatchObject({
      isError: true,
      content: [{ type: "text", text: expect.stringContaining("It is forbidden") }],
      _meta: { "regate/decision": { action: "deny" } },
    });
    const limited = [1, 2, 3].map(() => client.callTool({ name: "limited" }));
    expect((await Promise.all(limited)).filter(({ isError }) => isError === true)).toHaveLength(1);
  });

  test("gets an error it can tell apart where the server fails, and goes on", async () => {
    const chain = await startChain({ server: { calls: { echo: (_, response) => response.destroy() } } });
    const { client } = await connect(chain);
    await expect(client.callTool({ name: "echo" })).rejects.toMatchObject({ code: 1002 });
    expect(await client.callTool({ name: "other" })).toMatchObject({ content: [] });
  });

  test("sees progress, answers what it is asked, and never sees what is denied", async () => {
    const echo: Script = async ({ message, body }, response) => {
      const token = /"progressToken":(\d+)/.exec(String(body))?.[1];
      beginEvents(response).write(
        `data: {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":${token},"progress":1}}\n\n`,
      );
      for (const id of [1, 2]) {
        response.write(
          `data: {"jsonrpc":"2.0","id":${id},"method":"sampling/createMessage","params":{"messages":[],"maxTokens":${id}}}\n\n`,
        );
        await chain.server.until((received) => received.message.id === id && received.message.method === undefined);
      }
      response.end(`data: {"jsonrpc":"2.0","id":${JSON.stringify(message.id)},"result":{"content":[]}}\n\n`);
    };
    const chain: Chain = await startChain({
      server: { calls: { echo } },
      policy: ({ params }) => (params?.text.includes('"maxTokens":2') ? { action: "deny" } : {}),
    });
    let asked = 0;
    const { client } = await connect(chain, () => {
      asked += 1;
    });
    const steps: number[] = [];
    await client.callTool({ name: "echo" }, undefined, { onprogress: ({ progress }) => steps.push(progress) });
    expect(steps).toEqual([1]);
    expect(asked).toBe(1);
    const answers = chain.server.received
      .filter(({ method, message }) => method === "POST" && message.method === undefined)
      .map(({ message }) => message);
    expect(answers).toMatchObject([
      { id: 1, result: { model: "m" } },
      { id: 2, error: { code: 1001 } },
    ]);
  });

  test("ends its session, and is told that it is gone", async () => {
    const chain = await startChain();
    const { client, transport } = await connect(chain);
    const { sessionId } = transport;
    expect(sessionId).toBeDefined();
    await transport.terminateSession();
    expect(chain.server.received.at(-1)?.method).toBe("DELETE");
    const again = new StreamableHTTPClientTransport(new URL(chain.url), {
      ...(sessionId !== undefined && { sessionId }),
    });
    await again.start();
    await expect(again.send({ jsonrpc: "2.0", id: 9, method: "ping" })).rejects.toMatchObject({ code: 404 });
    await again.close();
    await client.close();
  });
});
