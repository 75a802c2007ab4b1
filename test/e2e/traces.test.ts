// Traces from a client's own span over the gate to its server: real SDK clients, the gate as a process, real servers that write down
// what they were told, and a collector that reads OTLP by OpenTelemetry's own classes.
import { expect, test } from "vitest";
import { type DecodedSpan, decodeSpans, startCollector } from "../traces/collector.ts";
import { connectV1, connectV2 } from "./harness-clients.ts";
import { fixturePath, prepareStdioRecorder, startHttpFixture, startRecorder } from "./harness-fixtures.ts";
import { startGate } from "./harness-gate.ts";
import { whenDone } from "./harness-process.ts";

const CLIENT_SPAN = "00f067aa0ba902b7";
const traceOf = (digit: string) => digit.repeat(32);
const traceparentOf = (digit: string) => `00-${traceOf(digit)}-${CLIENT_SPAN}-01`;

test("one trace leads from a client's span over the gate to the server, in both eras, over HTTP and stdio", async () => {
  const collector = await startCollector();
  whenDone(() => collector.close());
  const legacy = await startRecorder("--sessions");
  const modern = await startHttpFixture("modern-server.mjs", ["--http", "0"]);
  const process = prepareStdioRecorder();
  const gate = await startGate({
    servers: {
      legacy: { url: legacy.url, catalogue: "recorder", arguments: "loose" },
      modern: { url: modern.url, catalogue: "recorder", arguments: "loose" },
      process: { ...process.entry, catalogue: "recorder", arguments: "loose" },
    },
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_SERVICE_NAME: "gate-of-the-test",
      OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test",
    },
  });
  const ofHeaders = await connectV1(gate.url("legacy"), { traceparent: traceparentOf("a"), baggage: "k=v" });
  await ofHeaders.callTool({ name: "echo", arguments: { text: "one" } });
  await ofHeaders.callTool({ name: "denied", arguments: { text: "of the arguments" } });
  const ofMeta = await connectV2(gate.url("modern"));
  await ofMeta.callTool({ name: "echo", arguments: { text: "two" }, _meta: { traceparent: traceparentOf("b") } });
  const ofStdio = await connectV1(gate.url("process"));
  const toProcess = { name: "echo", arguments: { text: "three" }, _meta: { traceparent: traceparentOf("c") } };
  await ofStdio.callTool(toProcess);

  // what waits is sent when the gate stops
  await gate.process.stop();
  const spans = decodeSpans(collector.received.map(({ body }) => body));
  const calls = (digit: string, name: string): DecodedSpan[] =>
    spans.filter((span) => span.traceId === traceOf(digit) && span.name === name);

  const [own, toServer] = pairOf(calls("a", "tools/call echo"));
  expect(own).toMatchObject({
    parentSpanId: CLIENT_SPAN,
    resource: {
      "service.name": "gate-of-the-test",
      "service.instance.id": expect.stringMatching(/^[0-9a-f-]{36}$/),
      "deployment.environment.name": "test",
    },
    attributes: {
      "regate.verdict": "forward",
      "regate.server": "recorder",
      "regate.decision.id": expect.stringMatching(/^[0-9a-f-]{36}$/),
      "regate.revision": expect.stringMatching(/^[0-9a-f]{12}$/),
      "mcp.session.id": expect.stringMatching(/^[0-9a-f]{32}$/),
    },
    status: "STATUS_CODE_UNSET",
  });
  const reached = legacy.entries().find((entry) => entry.kind === "request" && bodyOf(entry).includes('"tools/call"'));
  expect(reached).toMatchObject({
    headers: { traceparent: `00-${traceOf("a")}-${toServer.spanId}-01`, baggage: "k=v" },
  });

  const [refused, ...more] = calls("a", "tools/call denied");
  expect(more).toEqual([]);
  expect(refused).toMatchObject({
    kind: "SPAN_KIND_SERVER",
    attributes: { "regate.verdict": "denied", "error.type": "tool_error" },
    status: "STATUS_CODE_ERROR",
  });
  expect(refused?.attributes["regate.rules"]).not.toEqual([]);

  expect(pairOf(calls("b", "tools/call echo"))[0]).toMatchObject({ parentSpanId: CLIENT_SPAN });
  expect(pairOf(calls("b", "tools/call echo"))[0].attributes).toMatchObject({ "mcp.protocol.version": "2026-07-28" });

  const [ofProcess, toPipe] = pairOf(calls("c", "tools/call echo"));
  expect(ofProcess).toMatchObject({ parentSpanId: CLIENT_SPAN });
  expect(toPipe.attributes).toMatchObject({ "network.transport": "pipe" });
  // what a process is told is what the client said
  expect(process.bodies().find((line) => line.includes('"tools/call"'))).toContain(traceparentOf("c"));
  expect(JSON.stringify(spans, (_, value) => (typeof value === "bigint" ? String(value) : value))).not.toContain(
    "of the arguments",
  );
});

test("a gate whose collector is gone judges calls all the same, and says once that spans are lost", async () => {
  const gone = await startCollector();
  await gone.close();
  const recorder = await startRecorder("--sessions");
  const gate = await startGate({
    servers: { rec: { url: recorder.url, catalogue: "recorder", arguments: "loose" } },
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: gone.url, OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "1" },
  });
  const client = await connectV1(gate.url("rec"));
  expect(await client.callTool({ name: "echo", arguments: { text: "one" } })).toMatchObject({
    content: [{ type: "text" }],
  });
  expect(await gate.process.stop()).toEqual({ code: 0, signal: null });
  expect(gate.process.stderr().match(/spans are lost/g)).toHaveLength(1);
});

test("a gate whose variables are wrong does not start, and names them", async () => {
  const starting = startGate({
    servers: { rec: { command: "node", args: [fixturePath("recording-stdio-server.mjs")] } },
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318", OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" },
  });
  await expect(starting).rejects.toThrow("OTEL_EXPORTER_OTLP_PROTOCOL must be http/protobuf");
});

/** The gate's span of a call, and the one of its way to the server, which is its child. */
function pairOf(spans: readonly DecodedSpan[]): [own: DecodedSpan, toServer: DecodedSpan] {
  const own = spans.find(({ kind }) => kind === "SPAN_KIND_SERVER");
  const toServer = spans.find(({ kind }) => kind === "SPAN_KIND_CLIENT");
  if (own === undefined || toServer === undefined || spans.length !== 2) throw new Error(`${spans.length} spans`);
  expect(toServer.parentSpanId).toBe(own.spanId);
  return [own, toServer];
}

function bodyOf(entry: { readonly body: string }): string {
  return Buffer.from(entry.body, "base64").toString("utf8");
}
