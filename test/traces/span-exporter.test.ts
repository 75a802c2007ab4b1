import { expect, onTestFinished, test } from "vitest";
import type { Span } from "../../src/traces/span.ts";
import { createSpanExporter, type ExporterOptions } from "../../src/traces/span-exporter.ts";
import { type Collector, decodeSpans, startCollector } from "./collector.ts";

function spanOf(name: string): Span {
  return {
    context: { traceId: "1".repeat(32), spanId: "2".repeat(16), flags: 1, tracestate: undefined },
    parentSpanId: undefined,
    kind: "server",
    name,
    startUnixMs: 1,
    endUnixMs: 2,
    attributes: {},
    links: [],
    isError: false,
  };
}

function exporterTo(url: string, options: Partial<ExporterOptions> = {}) {
  const log: string[] = [];
  const exporter = createSpanExporter({
    url: `${url}/v1/traces`,
    headers: { authorization: "Bearer of-the-collector" },
    resource: { attributes: {}, scope: "regate", version: "1" },
    timeoutMs: 10_000,
    delayMs: 1,
    maxQueued: 100,
    maxBatch: 10,
    pausesMs: [1, 1],
    log: (line) => log.push(line),
    ...options,
  });
  onTestFinished(() => exporter.close());
  return { exporter, log };
}

async function collector(...args: Parameters<typeof startCollector>): Promise<Collector> {
  const started = await startCollector(...args);
  onTestFinished(() => started.close());
  return started;
}

const namesOf = ({ received }: Collector) => decodeSpans(received.map(({ body }) => body)).map(({ name }) => name);

test("what waits is sent after a while, in batches, with the headers that were configured", async () => {
  const to = await collector();
  const { exporter, log } = exporterTo(to.url);
  for (let at = 0; at < 25; at += 1) exporter.add(spanOf(`s${at}`));
  await to.until(3);
  expect(namesOf(to)).toEqual(Array.from({ length: 25 }, (_, at) => `s${at}`));
  expect(to.received[0]).toMatchObject({
    path: "/v1/traces",
    headers: { "content-type": "application/x-protobuf", authorization: "Bearer of-the-collector" },
  });
  expect([exporter.lost(), log]).toEqual([0, []]);
});

test("a close sends what waits, though its time has not come", async () => {
  const to = await collector();
  const { exporter } = exporterTo(to.url, { delayMs: 600_000, maxBatch: 2 });
  for (const name of ["a", "b", "c"]) exporter.add(spanOf(name));
  await exporter.close();
  expect(namesOf(to)).toEqual(["a", "b", "c"]);
  // what comes after the end is lost, not kept
  exporter.add(spanOf("late"));
  expect(exporter.lost()).toBe(1);
});

test("a collector that is overloaded is asked again, and gets the same spans", async () => {
  const to = await collector((response, request) => response.writeHead(request < 2 ? 503 : 200).end());
  const { exporter, log } = exporterTo(to.url);
  exporter.add(spanOf("a"));
  await to.until(3);
  expect(to.received.map(({ body }) => body)).toEqual(Array(3).fill(to.received[0]?.body));
  await exporter.close();
  expect([exporter.lost(), log]).toEqual([0, []]);
});

test("a collector that refuses spans is not asked again for those; that is said once, and that it is over", async () => {
  let status = 400;
  const to = await collector((response) => response.writeHead(status).end("\u0000garbage\u001b[31m"));
  const { exporter, log } = exporterTo(to.url, { maxBatch: 1 });
  exporter.add(spanOf("a"));
  exporter.add(spanOf("b"));
  await to.until(2);
  status = 200;
  exporter.add(spanOf("c"));
  await exporter.close();
  expect(to.received).toHaveLength(3);
  expect(exporter.lost()).toBe(2);
  expect(log).toEqual([
    "traces: 1 spans are lost, and further ones until the collector takes them: it answered with HTTP status 400",
    "traces: the collector takes spans again; 2 were lost meanwhile",
  ]);
});

test.each([
  [
    "a redirect",
    (response: import("node:http").ServerResponse) => void response.writeHead(303, { location: "/elsewhere" }).end(),
  ],
  ["what is no HTTP", (response: import("node:http").ServerResponse) => void response.socket?.end("garbage\r\n\r\n")],
  ["nothing, and hangs up", (response: import("node:http").ServerResponse) => void response.destroy()],
])("a collector that answers %s loses spans, and nothing else happens", async (_what, answer) => {
  const to = await collector(answer);
  const { exporter, log } = exporterTo(to.url);
  exporter.add(spanOf("a"));
  await to.until(1);
  await exporter.close();
  expect(exporter.lost()).toBe(1);
  expect(log).toHaveLength(1);
  expect(to.received.every(({ path }) => path === "/v1/traces")).toBe(true);
});

test("a collector that answers without end is not listened to", async () => {
  const to = await collector((response) => {
    response.writeHead(200);
    const chunk = Buffer.alloc(65_536);
    const more = (): void => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on("drain", more);
    more();
  });
  const { exporter, log } = exporterTo(to.url);
  exporter.add(spanOf("a"));
  await to.until(1);
  await exporter.close();
  expect([exporter.lost(), log]).toEqual([0, []]);
});

test("behind a collector that says nothing only so many spans wait, and the end does not wait for it", async () => {
  const to = await collector(() => {});
  const { exporter, log } = exporterTo(to.url, { maxQueued: 20, maxBatch: 10, closeMs: 1 });
  for (let at = 0; at < 1_000; at += 1) exporter.add(spanOf(`s${at}`));
  await to.until(1);
  // 10 are under way, 20 wait
  expect(exporter.lost()).toBe(970);
  await exporter.close();
  expect(exporter.lost()).toBe(1_000);
  expect(log).toEqual([
    "traces: 10 spans are lost, and further ones until the collector takes them: it took too long at the end",
  ]);
});

test("a collector that takes too long for a try loses spans", async () => {
  const to = await collector(() => {});
  const { exporter, log } = exporterTo(to.url, { timeoutMs: 5, pausesMs: [] });
  exporter.add(spanOf("a"));
  await to.until(1);
  await exporter.close();
  expect(exporter.lost()).toBe(1);
  expect(log[0]).toContain("it did not answer in time");
});

test("where no collector is, spans are lost and said so", async () => {
  const to = await startCollector();
  await to.close();
  const { exporter, log } = exporterTo(to.url);
  exporter.add(spanOf("a"));
  await exporter.close();
  expect(exporter.lost()).toBe(1);
  expect(log[0]).toContain("ECONNREFUSED");
});
