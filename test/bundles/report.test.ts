// Status updates to a real HTTP service that is away, slow or wrong.
import { createServer, type ServerResponse } from "node:http";
import { afterEach, expect, test } from "vitest";
import { createReport, type Report, type StatusUpdate } from "../../src/bundles/report.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function startReceiver(answer: (response: ServerResponse, count: number) => void) {
  const received: StatusUpdate[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      received.push(JSON.parse(Buffer.concat(parts).toString()));
      answer(response, received.length);
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  closers.push(() => {
    server.closeAllConnections();
    return new Promise((done) => server.close(done));
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { url: `http://127.0.0.1:${address.port}/status`, received };
}

function open(url: string, logged: string[] = []): { report: Report; say: (revision: string) => void } {
  let revision = "";
  const report = createReport({
    url,
    token: undefined,
    update: () => ({
      labels: { id: "gate" },
      bundles: { regate: { name: "regate", active_revision: revision } },
      plugins: { bundle: { state: "OK" } },
    }),
    log: (line) => logged.push(line),
    pausesMs: [1],
  });
  closers.push(() => report.close());
  const say = (next: string): void => {
    revision = next;
    report.changed();
  };
  return { report, say };
}

const revisionsOf = (received: readonly StatusUpdate[]) =>
  received.map(({ bundles }) => bundles.regate?.active_revision);

test("what is new is told; of what comes while one is on its way, the newest", async () => {
  const waiting: ServerResponse[] = [];
  const { url, received } = await startReceiver((response) => waiting.push(response));
  const { say } = open(url);
  say("a");
  await expect.poll(() => received.length).toBe(1);
  for (const revision of ["b", "c", "d"]) say(revision);
  waiting[0]?.end();
  await expect.poll(() => revisionsOf(received)).toEqual(["a", "d"]);
  waiting[1]?.end();
});

test("what could not be told is told later, and the gate's log says so once", async () => {
  const logged: string[] = [];
  const { url, received } = await startReceiver((response, count) => {
    if (count <= 3) response.writeHead(503);
    response.end();
  });
  const { say } = open(url, logged);
  say("a");
  await expect.poll(() => received.length).toBe(4);
  say("b");
  await expect.poll(() => revisionsOf(received)).toEqual(["a", "a", "a", "a", "b"]);
  expect(logged).toEqual(["status: its service could not be told: it answered with HTTP status 503"]);
});

test("a redirect is not followed: it could lead anywhere, with the token", async () => {
  const elsewhere = await startReceiver((response) => response.end());
  const logged: string[] = [];
  const { url } = await startReceiver((response) => response.writeHead(307, { location: elsewhere.url }).end());
  const { say } = open(url, logged);
  say("a");
  await expect.poll(() => logged).toEqual([expect.stringContaining("HTTP status 307")]);
  expect(elsewhere.received).toEqual([]);
});

test("the end of the gate waits for nobody", async () => {
  const { url, received } = await startReceiver(() => {});
  const { report, say } = open(url);
  say("a");
  await expect.poll(() => received.length).toBe(1);
  await report.close();
});
