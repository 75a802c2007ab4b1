import { describe, expect, test } from "vitest";
import type { Call } from "../../src/gate/types.ts";
import { createContinuations } from "../../src/mcp/continuations.ts";

const CALL: Call = {
  server: "s",
  direction: "to_server",
  method: "tools/call",
  tool: "t",
  args: { text: '{"n":1}', value: { n: 1 } },
  session: "principal:ann",
  principal: { id: "ann", groups: [], claims: {} },
};

/** The params of a retry that answers a question. */
const retry = (requestState: unknown) => ({ inputResponses: { q: { action: "accept" } }, requestState });

describe("a retry with a requestState that the gate relayed", () => {
  test("continues its call, once", () => {
    const continuations = createContinuations();
    continuations.remember(CALL, "state");
    expect(continuations.use(CALL, retry("state"))).toBe(true);
    expect(continuations.use(CALL, retry("state"))).toBe(false);
  });

  test.each([
    ["another server", { server: "other" }],
    ["another server of its name", { place: { key: "s", id: "other" } }],
    ["another principal", { principal: { ...CALL.principal, id: "bob" } }],
    ["another session", { session: "stdio:1" }],
    ["another method", { method: "prompts/get" }],
    ["another tool", { tool: "other" }],
    ["other arguments", { args: { text: '{"n":2}', value: { n: 2 } } }],
    ["arguments in another spelling", { args: { text: '{"n":1.0}', value: { n: 1 } } }],
  ] satisfies [string, Partial<Call>][])("does not continue a call with %s", (_title, change) => {
    const continuations = createContinuations();
    continuations.remember(CALL, "state");
    expect(continuations.use({ ...CALL, ...change }, retry("state"))).toBe(false);
    expect(continuations.use(CALL, retry("state"))).toBe(true);
  });

  test("does not continue a call that had arguments where the retry has none", () => {
    const { args: _, ...bare } = CALL;
    const continuations = createContinuations();
    continuations.remember(CALL, "state");
    expect(continuations.use(bare, retry("state"))).toBe(false);
  });

  test.each([["other"], [""], [undefined], [null], [7], [["state"]], [{ toString: () => "state" }]])(
    "takes no other state: %j",
    (state) => {
      const continuations = createContinuations();
      continuations.remember(CALL, "state");
      expect(continuations.use(CALL, retry(state))).toBe(false);
    },
  );

  test("continues nothing where it answers nothing", () => {
    const continuations = createContinuations();
    continuations.remember(CALL, "state");
    for (const params of [
      undefined,
      null,
      "state",
      { requestState: "state" },
      { inputResponses: [], requestState: "state" },
    ])
      expect(continuations.use(CALL, params)).toBe(false);
  });

  test("earns no other: a server that keeps asking costs a token each second time", () => {
    const continuations = createContinuations();
    continuations.remember({ ...CALL, continued: true }, "again");
    expect(continuations.use(CALL, retry("again"))).toBe(false);
  });

  test("keeps tool and arguments apart, however they are spelt", () => {
    const continuations = createContinuations();
    continuations.remember({ ...CALL, tool: 'a","b', args: { text: "", value: undefined } }, "state");
    expect(continuations.use({ ...CALL, tool: "a", args: { text: 'b","', value: undefined } }, retry("state"))).toBe(
      false,
    );
  });

  test("is forgotten first where there are too many, and costs a token then", () => {
    const continuations = createContinuations();
    for (let state = 0; state <= 10_000; state += 1) continuations.remember(CALL, `state-${state}`);
    expect(continuations.use(CALL, retry("state-0"))).toBe(false);
    expect(continuations.use(CALL, retry("state-1"))).toBe(true);
    expect(continuations.use(CALL, retry("state-10000"))).toBe(true);
  });
});
