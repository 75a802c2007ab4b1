// What a real receiver over HTTP gets of a new request for approval, and how often it is tried where the receiver does not take it.
import { createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import type { ApprovalRequest } from "../../src/approvals/approval.ts";
import { createWebhook, SIGNATURE_HEADER, sign, type WebhookOptions } from "../../src/approvals/webhook.ts";
import { waitFor } from "../e2e/harness-process.ts";
import { QUESTION } from "./support.ts";

const SECRET = "a-secret-of-the-tests";
const { method: _, direction: __, place, timeoutSeconds: ___, ...ASKED } = QUESTION;
const REQUEST: ApprovalRequest = {
  ...ASKED,
  serverKey: place?.key,
  id: "approval-1",
  state: "pending",
  askedUnixMs: Date.parse("2026-11-02T12:00:00Z"),
  lapsesUnixMs: Date.parse("2026-11-02T12:05:00Z"),
  decided: undefined,
};

type Came = { readonly headers: IncomingMessage["headers"]; readonly url: string | undefined; readonly body: string };
type Answer = (came: Came, outgoing: ServerResponse, nth: number) => void;

async function receive(answer: Answer, change: Partial<WebhookOptions> = {}) {
  const came: Came[] = [];
  const listener: RequestListener = async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
    const one = { headers: incoming.headers, url: incoming.url, body: Buffer.concat(chunks).toString("utf8") };
    came.push(one);
    answer(one, outgoing, came.length);
  };
  const server = createServer((incoming, outgoing) => void listener(incoming, outgoing));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?x=1`;
  const log: string[] = [];
  const webhook = createWebhook({
    url,
    secret: SECRET,
    unixMs: () => 1_762_084_800_999,
    isPending: () => true,
    log: (line) => log.push(line),
    pausesMs: [1, 1, 1],
    ...change,
  });
  onTestFinished(() => {
    webhook.close();
    server.closeAllConnections();
    server.close();
  });
  return { webhook, came, log, url };
}

const ok: Answer = (_came, outgoing) => outgoing.writeHead(204).end();
const failing: Answer = (_came, outgoing) => outgoing.writeHead(503).end("busy");

describe("the webhook", () => {
  test("tells of a new request what a person needs to know, and not its arguments", async () => {
    const { webhook, came } = await receive(ok);
    webhook.tell(REQUEST, "http://gate/console/approvals/approval-1?link=abc");
    const { headers, url, body } = await waitFor("the request", () => came[0]);
    expect(url).toBe("/hook?x=1");
    expect(headers["content-type"]).toBe("application/json");
    expect(JSON.parse(body)).toEqual({
      type: "approval.asked",
      id: "approval-1",
      server: "files",
      server_key: "files-eu",
      tool: "write_file",
      principal: "ann",
      session: "session-1",
      reasons: ["Writing there is for a person"],
      rules: ["policy.servers.files/closed-paths"],
      decision_id: "decision-1",
      bundle_revision: "r1",
      asked: "2026-11-02T12:00:00.000Z",
      lapses: "2026-11-02T12:05:00.000Z",
      link: "http://gate/console/approvals/approval-1?link=abc",
    });
    expect(body).not.toContain("/etc/passwd");
  });

  test("signs time and body with the secret, which it does not send", async () => {
    const { webhook, came } = await receive(ok);
    webhook.tell(REQUEST, "link");
    const { headers, body } = await waitFor("the request", () => came[0]);
    const expected = createHmac("sha256", SECRET).update(`1762084800.${body}`).digest("hex");
    expect(headers[SIGNATURE_HEADER]).toBe(`t=1762084800,v1=${expected}`);
    expect(sign("other", 1_762_084_800_999, body)).not.toBe(headers[SIGNATURE_HEADER]);
    expect(JSON.stringify(headers) + body).not.toContain(SECRET);
  });

  test("tries again where it is not taken, with the same body", async () => {
    const { webhook, came, log } = await receive((one, outgoing, nth) => (nth < 3 ? failing : ok)(one, outgoing, nth));
    webhook.tell(REQUEST, "link");
    await waitFor("the third try", () => came.length === 3);
    expect(new Set(came.map(({ body }) => body)).size).toBe(1);
    expect(log).toEqual([]);
  });

  test.each<[string, Answer, string]>([
    ["refuses", failing, "it answered with HTTP status 503"],
    ["redirects", (_came, outgoing) => outgoing.writeHead(307, { location: "/elsewhere" }).end(), "HTTP status 307"],
    ["breaks off", (_came, outgoing) => void outgoing.destroy(), "other side closed"],
    ["says nothing", () => {}, "it did not answer in time"],
  ])("gives up in the end where the receiver %s, and says so once", async (_title, answer, problem) => {
    const { webhook, came, log } = await receive(answer, { timeoutMs: 200 });
    webhook.tell(REQUEST, "link");
    await waitFor("the last line", () => log.length > 0);
    expect(log).toEqual([expect.stringMatching(/^approvals: the webhook could not be told of approval-1: /)]);
    expect(log[0]).toContain(problem);
    expect(came.map(({ url }) => url)).toEqual(Array.from({ length: 4 }, () => "/hook?x=1"));
  });

  test("names no URL and no link in the log, where nobody listens either", async () => {
    const gone = createServer();
    await new Promise<void>((resolve) => gone.listen(0, "127.0.0.1", resolve));
    const { port } = gone.address() as AddressInfo;
    await new Promise((resolve) => gone.close(resolve));
    const { webhook, log } = await receive(ok, { url: `http://127.0.0.1:${port}/secret-path` });
    webhook.tell(REQUEST, "one-time");
    await waitFor("the last line", () => log.length > 0);
    expect(log[0]).toContain("ECONNREFUSED");
    expect(log[0]).not.toMatch(/secret-path|one-time/);
  });

  test("stops trying when there is nothing left to decide", async () => {
    let pending = true;
    const { webhook, came, log } = await receive(
      (one, outgoing, nth) => {
        pending = false;
        failing(one, outgoing, nth);
      },
      { isPending: () => pending },
    );
    webhook.tell(REQUEST, "link");
    await waitFor("the first try", () => came.length === 1);
    webhook.tell({ ...REQUEST, id: "approval-2" }, "link");
    await waitFor("the other's first try", () => came.length === 2);
    expect(came.map(({ body }) => JSON.parse(body).id)).toEqual(["approval-1", "approval-2"]);
    expect(log).toEqual([]);
  });

  test("delivers a hundred at a time, and drops what is more", async () => {
    const { webhook, log } = await receive(() => {});
    for (let n = 0; n < 102; n += 1) webhook.tell({ ...REQUEST, id: `approval-${n}` }, "link");
    expect(log).toEqual(
      [100, 101].map((n) => `approvals: the webhook is not told of approval-${n}: 100 others wait to be delivered`),
    );
  });
});
