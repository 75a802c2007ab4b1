// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of the configuration are what is tested
// The gate's own credentials for its servers: a header from a file that is replaced, and an OAuth client's tokens; before a real
// server that refuses what is not right, and a real authorization server. None of it is seen anywhere.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { startAuthorizationServer } from "../identity/authorization-server.ts";
import { startRecorder } from "./harness-fixtures.ts";
import { type Gate, OPERATOR_KEY, operate, startGate } from "./harness-gate.ts";
import { makeTempDir, whenDone } from "./harness-process.ts";
import { callBody, isToolError, messagesOf, openSession, send, textOf } from "./harness-wire.ts";

const CLIENT_SECRET = "oauth-client-secret-0123456789";
const METADATA = 'Bearer resource_metadata="http://127.0.0.1:9/upstream"';

/** Before the recorder, a door that lets in who has the right header; it counts what it sees. */
async function startDoor(behind: string, isRight: (authorization: string) => boolean) {
  const seen: string[] = [];
  const door = createServer(async (incoming, outgoing) => {
    const body = Buffer.concat(await incoming.toArray());
    const { authorization = "" } = incoming.headers;
    seen.push(authorization);
    if (!isRight(authorization)) {
      outgoing.writeHead(401, { "www-authenticate": METADATA }).end("who are you?");
      return;
    }
    const headers = new Headers();
    for (const name of ["content-type", "accept", "mcp-session-id", "mcp-protocol-version"]) {
      const value = incoming.headers[name];
      if (typeof value === "string") headers.set(name, value);
    }
    const answer = await fetch(behind, { method: incoming.method ?? "", headers, body: body.length > 0 ? body : null });
    const id = answer.headers.get("mcp-session-id");
    outgoing.writeHead(answer.status, {
      "content-type": answer.headers.get("content-type") ?? "text/plain",
      ...(id !== null && { "mcp-session-id": id }),
    });
    outgoing.end(Buffer.from(await answer.arrayBuffer()));
  });
  await new Promise<void>((listening) => door.listen(0, "127.0.0.1", listening));
  whenDone(() => {
    door.closeAllConnections();
    door.close();
  });
  return { url: `http://127.0.0.1:${(door.address() as AddressInfo).port}/mcp`, seen };
}

let gate: Gate;
let recorder: Awaited<ReturnType<typeof startRecorder>>;
let server: Awaited<ReturnType<typeof startAuthorizationServer>>;
let byFile: Awaited<ReturnType<typeof startDoor>>;
let byToken: Awaited<ReturnType<typeof startDoor>>;
let secretFile: string;
let right = "first-secret-of-the-file";
const revoked = new Set<string>();

beforeAll(async () => {
  const dir = makeTempDir();
  secretFile = join(dir, "token");
  writeFileSync(secretFile, `${right}\n`);
  recorder = await startRecorder("--sessions", "--answer", "json");
  server = await startAuthorizationServer();
  whenDone(() => server.close());
  server.clients.set("gate", { secret: CLIENT_SECRET, claims: {} });
  byFile = await startDoor(recorder.url, (given) => given === `Bearer ${right}`);
  byToken = await startDoor(recorder.url, (given) => given.startsWith("Bearer ey") && !revoked.has(given));
  gate = await startGate({
    dir,
    servers: {
      file: { url: byFile.url, catalogue: "recorder", headers: { Authorization: "Bearer ${file:token}" } },
      oauth: {
        url: byToken.url,
        catalogue: "recorder",
        oauth: { tokenUrl: server.token, clientId: "gate", clientSecret: "${CLIENT_SECRET}", resource: "urn:tickets" },
      },
      wrong: { url: byFile.url, catalogue: "recorder", headers: { Authorization: "Bearer wrong-secret-of-the-file" } },
    },
    env: { CLIENT_SECRET },
  });
});

test("a header from a file is read again when the file has changed: the call that was refused goes out once more, once", async () => {
  const session = await openSession(gate.url("file"));
  expect(isToolError(await session.call("echo", { n: 1 }))).toBe(false);
  right = "second-secret-of-the-file";
  writeFileSync(secretFile, `${right}\n`);
  const [before, calls] = [byFile.seen.length, recorder.calls("echo")];
  expect(isToolError(await session.call("limited", { n: 2 }))).toBe(false);
  expect(byFile.seen.length - before).toBeLessThanOrEqual(2);
  expect(recorder.calls("echo")).toBe(calls);
  expect(recorder.calls("limited")).toBe(1);
  // three a minute: what was refused by the server has taken one token, not two
  for (const n of [3, 4]) expect(isToolError(await session.call("limited", { n }))).toBe(false);
  expect(textOf(await session.call("limited", { n: 5 }))).toMatch(/^Rate limit/);
});

test("an OAuth client's token is fetched once, sent to the server only, and replaced where the server refuses it", async () => {
  const session = await openSession(gate.url("oauth"), { authorization: "Bearer of-the-client" });
  expect(isToolError(await session.call("echo", { by: "oauth" }))).toBe(false);
  const tokenRequests = () => server.asked.filter(({ line }) => line === "POST /token");
  expect(tokenRequests()).toHaveLength(1);
  expect(tokenRequests()[0]?.form.get("resource")).toBe("urn:tickets");
  expect(byToken.seen.filter((given) => given.includes("of-the-client"))).toEqual([]);
  revoked.add(byToken.seen.at(-1) ?? "");
  // a token that has just been fetched is not replaced at once
  const refused = await session.post(callBody(7, "echo"));
  expect(textOf((await messagesOf(refused))[0])).toContain("does not take the gate's credentials (401)");
});

test("a server that lets the gate in on nothing is an error of the server's, which says nothing of its authorization", async () => {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" });
  const answer = await send(gate.url("wrong"), "POST", {}, body);
  expect(await messagesOf(answer)).toMatchObject([{ error: { code: 1002 } }]);
  expect(answer.headers).not.toHaveProperty("www-authenticate");
  expect(answer.text).not.toContain("who are you");
});

test("no secret is in the status, the logs, the console or the state", async () => {
  const operator = { authorization: `Bearer ${OPERATOR_KEY}` };
  const pages = ["/v1/status", "/console/", "/console/catalogue", "/console/decisions", "/metrics"];
  const shown = await Promise.all(pages.map(async (path) => (await send(`${gate.base}${path}`, "GET", operator)).text));
  const state = join(gate.dir, ".regate");
  const files = readdirSync(state)
    .filter((name) => !name.endsWith("-shm"))
    .map((name) => readFileSync(join(state, name), "latin1"));
  const status = await operate(gate, "status");
  const said = [...shown, ...files, gate.process.stdout(), gate.process.stderr(), status.stdout, status.stderr].join(
    "\n",
  );
  expect(said).toContain("oauth");
  const token = byToken.seen.at(-1)?.slice("Bearer ".length) ?? "";
  expect(token).toMatch(/^ey/);
  for (const secret of [CLIENT_SECRET, right, "first-secret-of-the-file", "wrong-secret-of-the-file", token])
    expect(said).not.toContain(secret);
});
