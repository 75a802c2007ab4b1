// More than can be handed on: the server waits, and nothing piles up in the gate's memory.
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { callBody } from "../e2e/harness-wire.ts";
import { ONE_LIMIT, startChain } from "./chain/chain.ts";
import { openSession, type Session } from "./chain/client.ts";
import { sendRaw, signal } from "./chain/raw.ts";
import { beginEvents, type Script } from "./chain/scripted-server.ts";

describe("more than can be handed on", () => {
  const COMMENT = `: ${"x".repeat(60_000)}\n\n`;
  /** More than all buffers between the server and the client hold. */
  const COMMENTS = 1_500;

  /** A tool that says `first`, and then as much as it can. */
  function floodingTool(first: string) {
    let said = 0;
    const [full, done] = [signal(), signal()];
    const flood: Script = (_, response) => {
      beginEvents(response).write(first);
      const pour = () => {
        while (said < COMMENTS) {
          said += 1;
          if (!response.write(COMMENT)) return full.fire();
        }
        response.end();
        done.fire();
      };
      response.on("drain", pour);
      pour();
    };
    return { flood, full, done, said: () => said };
  }

  /** How much was said when nothing moves any more, though the gate and the server have answered other calls meanwhile. */
  async function standstill(said: () => number, session: Session): Promise<number> {
    for (let before = -1; said() !== before; ) {
      before = said();
      for (let call = 0; call < 20; call += 1) await session.call("echo");
    }
    return said();
  }

  test("holds the server up while the client does not read, and all of it comes when it reads again", async () => {
    const { flood, full, done, said } = floodingTool(": first\n\n");
    const chain = await startChain({ server: { calls: { flood } } });
    const session = await openSession(chain);
    const socket = sendRaw(chain, callBody(1, "flood"), "POST", "Connection: close\r\n");
    socket.pause();
    await full.fired;
    expect(await standstill(said, session)).toBeLessThan(COMMENTS);
    let received = 0;
    socket.on("data", (chunk) => {
      received += chunk.length;
    });
    socket.resume();
    await done.fired;
    await once(socket, "close");
    expect(received).toBeGreaterThan(COMMENTS * COMMENT.length);
  });

  test("holds the server up while a question of the server's is judged", async () => {
    const { flood, full, done, said } = floodingTool('data: {"jsonrpc":"2.0","id":7,"method":"roots/list"}\n\n');
    const judged = signal();
    const chain = await startChain({
      server: { calls: { flood } },
      policy: ({ direction }) => (direction === "from_server" ? { rate_limits: [ONE_LIMIT] } : {}),
      ports: {
        async take() {
          await judged.fired;
          return { kind: "exhausted", limit: ONE_LIMIT };
        },
        refund: () => {},
      },
    });
    const session = await openSession(chain);
    const stream = await session.stream({}, callBody(1, "flood"));
    await full.fired;
    expect(await standstill(said, session)).toBeLessThan(COMMENTS);
    judged.fire();
    expect((await stream.next())?.comments).toHaveLength(1);
    const reply = await chain.server.until(({ message }) => message.error !== undefined);
    expect(reply.message.id).toBe(7);
    while ((await stream.next()) !== undefined);
    await done.fired;
  });
});
