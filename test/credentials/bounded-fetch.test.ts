// Where a server may lead the gate: nowhere without TLS, never inwards, no redirect, nothing without end.
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { createBoundedFetch, refusedUrl, SignInProblem } from "../../src/credentials/bounded-fetch.ts";

test.each([
  ["https://mcp.example.com/mcp", "https://login.example.com/token", undefined],
  ["https://mcp.example.com/mcp", "https://mcp.example.com/token", undefined],
  ["https://mcp.example.com/mcp", "http://login.example.com/token", "not https"],
  ["https://mcp.example.com/mcp", "http://mcp.example.com/token", "not https"],
  ["https://mcp.example.com/mcp", "http://127.0.0.1/token", "not https"],
  ["https://mcp.example.com/mcp", "https://127.0.0.1/token", "private network"],
  ["https://mcp.example.com/mcp", "https://2130706433/token", "private network"],
  ["https://mcp.example.com/mcp", "https://localhost./token", "private network"],
  ["https://mcp.example.com/mcp", "https://x.localhost/token", "private network"],
  ["https://mcp.example.com/mcp", "https://169.254.169.254/latest", "private network"],
  ["https://mcp.example.com/mcp", "https://10.1.2.3/token", "private network"],
  ["https://mcp.example.com/mcp", "https://[::1]/token", "private network"],
  ["https://mcp.example.com/mcp", "https://[::ffff:10.0.0.1]/token", "private network"],
  ["https://mcp.example.com/mcp", "https://[fd00::1]/token", "private network"],
  ["https://mcp.example.com/mcp", "https://a:b@login.example.com/token", "credentials"],
  ["https://mcp.example.com/mcp", "file:///etc/passwd", "not https"],
  ["https://mcp.example.com/mcp", "javascript:0", "not https"],
  ["https://10.0.0.1/mcp", "https://10.0.0.2/token", undefined],
  ["http://10.0.0.1/mcp", "http://10.0.0.1/token", undefined],
  ["http://10.0.0.1/mcp", "http://10.0.0.2/token", "not https"],
  ["http://127.0.0.1:1/mcp", "http://127.0.0.1:2/token", undefined],
  ["http://127.0.0.1:1/mcp", "ftp://127.0.0.1:2/token", "not https"],
  ["http://127.0.0.1:1/mcp", "http://login.example.com/token", "not https"],
])("from %s to %s", (server, url, problem) => {
  const refused = refusedUrl(new URL(url), new URL(server));
  if (problem === undefined) expect(refused).toBeUndefined();
  else expect(refused).toContain(problem);
});

async function start(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("a redirect is an answer, and goes nowhere; an answer without end is a fault", async () => {
  let asked = 0;
  const url = await start((incoming, outgoing) => {
    asked += 1;
    if (incoming.url === "/long") outgoing.end("x".repeat(70_000));
    else outgoing.writeHead(307, { location: "/elsewhere" }).end();
  });
  const ask = createBoundedFetch(new URL(url));
  const answer = await ask(`${url}/token`, { method: "POST", body: "secret" });
  expect([answer.status, answer.headers.get("location"), asked]).toEqual([307, null, 1]);
  await expect(ask(`${url}/long`)).rejects.toThrow(SignInProblem);
  await expect(ask(`${url}/long`)).rejects.toThrow("more than 65536 bytes");
});
