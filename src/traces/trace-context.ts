// W3C Trace Context (level 1, and the random bit of level 2): who a message says is its parent. What is not in order counts as
// not there. Pure.

/** `flags`: bit 0 sampled, bit 1 the id is random. `tracestate` is in order where it is there. */
export type SpanContext = {
  /** 32 lower-case hex digits, not all zero. */
  readonly traceId: string;
  /** 16 lower-case hex digits, not all zero. */
  readonly spanId: string;
  readonly flags: number;
  readonly tracestate: string | undefined;
};

export const SAMPLED = 1;
const KNOWN_FLAGS = 3;

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
/** Of a version that is not known yet, longer than this is nobody's. */
const LONGEST_TRACEPARENT = 512;
/** As much as everyone must pass on; what is beyond goes, from its end. */
const LONGEST_TRACESTATE = 512;
const MOST_MEMBERS = 32;
const MEMBER =
  /^(?:[a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;

/** What a message brings as its context: two texts, if it is meant well. */
export type Carrier = { readonly traceparent?: unknown; readonly tracestate?: unknown };

/** Undefined where it names no parent. */
export function readContext({ traceparent, tracestate }: Carrier): SpanContext | undefined {
  if (typeof traceparent !== "string" || traceparent.length > LONGEST_TRACEPARENT) return undefined;
  const [, version, traceId = "", spanId = "", flags = "", more] = TRACEPARENT.exec(traceparent) ?? [];
  if (version === undefined || version === "ff" || (version === "00" && more !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, flags: Number.parseInt(flags, 16) & KNOWN_FLAGS, tracestate: readState(tracestate) };
}

export function writeTraceparent({ traceId, spanId, flags }: SpanContext): string {
  return `00-${traceId}-${spanId}-0${flags}`;
}

/** Undefined where one of its members is not in order. Only so much of it is looked at as could be passed on. */
function readState(tracestate: unknown): string | undefined {
  if (typeof tracestate !== "string") return undefined;
  const isLong = tracestate.length > LONGEST_TRACESTATE;
  const members = tracestate.slice(0, LONGEST_TRACESTATE + 1).split(",");
  // the last one may be cut in two
  if (isLong) members.pop();
  const kept = members.map((member) => member.replace(/^[ \t]+|[ \t]+$/g, "")).filter((member) => member !== "");
  if (kept.length === 0 || kept.length > MOST_MEMBERS || !kept.every((member) => MEMBER.test(member))) return undefined;
  return kept.join(",");
}
