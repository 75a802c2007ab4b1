// A relay whose client leaves before anything was written upstream: nothing may be written any more, and tokens go back.
import { describe, expect, test } from "vitest";
import { AnswerRelay } from "../../src/mcp/http-answer.ts";
import { parseClientMessage } from "../../src/mcp/jsonrpc.ts";
import type { PostExchange } from "../../src/mcp/upstream.ts";
import { callBody } from "../e2e/harness-wire.ts";
import { exchangeOf } from "./exchanges.ts";

/** A relay of one call, and what happens to it, in order. */
function bench(text: string) {
  const trace: string[] = [];
  const body = Buffer.from(text);
  const message = parseClientMessage(body, { maxBytes: 1_000, maxDepth: 64 });
  if (message.kind === "refused") throw new Error(message.problem);
  const exchange = {
    ...exchangeOf(),
    message,
    body,
    onNothingWritten: () => trace.push("nothing written"),
    issueSessionId: (id: string) => id,
  } satisfies PostExchange;
  const relay = new AnswerRelay({
    exchange,
    post: exchange,
    server: "s",
    answerTimeoutMs: 60_000,
    maxAnswerBytes: 1_000,
    log: (line) => trace.push(`log ${line}`),
    reply: async () => {},
    over: (status) => trace.push(`over ${status}`),
  });
  const controller = {
    aborted: false,
    paused: false,
    reason: null,
    rawHeaders: null,
    rawTrailers: null,
    pause: () => {},
    resume: () => {},
    abort: (reason: Error) => {
      trace.push(`abort: ${reason.message}`);
      // as the dispatcher does: it reports the abortion back
      relay.onResponseError(undefined, reason);
    },
  };
  return { trace, relay, controller, leave: () => exchange.outgoing.emit("close") };
}

describe("a client that leaves while its request waits for a connection", () => {
  test("has it broken off before a byte is written, and its tokens back, once", () => {
    const { trace, relay, controller, leave } = bench(callBody(1, "echo"));
    leave();
    expect(trace).toEqual(["over undefined"]);
    relay.onRequestStart(controller);
    expect(trace).toEqual(["over undefined", "abort: the client went away", "nothing written"]);
  });

  test("has its tokens back where the connection is never made", () => {
    const { trace, relay, leave } = bench(callBody(1, "echo"));
    leave();
    relay.onResponseError(undefined, new Error("refused"));
    expect(trace).toEqual(["over undefined", "nothing written"]);
  });

  test("has its notification written all the same", () => {
    const { trace, relay, controller, leave } = bench('{"jsonrpc":"2.0","method":"notifications/x"}');
    leave();
    relay.onRequestStart(controller);
    expect(trace).toEqual([]);
  });
});

describe("a client that leaves after its request was begun", () => {
  test("has it broken off, and no tokens back", () => {
    const { trace, relay, controller, leave } = bench(callBody(1, "echo"));
    relay.onRequestStart(controller);
    leave();
    expect(trace).toEqual(["over undefined", "abort: the client went away"]);
  });
});
