// A call that is held, at the endpoint: what becomes of it where its client leaves or cancels at any moment. The approver is
// the test's.
import { describe, expect, test } from "vitest";
import type { Approval, Waiter } from "../../src/gate/gate.ts";
import type { ApprovalNote } from "../../src/gate/types.ts";
import { callBody, messagesOf, openStream, post } from "../e2e/harness-wire.ts";
import { startChain } from "./chain/chain.ts";
import { sendRaw, signal } from "./chain/raw.ts";

const NOTE: ApprovalNote = {
  id: "approval-1",
  state: "pending",
  askedUnixMs: 0,
  decided: undefined,
  byGrant: false,
  waitedMs: 0,
  leftSeconds: 300,
  url: "http://gate/console/approvals/approval-1",
};
const GIVEN = { ...NOTE, state: "approved" } as const;
const APPROVED: Approval = { kind: "approved", note: GIVEN };
const LEFT: Approval = { kind: "refused", problem: "nobody waits", note: NOTE };

/** A chain whose calls of `asked` are held as `approve` does. */
async function startHolding(approve: (hold: Waiter["held"], waiter: Waiter) => Promise<Approval>) {
  const released: ApprovalNote[] = [];
  const chain = await startChain({
    ports: {
      approve(_call, _asking, waiter) {
        if (waiter === undefined) throw new Error("nobody waits for a call");
        return approve(waiter.held, waiter);
      },
      release: (note) => void released.push(note),
    },
  });
  const cancel = (requestId: unknown) =>
    post(chain.url, JSON.stringify({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId } }));
  return { chain, cancel, released, sent: () => chain.server.received.map(({ body }) => body).join("\n") };
}

describe("a call that is held", () => {
  test("goes out as it came when it is approved", async () => {
    const { chain, released, sent } = await startHolding(async (held) => {
      held(NOTE, 25, () => {});
      return APPROVED;
    });
    const [answer] = await messagesOf(await post(chain.url, callBody(1, "asked", { n: 1 })));
    expect(answer?.result?.isError).toBeUndefined();
    expect(sent()).toContain(callBody(1, "asked", { n: 1 }));
    expect(released).toEqual([]);
  });

  test("is not carried out where its client cancels it when it is approved already, and the approval goes back", async () => {
    const { chain, cancel, released, sent } = await startHolding(async (held) => {
      held(NOTE, 25, () => {});
      expect((await cancel("a")).status).toBe(202);
      return APPROVED;
    });
    const [answer] = await messagesOf(await post(chain.url, callBody("a", "asked")));
    expect(answer).toMatchObject({
      id: "a",
      error: { code: 1001, message: "The call was cancelled, and not carried out" },
    });
    expect(released).toEqual([GIVEN]);
    expect(chain.taken()).toBe(0);
    expect(sent()).not.toMatch(/"asked"|cancelled/);
  });

  test("is left at once where the cancellation came first", async () => {
    const { chain, cancel } = await startHolding(async (held) => {
      await cancel("a");
      return await new Promise((resolve) => held(NOTE, 25, () => resolve(LEFT)));
    });
    const [answer] = await messagesOf(await post(chain.url, callBody("a", "asked")));
    expect(answer).toMatchObject({ id: "a", result: { isError: true } });
  });

  test("is left at once where its client has gone before, and when it goes", async () => {
    for (const when of ["before", "after"]) {
      const [asked, gone, left] = [signal(), signal(), signal()];
      const { chain, sent } = await startHolding(async (held) => {
        asked.fire();
        if (when === "before") await gone.fired;
        return await new Promise((resolve) => {
          held(NOTE, 25, () => resolve(LEFT));
          left.fire();
        });
      });
      const socket = sendRaw(chain, callBody(1, "asked"));
      await asked.fired;
      socket.once("close", () => setTimeout(() => gone.fire(), 0));
      if (when === "after") await left.fired;
      socket.destroy();
      await expect.poll(() => chain.judged.length, { timeout: 20_000 }).toBe(1);
      expect(chain.judged[0]?.verdict.kind).toBe("approval_needed");
      expect(sent()).not.toContain('"asked"');
    }
  });

  test("is left when the token that it came with expires, and goes out with none that is over", async () => {
    for (const fromNowMs of [-1, 30]) {
      const expires = String(Date.now() + fromNowMs);
      const { chain, sent } = await startHolding(
        (held) => new Promise((resolve) => held(NOTE, 25, () => resolve(LEFT))),
      );
      const [answer] = await messagesOf(await post(chain.url, callBody("a", "asked"), { "x-test-expires": expires }));
      expect(answer).toMatchObject({ id: "a", result: { isError: true } });
      expect(sent()).not.toContain('"asked","arguments"');
    }
  });

  test("is not carried out where the token expires when it is approved already", async () => {
    const { chain, released, sent } = await startHolding(async (held) => {
      await new Promise<void>((left) => held(NOTE, 25, left));
      return APPROVED;
    });
    const expires = String(Date.now() + 20);
    await post(chain.url, callBody("a", "asked"), { "x-test-expires": expires });
    expect(released).toEqual([GIVEN]);
    expect(sent()).not.toContain('"asked","arguments"');
  });

  test("tells a progress token of it on a stream, and no client that takes none", async () => {
    const { chain } = await startHolding(async (held) => {
      held(NOTE, 7.5, () => {});
      return APPROVED;
    });
    const body = callBody(1, "asked", {}, { _meta: { progressToken: "t" } });
    const stream = await openStream(chain.url, {}, body);
    expect((await stream.nextMessage()).params).toMatchObject({ progressToken: "t", progress: -7.5 });
    expect(await stream.nextMessage()).toMatchObject({ id: 1, result: {} });
    const plain = await post(chain.url, body, { accept: "application/json" });
    expect(plain.headers["content-type"]).toBe("application/json");
    expect(await messagesOf(plain)).toMatchObject([{ id: 1, result: {} }]);
  });

  test("asks for the tool's definition again when it is asked to", async () => {
    const listed: (string | undefined)[] = [];
    const { chain } = await startHolding(async (_held, waiter) => {
      listed.push(await waiter.definition());
      return LEFT;
    });
    await post(chain.url, callBody(1, "asked"));
    await post(chain.url, callBody(1, "asked"));
    expect(listed).toHaveLength(2);
    expect(listed[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(listed[0]).toBe(chain.judged[0]?.call.definition?.sha256);
  });

  test("of the server's own is not: its stream carries other answers", async () => {
    const seen: unknown[] = [];
    const chain = await startChain({
      policy: ({ direction }) => (direction === "from_server" ? { action: "require_approval" } : {}),
      ports: {
        approve(_call, _asking, waiter) {
          seen.push(waiter);
          return LEFT;
        },
      },
      server: {
        calls: {
          asks: (_, response) => {
            response.writeHead(200, { "content-type": "text/event-stream" });
            response.write('data: {"jsonrpc":"2.0","id":"q","method":"sampling/createMessage","params":{}}\n\n');
            response.end('data: {"jsonrpc":"2.0","id":1,"result":{"content":[]}}\n\n');
          },
        },
      },
    });
    expect(await messagesOf(await post(chain.url, callBody(1, "asks")))).toMatchObject([{ id: 1, result: {} }]);
    expect(seen).toEqual([undefined]);
  });
});
