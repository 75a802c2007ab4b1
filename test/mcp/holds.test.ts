import { describe, expect, test } from "vitest";
import { createHolds } from "../../src/mcp/holds.ts";
import { parseClientMessage } from "../../src/mcp/jsonrpc.ts";

function parse(message: unknown) {
  return parseClientMessage(Buffer.from(JSON.stringify({ jsonrpc: "2.0", ...Object(message) })), {
    maxBytes: 10_000,
    maxDepth: 20,
  });
}

function notification(method: string, params: unknown) {
  const parsed = parse({ method, params });
  if (parsed.kind !== "notification") throw new Error(parsed.kind);
  return parsed;
}

function response(id: unknown) {
  const parsed = parse({ id, result: {} });
  if (parsed.kind !== "response") throw new Error(parsed.kind);
  return parsed;
}

const cancel = (requestId: unknown) => notification("notifications/cancelled", { requestId });

describe("a call that is held", () => {
  test("is left when its session cancels it, and then is no longer there to be", () => {
    const holds = createHolds();
    const left: string[] = [];
    const remove = holds.add("s", 1, () => {
      left.push("one");
      remove();
    });
    expect(holds.cancel("s", cancel(1))).toBe(true);
    expect(left).toEqual(["one"]);
    expect(holds.cancel("s", cancel(1))).toBe(false);
  });

  test.each([
    ["s-2", cancel(1)],
    ["s", cancel("1")],
    ["s", cancel(2)],
    ["s", notification("notifications/progress", { requestId: 1 })],
    ["s", notification("notifications/cancelled", {})],
  ])("is not left for %s %o", (session, message) => {
    const holds = createHolds();
    holds.add("s", 1, () => {
      throw new Error("left");
    });
    expect(holds.cancel(session, message)).toBe(false);
  });

  test("keeps another one of the same id when it is over", () => {
    const holds = createHolds();
    const left: number[] = [];
    const removes = [0, 1].map((n) => holds.add("s", 1, () => left.push(n)));
    removes[0]?.();
    expect(holds.cancel("s", cancel(1))).toBe(true);
    expect(left).toEqual([1]);
  });
});

describe("a cancellation that comes before its call is held", () => {
  test("leaves the call when it is, once", () => {
    const holds = createHolds();
    const left: string[] = [];
    expect(holds.cancel("s", cancel(1))).toBe(false);
    holds.add("s-2", 1, () => left.push("another session's"));
    holds.add("s", 1, () => left.push("the call"))();
    holds.add("s", 1, () => left.push("a later one"));
    expect(left).toEqual(["the call"]);
  });

  test("is remembered a thousand deep", () => {
    const holds = createHolds();
    const left: number[] = [];
    for (let n = 0; n <= 1_000; n += 1) holds.cancel("s", cancel(n));
    for (const n of [0, 1]) holds.add("s", n, () => left.push(n));
    expect(left).toEqual([1]);
  });
});

describe("what the gate asked a client", () => {
  test("is answered once, by its session, under its id", () => {
    const holds = createHolds();
    holds.asked("s", "regate-1");
    expect([holds.takes("s-2", response("regate-1")), holds.takes("s", response("regate-2"))]).toEqual([false, false]);
    expect([holds.takes("s", response("regate-1")), holds.takes("s", response("regate-1"))]).toEqual([true, false]);
  });

  test("is remembered ten thousand deep", () => {
    const holds = createHolds();
    for (let n = 0; n <= 10_000; n += 1) holds.asked("s", `regate-${n}`);
    expect(holds.takes("s", response("regate-0"))).toBe(false);
    expect(holds.takes("s", response("regate-1"))).toBe(true);
  });
});
