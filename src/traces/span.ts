// One span of a trace, when it is over. Types only.
import type { SpanContext } from "./trace-context.ts";

export type AttributeValue = string | number | boolean | readonly string[];
/** Numbers are whole, and not below zero. */
export type Attributes = Readonly<Record<string, AttributeValue>>;

export type Span = {
  readonly context: SpanContext;
  readonly parentSpanId: string | undefined;
  readonly kind: "server" | "client";
  readonly name: string;
  /** Unix time in milliseconds, with fractions. */
  readonly startUnixMs: number;
  readonly endUnixMs: number;
  readonly attributes: Attributes;
  readonly links: readonly SpanContext[];
  readonly isError: boolean;
};
