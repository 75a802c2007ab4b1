import { describe, expect, test } from "vitest";
import {
  describeRefusal,
  errorAnswer,
  type RefusedVerdict,
  refusal,
  refusalError,
  upstreamError,
} from "../../src/mcp/refusal.ts";
import { CALL, DECISION, denied, ID, LIMIT, limited, verdict } from "./refused-verdicts.ts";

test("nothing of a failed step's problem is in any form of the refusal", () => {
  const failed = verdict({ kind: "failed", step: "record", problem: "secret" }, undefined);
  expect(refusal(failed, CALL, "1", "legacy")).not.toContain("secret");
  expect(refusalError(failed, CALL, "1")).not.toContain("secret");
});

describe("the answer to a tools/call", () => {
  const data = {
    action: "deny",
    reasons: DECISION.reasons,
    rules: DECISION.rules,
    decision_id: ID,
    bundle_revision: "abcdef012345",
  };
  const text = describeRefusal(denied(DECISION.reasons), CALL);

  test("is a tool result that is an error, text first, with the decision as data", () => {
    const answer = refusal(denied(DECISION.reasons), CALL, "7", "legacy");
    expect(answer.startsWith('{"jsonrpc":"2.0","id":7,"result":{"isError":true,"content":[')).toBe(true);
    expect(JSON.parse(answer)).toEqual({
      jsonrpc: "2.0",
      id: 7,
      result: { isError: true, content: [{ type: "text", text }], _meta: { "regate/decision": data } },
    });
  });

  test("is complete in the modern era", () => {
    const answer = JSON.parse(refusal(denied(DECISION.reasons), CALL, "7", "modern"));
    expect(answer.result.resultType).toBe("complete");
    expect(answer.result.isError).toBe(true);
  });

  test.each(["7", '"7"', '"a\\u0062"', "9007199254740993", "1.0"])("echoes the id %s as it came", (idText) => {
    for (const answer of [
      refusal(denied([]), CALL, idText, "modern"),
      refusal(denied([]), { server: "s", method: "x" }, idText, "modern"),
      refusalError(denied([]), CALL, idText),
      upstreamError(idText, "s", "p"),
      errorAnswer(idText, -32700, "m"),
    ]) {
      expect(answer.startsWith(`{"jsonrpc":"2.0","id":${idText},`)).toBe(true);
      expect(JSON.parse(answer).jsonrpc).toBe("2.0");
    }
  });

  test("says as data how long to wait, by which rule", () => {
    const answer = JSON.parse(refusal(limited({}, 5.2), CALL, "1", "legacy"));
    expect(answer.result._meta["regate/decision"]).toEqual({
      ...data,
      action: "rate_limit",
      reasons: [],
      rules: [LIMIT.rule],
      retry_after: 6,
    });
  });

  test("has no seconds where waiting does not help", () => {
    expect(refusal(limited({ cost: 11 }), CALL, "1", "legacy")).not.toContain("retry_after");
  });

  test.each([
    [{ kind: "too_many_buckets", limit: LIMIT } as const, "rate_limit", undefined],
    [{ kind: "too_many_in_flight", overload: { of: "server", max: 9 } } as const, "rate_limit", undefined],
    [{ kind: "approval_needed", reasons: [], problem: "p" } as const, "require_approval", undefined],
    [{ kind: "invalid_arguments", problem: "p" } as const, "invalid_arguments", undefined],
    [{ kind: "failed", step: "limit", problem: "p" } as const, "deny", "limit"],
  ])("names its action: %o", (outcome, action, step) => {
    const answer = JSON.parse(refusal(verdict(outcome), CALL, "1", "legacy"));
    expect(answer.result._meta["regate/decision"]).toMatchObject({ action });
    expect(answer.result._meta["regate/decision"].failed_step).toBe(step);
  });

  test("says as data what is wrong with the arguments, by no rule", () => {
    const unfit = verdict({ kind: "invalid_arguments", problem: "/a must be string" });
    expect(JSON.parse(refusal(unfit, CALL, "1", "legacy")).result._meta["regate/decision"]).toEqual({
      ...data,
      action: "invalid_arguments",
      reasons: ["/a must be string"],
      rules: [],
    });
  });

  test("leaves out what is not known when a step failed before the policy was asked", () => {
    const failed: RefusedVerdict = {
      ...{ id: ID, decision: undefined, facts: undefined, fuel: 0, bundle: undefined },
      ...{ kind: "failed", step: "complete", problem: "p" },
    };
    expect(JSON.parse(refusal(failed, CALL, "1", "legacy")).result._meta["regate/decision"]).toEqual({
      action: "deny",
      reasons: [],
      rules: [],
      failed_step: "complete",
      decision_id: ID,
    });
  });
});

describe("an error answer", () => {
  test("refuses other methods with code 1001, the reason in the message", () => {
    const call = { server: "s", method: "resources/read" };
    const answer = JSON.parse(refusal(denied(["No"]), call, '"x"', "modern"));
    expect(answer).toEqual({
      jsonrpc: "2.0",
      id: "x",
      error: {
        code: 1001,
        message: describeRefusal(denied(["No"]), call),
        data: { "regate/decision": expect.objectContaining({ action: "deny", reasons: ["No"], decision_id: ID }) },
      },
    });
  });

  test("tells of an upstream's fault with code 1002 in one line", () => {
    expect(upstreamError("5", "files", "it closed\nthe connection")).toBe(
      '{"jsonrpc":"2.0","id":5,"error":{"code":1002,"message":"The server files failed: it closed\\\\u{000a}the connection"}}',
    );
  });

  test("has data only where some is given", () => {
    expect(errorAnswer("null", -32700, "no JSON")).toBe(
      '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"no JSON"}}',
    );
    expect(JSON.parse(errorAnswer("1", 1, "m", [2])).error.data).toEqual([2]);
  });
});
