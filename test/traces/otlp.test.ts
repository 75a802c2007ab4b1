import { expect, test } from "vitest";
import { encodeSpans } from "../../src/traces/otlp.ts";
import type { Span } from "../../src/traces/span.ts";
import { decodeSpans } from "./collector.ts";

const RESOURCE = { attributes: { "service.name": "regate", "host.name": "a" }, scope: "regate", version: "1.2.3" };
const span: Span = {
  context: { traceId: "4bf92f3577b34da6a3ce929d0e0e4736", spanId: "00f067aa0ba902b7", flags: 1, tracestate: "a=1,b=2" },
  parentSpanId: "1111111111111111",
  kind: "server",
  name: "tools/call é",
  startUnixMs: 1_796_095_274_123.456_8,
  endUnixMs: 1_796_095_274_124,
  attributes: {
    text: "\u{1f600}",
    many: ["a", "", "c"],
    none: [],
    yes: true,
    no: false,
    port: 65_535,
    large: 2 ** 53 - 1,
    zero: 0,
  },
  links: [{ traceId: "f".repeat(32), spanId: "e".repeat(16), flags: 0, tracestate: "c=3" }],
  isError: true,
};

test("spans are read by OpenTelemetry's own classes as they were", () => {
  const bare: Span = {
    ...span,
    context: { ...span.context, tracestate: undefined },
    parentSpanId: undefined,
    kind: "client",
    attributes: { long: "x".repeat(70_000) },
    links: [],
    isError: false,
  };
  const [first, second, ...more] = decodeSpans([encodeSpans([span, bare], RESOURCE)]);
  expect(more).toEqual([]);
  expect(first).toMatchObject({
    resource: RESOURCE.attributes,
    scope: ["regate", "1.2.3"],
    traceId: span.context.traceId,
    spanId: span.context.spanId,
    parentSpanId: "1111111111111111",
    traceState: "a=1,b=2",
    flags: 0x301,
    name: "tools/call é",
    kind: "SPAN_KIND_SERVER",
    endUnixNs: 1_796_095_274_124_000_000n,
    attributes: span.attributes,
    links: [{ traceId: "f".repeat(32), spanId: "e".repeat(16), traceState: "c=3", flags: 0x300 }],
    status: "STATUS_CODE_ERROR",
  });
  // as finely as a double holds it
  expect(Number((first?.startUnixNs ?? 0n) - 1_796_095_274_123_000_000n)).toBeCloseTo(456_800, -3);
  expect(second).toMatchObject({
    parentSpanId: "",
    traceState: "",
    flags: 0x101,
    kind: "SPAN_KIND_CLIENT",
    attributes: { long: "x".repeat(70_000) },
    links: [],
    status: "STATUS_CODE_UNSET",
  });
});
