// The two spans of a message: the gate's own, from its judgement to the end of its answer, and the one of its way to the server.
// OpenTelemetry's conventions for MCP and GenAI name what they say; what is Regate's is `regate.*`. No argument, no result and no
// principal is in them: the decision log has those, by the decision's id.
import type { Call, Verdict } from "../gate/types.ts";
import { isRecord } from "../mcp/envelope.ts";
import type { ClientNotification, ClientRequest } from "../mcp/jsonrpc.ts";
import type { Outgoing } from "../mcp/outgoing.ts";
import { REFUSED_CODE, rulesBehind, UPSTREAM_FAILED_CODE } from "../mcp/refusal.ts";
import type { CallTrace, Traced, TraceHeaders, Tracing } from "../mcp/tracing.ts";
import type { Screen, Screened } from "../mcp/upstream.ts";
import { methodLabel } from "../metrics/labels.ts";
import { type AnswerOutcome, errorOutcome, readOutcome, TOOL_ERROR } from "./outcome.ts";
import type { Sampler } from "./sampler.ts";
import type { AttributeValue, Span } from "./span.ts";
import { readContext, SAMPLED, type SpanContext, writeTraceparent } from "./trace-context.ts";

export type TracedServer = {
  /** Its name in policy. */
  readonly catalogue: string;
  /** Where it is reached over HTTP; undefined for a process. */
  readonly url: URL | undefined;
};

export type TracingOptions = {
  readonly server: TracedServer;
  readonly sampler: Sampler;
  readonly add: (span: Span) => void;
  readonly unixMs: () => number;
  readonly monotonicMs: () => number;
  /** Random bytes as lower-case hex, not all zero. */
  readonly newId: (bytes: number) => string;
};

/** The same while a span is made. */
type Draft = Record<string, AttributeValue>;

const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;
/** What a client chooses freely is cut. */
const MAX_CHARS = 256;
const MAX_RULES = 20;
/** Its stream ends when its client has heard enough. */
const LISTENING = "subscriptions/listen";
const CANCELLED: AnswerOutcome = { errorType: "cancelled", code: undefined };
const NO_ANSWER: AnswerOutcome = { errorType: "no_answer", code: undefined };
const VERSION = /^\d{4}-\d{2}-\d{2}$/;

export function createTracing(options: TracingOptions): Tracing {
  const { sampler, newId } = options;
  return {
    begin(traced) {
      const { parent, links } = parentOf(traced);
      const traceId = parent?.traceId ?? newId(TRACE_ID_BYTES);
      const isSampled = sampler(traceId, parent);
      const flags = ((parent?.flags ?? 0) & ~SAMPLED) | (isSampled ? SAMPLED : 0);
      const own = (): SpanContext => ({
        traceId,
        spanId: newId(SPAN_ID_BYTES),
        flags,
        tracestate: parent?.tracestate,
      });
      return isSampled ? new Recorded(options, traced, own, parent, links) : unrecorded(own);
    },
  };
}

/** MCP has the context of a message in its `_meta`; that of the request which carries it is linked where it is another one. */
function parentOf({ message, headers }: Traced): { parent: SpanContext | undefined; links: readonly SpanContext[] } {
  const ofTransport = readContext({ traceparent: headers.traceparent, tracestate: headers.tracestate });
  const ofMessage = readContext(message.meta ?? {});
  if (ofMessage === undefined || ofTransport === undefined) return { parent: ofMessage ?? ofTransport, links: [] };
  const isSame = ofMessage.traceId === ofTransport.traceId && ofMessage.spanId === ofTransport.spanId;
  return { parent: ofMessage, links: isSame ? [] : [ofTransport] };
}

/** The server learns that nobody records. */
function unrecorded(own: () => SpanContext): CallTrace {
  return { judged() {}, forwarded: () => headersOf(own()), watch: (screen) => screen, end() {} };
}

class Recorded implements CallTrace {
  readonly #options: TracingOptions;
  readonly #message: ClientRequest | ClientNotification;
  readonly #own: () => SpanContext;
  readonly #context: SpanContext;
  readonly #parent: SpanContext | undefined;
  readonly #links: readonly SpanContext[];
  /** What both spans say. */
  readonly #common: Draft;
  readonly #attributes: Draft = {};
  readonly #startUnixMs: number;
  readonly #startMs: number;
  #name: string;
  #verdict: Verdict | undefined;
  #forwarded: { readonly context: SpanContext; readonly startUnixMs: number } | undefined;
  /** What the server answered, and what the client got of it. */
  #answered: AnswerOutcome | undefined;
  #passed: AnswerOutcome | undefined;

  constructor(
    options: TracingOptions,
    { message, session, headers }: Traced,
    own: () => SpanContext,
    parent: SpanContext | undefined,
    links: readonly SpanContext[],
  ) {
    this.#options = options;
    this.#message = message;
    this.#own = own;
    this.#context = own();
    this.#parent = parent;
    this.#links = links;
    this.#startUnixMs = options.unixMs();
    this.#startMs = options.monotonicMs();
    this.#name = message.method;
    const common: Draft = { "mcp.method.name": cut(message.method), "regate.server": options.server.catalogue };
    if (message.kind === "request") common["jsonrpc.request.id"] = cut(String(message.id));
    if (session.kind === "issued") common["mcp.session.id"] = session.name;
    const version = headers["mcp-protocol-version"];
    if (typeof version === "string" && VERSION.test(version)) common["mcp.protocol.version"] = version;
    if (message.kind === "request" && message.tool !== undefined) {
      common["gen_ai.operation.name"] = "execute_tool";
      common["gen_ai.tool.name"] = cut(message.tool);
    }
    const prompt = message.method === "prompts/get" ? paramOf(message, "name") : undefined;
    if (prompt !== undefined) common["gen_ai.prompt.name"] = cut(prompt);
    this.#common = common;
  }

