// Clients that go away: what is no longer wanted is not carried out where that can be helped, and its tokens go back where
// nothing of it was written.
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { callBody } from "../e2e/harness-wire.ts";
import { type ChainOptions, startChain } from "./chain/chain.ts";
import { openSession } from "./chain/client.ts";
import { sendRaw, settled, signal } from "./chain/raw.ts";
import type { Script } from "./chain/scripted-server.ts";

/** A chain whose gate stops at the record of each call until the test lets it go on. */
async function startHaltingChain(options: ChainOptions = {}) {
  const [judging, go] = [signal(), signal()];
  let outgoing: ServerResponse | undefined;
  const chain = await startChain({
    ...options,
    ports: {
      record: () => {
        judging.fire();
        return go.fired;
      },
    },
    onExchange: (response) => {
      outgoing = response;
    },
  });
  /** Waits until the gate judges, breaks the connection, and waits until the gate knows. */
  const leaveWhileJudged = async (socket: Socket) => {
    await judging.fired;
    if (outgoing === undefined) throw new Error("nothing is judged");
    const closed = once(outgoing, "close");
    socket.destroy();
    await closed;
    go.fire();
  };
  return { chain, leaveWhileJudged };
}

describe("a client that goes away", () => {
  test("before its call is judged leaves nothing behind: no call, no tokens, no record", async () => {
    const [listing, answer, closed] = [signal(), signal(), signal()];
    const lists: Script = async (_, response) => {
      listing.fire();
      await answer.fired;
      response.writeHead(500).end();
    };
    const chain = await startChain({
      server: { on: { "tools/list": lists } },
      onExchange: (outgoing) => outgoing.once("close", () => closed.fire()),
    });
    const socket = sendRaw(chain, callBody(1, "limited"));
    await listing.fired;
    socket.destroy();
    await closed.fired;
    answer.fire();
    // the gate is done with it when a later call, which lists again, is answered
    const { url } = chain;
    await (
      await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: callBody(2, "echo") })
    ).text();
    expect(chain.judged.map(({ call }) => call.tool)).toEqual(["echo"]);
    expect(chain.taken()).toBe(0);
  });

  test("while its call is judged gets no call carried out, and its tokens go back", async () => {
    const { chain, leaveWhileJudged } = await startHaltingChain();
    await leaveWhileJudged(sendRaw(chain, callBody(1, "limited")));
    await settled();
    expect(chain.server.bodiesOf("tools/call")).toEqual([]);
    expect(chain.taken()).toBe(0);
  });

  test("while its notification is judged has it carried out all the same", async () => {
    const { chain, leaveWhileJudged } = await startHaltingChain();
    const body = '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}';
    await leaveWhileJudged(sendRaw(chain, body));
    expect(String((await chain.server.until(({ message }) => message.method === "notifications/cancelled")).body)).toBe(
      body,
    );
  });

  test("while the connection to the server is made gets no call carried out, and its tokens go back", async () => {
    // a server that takes connections and never answers the TLS handshake
    const [connected, refunded] = [signal<Socket>(), signal()];
    const silent = createServer((socket) => {
      socket.on("error", () => {});
      connected.fire(socket);
    });
    silent.listen(0, "127.0.0.1");
    await once(silent, "listening");
    onTestFinished(() => void silent.close());
    const { port } = silent.address() as AddressInfo;
    const closed = signal();
    let given = 0;
    const receipt = { charges: [], principal: "ann" };
    const chain = await startChain({
      upstream: { url: new URL(`https://127.0.0.1:${port}/`) },
      policy: () => ({
        rate_limits: [{ rule: "policy.test/one", max: 1, window: 1, per: "session", over: "tool", cost: 1 }],
      }),
      ports: {
        take: () => ({ kind: "taken", receipt }),
        refund(one) {
          expect(one).toBe(receipt);
          given += 1;
          refunded.fire();
        },
      },
      onExchange: (outgoing) => outgoing.once("close", () => closed.fire()),
    });
    const client = sendRaw(chain, '{"jsonrpc":"2.0","id":1,"method":"ping"}');
    const socket = await connected.fired;
    client.destroy();
    await closed.fired;
    expect(given).toBe(0);
    socket.destroy();
    await refunded.fired;
    expect(given).toBe(1);
  });

  test("after its call was written has spent its tokens, and the server is told by the end of the connection", async () => {
    const [arrived, broken] = [signal<ServerResponse>(), signal()];
    const limited: Script = (_, response) => {
      response.on("close", () => broken.fire());
      arrived.fire(response);
    };
    const chain = await startChain({ server: { calls: { limited } } });
    const socket = sendRaw(chain, callBody(1, "limited"));
    await arrived.fired;
    socket.destroy();
    await broken.fired;
    expect(chain.taken()).toBe(1);
  });

  test("after it asked for its session's end has ended it", async () => {
    const [asked, answer, closed] = [signal(), signal(), signal()];
    const ends: Script = async (_, response) => {
      asked.fire();
      await answer.fired;
      response.writeHead(200).end();
    };
    let exchanges = 0;
    const chain = await startChain({
      server: { on: { DELETE: ends } },
      onExchange: (outgoing) => {
        exchanges += 1;
        if (exchanges === 2) outgoing.once("close", () => closed.fire());
      },
    });
    const session = await openSession(chain);
    const socket = sendRaw(chain, "", "DELETE", `Mcp-Session-Id: ${session.id}\r\n`);
    await asked.fired;
    socket.destroy();
    await closed.fired;
    answer.fire();
    // the server's answer is on its way to the gate: the session ends when it comes
    while ((await session.post(callBody(1, "echo"))).status !== 404) await settled();
  });
});
