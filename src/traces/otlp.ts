// Spans in OTLP: an ExportTraceServiceRequest of opentelemetry-proto 1 in protobuf. Field numbers are those of its .proto files. Pure.
import { Message } from "./protobuf.ts";
import type { Attributes, AttributeValue, Span } from "./span.ts";
import type { SpanContext } from "./trace-context.ts";

/** Who made the spans, in the words of OpenTelemetry's resource conventions. */
export type Resource = { readonly attributes: Attributes; readonly scope: string; readonly version: string };

const KINDS = { server: 2, client: 3 } as const;
const STATUS_ERROR = 2;
/** Of a link or a parent: it is known whether it is another process's, and it is. */
const IS_REMOTE = 0x300;
const KNOWS_REMOTE = 0x100;
const NS_PER_MS = 1_000_000;

export function encodeSpans(spans: readonly Span[], { attributes, scope, version }: Resource): Uint8Array {
  const own = new Message();
  addAttributes(own, 1, attributes);
  const scoped = new Message().message(1, new Message().text(1, scope).text(2, version));
  for (const span of spans) scoped.message(2, encodeSpan(span));
  return new Message().message(1, new Message().message(1, own).message(2, scoped)).finish();
}

function encodeSpan({ context, parentSpanId, kind, name, ...span }: Span): Message {
  const encoded = new Message().bytes(1, hex(context.traceId)).bytes(2, hex(context.spanId));
  if (context.tracestate !== undefined) encoded.text(3, context.tracestate);
  if (parentSpanId !== undefined) encoded.bytes(4, hex(parentSpanId));
  encoded.text(5, name).varint(6, KINDS[kind]).fixed64(7, unixNs(span.startUnixMs)).fixed64(8, unixNs(span.endUnixMs));
  addAttributes(encoded, 9, span.attributes);
  for (const link of span.links) encoded.message(13, encodeLink(link));
  if (span.isError) encoded.message(15, new Message().varint(3, STATUS_ERROR));
  // the parent of a server's span is another process's, that of a client's span is the server's
  return encoded.fixed32(
    16,
    context.flags | (kind === "server" && parentSpanId !== undefined ? IS_REMOTE : KNOWS_REMOTE),
  );
}

function encodeLink({ traceId, spanId, tracestate, flags }: SpanContext): Message {
  const link = new Message().bytes(1, hex(traceId)).bytes(2, hex(spanId));
  if (tracestate !== undefined) link.text(3, tracestate);
  return link.fixed32(6, flags | IS_REMOTE);
}

function addAttributes(to: Message, field: number, attributes: Attributes): void {
  for (const [key, value] of Object.entries(attributes))
    to.message(field, new Message().text(1, key).message(2, encodeValue(value)));
}

function encodeValue(value: AttributeValue): Message {
  const encoded = new Message();
  if (typeof value === "string") return encoded.text(1, value);
  if (typeof value === "boolean") return encoded.varint(2, value ? 1 : 0);
  if (typeof value === "number") return encoded.varint(3, value);
  const list = new Message();
  for (const item of value) list.message(1, new Message().text(1, item));
  return encoded.message(5, list);
}

/** Milliseconds and their fraction apart: a double does not hold so many nanoseconds. */
function unixNs(unixMs: number): bigint {
  const whole = Math.floor(unixMs);
  return BigInt(whole) * BigInt(NS_PER_MS) + BigInt(Math.round((unixMs - whole) * NS_PER_MS));
}

function hex(digits: string): Uint8Array {
  return Buffer.from(digits, "hex");
}