  judged(call: Call, verdict: Verdict): void {
    this.#verdict = verdict;
    // what an agent makes up names no span
    this.#name = call.definition === undefined ? methodLabel({ call }) : `${call.method} ${cut(call.tool ?? "")}`;
    const said = this.#attributes;
    said["regate.verdict"] = verdict.kind;
    said["regate.decision.id"] = verdict.id;
    const rules =
      verdict.kind === "forward" ? (verdict.deciding ?? verdict.decision?.rules ?? []) : rulesBehind(verdict);
    if (rules.length > 0) said["regate.rules"] = rules.slice(0, MAX_RULES);
    if (verdict.bundle !== undefined) said["regate.revision"] = verdict.bundle.revision;
    if (verdict.facts !== undefined) said["regate.category"] = verdict.facts.category;
    if (verdict.kind === "failed") said["regate.failed_step"] = verdict.step;
    if (verdict.kind === "forward" && verdict.instead !== undefined)
      said["regate.observed_verdict"] = verdict.instead.kind;
    const approval = "approval" in verdict ? verdict.approval : undefined;
    if (approval === undefined) return;
    said["regate.approval.id"] = approval.id;
    said["regate.approval.state"] = approval.state;
    said["regate.approval.waited_ms"] = Math.round(approval.waitedMs);
  }

  forwarded(): TraceHeaders {
    const context = this.#own();
    this.#forwarded = { context, startUnixMs: this.#now() };
    return headersOf(context);
  }

  watch(screen: Screen): Screen {
    const saw = (text: string, screened: Screened): Screened => {
      this.#saw(text, screened);
      return screened;
    };
    const watched: Screen = (text) => {
      const screened = screen(text);
      return screened instanceof Promise ? screened.then((one) => saw(text, one)) : saw(text, screened);
    };
    const { isStrict } = screen;
    return isStrict === undefined ? watched : Object.assign(watched, { isStrict });
  }

  end(outgoing: Outgoing): void {
    const { server, add } = this.#options;
    const endUnixMs = this.#now();
    if (this.#forwarded !== undefined) {
      const { context, startUnixMs } = this.#forwarded;
      add({
        context,
        parentSpanId: this.#context.spanId,
        kind: "client",
        name: this.#name,
        startUnixMs,
        endUnixMs,
        links: [],
        ...described(
          { ...this.#common, ...transportOf(server) },
          this.#answered ?? this.#unanswered(outgoing, NO_ANSWER),
        ),
      });
    }
    add({
      context: this.#context,
      parentSpanId: this.#parent?.spanId,
      kind: "server",
      name: this.#name,
      startUnixMs: this.#startUnixMs,
      endUnixMs,
      links: this.#links,
      ...described(
        { ...this.#common, ...HTTP, ...this.#attributes },
        this.#passed ?? this.#refused() ?? this.#unanswered(outgoing, errorOutcome(UPSTREAM_FAILED_CODE)),
      ),
    });
  }

  /** Never goes back. */
  #now(): number {
    return this.#startUnixMs + (this.#options.monotonicMs() - this.#startMs);
  }

  #saw(text: string, screened: Screened): void {
    if (this.#message.kind !== "request" || screened.kind === "drop" || screened.kind === "refuse") return;
    const outcome = readOutcome(text);
    if (outcome === undefined) return;
    this.#answered = outcome;
    this.#passed = screened.kind === "replace" ? (readOutcome(screened.text) ?? outcome) : outcome;
  }

  /** What a refused call was answered. */
  #refused(): AnswerOutcome | undefined {
    if (this.#verdict === undefined || this.#verdict.kind === "forward") return undefined;
    if (this.#message.kind === "notification") return { errorType: this.#verdict.kind, code: undefined };
    return this.#message.tool === undefined ? errorOutcome(REFUSED_CODE) : TOOL_ERROR;
  }

  /** No message of the server's passed: the gate itself answered, or nobody did. @param failed where the server is to blame */
  #unanswered({ statusCode, writableEnded }: Outgoing, failed: AnswerOutcome): AnswerOutcome | undefined {
    if (statusCode >= 400) return { errorType: String(statusCode), code: undefined };
    if (this.#message.kind === "notification" || this.#message.method === LISTENING) return undefined;
    return writableEnded && this.#forwarded !== undefined ? failed : CANCELLED;
  }
}

const HTTP: Draft = { "network.transport": "tcp", "network.protocol.name": "http" };

function transportOf({ url }: TracedServer): Draft {
  if (url === undefined) return { "network.transport": "pipe" };
  const port = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
  return { ...HTTP, "server.address": url.hostname, "server.port": port };
}

function described(attributes: Draft, outcome: AnswerOutcome | undefined): Pick<Span, "attributes" | "isError"> {
  const { errorType, code } = outcome ?? {};
  if (errorType !== undefined) attributes["error.type"] = errorType;
  if (code !== undefined) attributes["rpc.response.status_code"] = code;
  return { attributes, isError: errorType !== undefined };
}

function headersOf(context: SpanContext): TraceHeaders {
  return { traceparent: writeTraceparent(context), tracestate: context.tracestate };
}

function paramOf({ params }: ClientRequest | ClientNotification, key: string): string | undefined {
  const value = isRecord(params?.value) ? params.value[key] : undefined;
  return typeof value === "string" ? value : undefined;
}

function cut(text: string): string {
  return text.length > MAX_CHARS ? text.slice(0, MAX_CHARS) : text;
}
