import { describe, expect, test } from "vitest";
import { readContext, writeTraceparent } from "../../src/traces/trace-context.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";

describe("a traceparent", () => {
  test("names trace, parent and flags, and is written as it was read", () => {
    const context = readContext({ traceparent: `00-${TRACE}-${SPAN}-01` });
    expect(context).toEqual({ traceId: TRACE, spanId: SPAN, flags: 1, tracestate: undefined });
    expect(context && writeTraceparent(context)).toBe(`00-${TRACE}-${SPAN}-01`);
  });

  test("of a later version is read as far as it is known, without the flags that are not", () => {
    expect(readContext({ traceparent: `cc-${TRACE}-${SPAN}-ff-what-else` })).toMatchObject({
      traceId: TRACE,
      flags: 3,
    });
    expect(readContext({ traceparent: `cc-${TRACE}-${SPAN}-01` })).toMatchObject({ flags: 1 });
  });

  test.each([
    ["a number", 1],
    ["nothing", undefined],
    ["an empty text", ""],
    ["two, as node puts two headers together", `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`],
    ["upper-case digits", `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ["a trace of zeros", `00-${"0".repeat(32)}-${SPAN}-01`],
    ["a parent of zeros", `00-${TRACE}-${"0".repeat(16)}-01`],
    ["the version that is none", `ff-${TRACE}-${SPAN}-01`],
    ["more than version 00 has", `00-${TRACE}-${SPAN}-01-more`],
    ["a later version with more that is not set apart", `cc-${TRACE}-${SPAN}-01more`],
    ["too few digits", `00-${TRACE.slice(1)}-${SPAN}-01`],
    ["a line break", `00-${TRACE}-${SPAN}-01\n`],
    ["10,000 characters", `cc-${TRACE}-${SPAN}-01-${"a".repeat(10_000)}`],
  ])("that is %s names no parent", (_what, traceparent) => {
    expect(readContext({ traceparent, tracestate: "a=1" })).toBeUndefined();
  });
});

describe("a tracestate", () => {
  const stateOf = (tracestate: unknown) =>
    readContext({ traceparent: `00-${TRACE}-${SPAN}-01`, tracestate })?.tracestate;

  test("is kept, without the white space between its members", () => {
    expect(stateOf("rojo=00f067aa0ba902b7 ,\tcongo=t61rcWkgMzE,, 0a@b=c d")).toBe(
      "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE,0a@b=c d",
    );
  });

  test.each([
    ["no text", ["a=1"]],
    ["nothing but commas", ", ,"],
    ["a key in upper case", "A=1"],
    ["no value", "a="],
    ["two signs of equality", "a=b=c"],
    ["a line break", "a=1\r\nx-evil: 1"],
    ["a letter that is not ASCII", "a=é"],
    ["33 members", Array.from({ length: 33 }, (_, at) => `k${at}=1`).join(",")],
  ])("with %s is left out, and the parent counts all the same", (_what, tracestate) => {
    expect(stateOf(tracestate)).toBeUndefined();
  });

  test("of 10,000 characters is cut after the last whole member of 512", () => {
    const state = stateOf(Array.from({ length: 100 }, (_, at) => `k${at}=${"v".repeat(95)}`).join(","));
    expect(state).toBe(Array.from({ length: 5 }, (_, at) => `k${at}=${"v".repeat(95)}`).join(","));
    expect(stateOf(`a=${"v".repeat(10_000)}`)).toBeUndefined();
  });
});
