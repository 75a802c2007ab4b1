// Calls for which a rule asks for a person, from an agent's call over the person's answer to the server, and what doesn't get there.
import { createHash, createHmac } from "node:crypto";
import { copyFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { beforeAll, describe, expect, inject, test } from "vitest";
import { stringify } from "yaml";
import { makeKey } from "../../src/http/bearer.ts";
import { buildFolder, makeFolder } from "../policy/support.ts";
import { approvalIn, approvals, listApprovals, pendingFor } from "./harness-approvals.ts";
import { connectV1 } from "./harness-clients.ts";
import { startHttpFixture, startRecorder } from "./harness-fixtures.ts";
import { type Gate, operate, startGate } from "./harness-gate.ts";
import { logLine } from "./harness-log.ts";
import { makeTempDir, ROOT, run, waitFor, whenDone } from "./harness-process.ts";
import { type RecorderGate, startRecorderGate, TRANSPORTS } from "./harness-recorders.ts";
import { callBody, isToolError, messagesOf, openSession, post, type Session, textOf } from "./harness-wire.ts";

describe.each(TRANSPORTS)("before a server over %s, a call that needs approval", (transport) => {
  let setup: RecorderGate;
  let gate: Gate;
  let written: () => number;

  beforeAll(async () => {
    setup = await startRecorderGate();
    gate = setup.gate;
    written = () => setup.recorded[transport].calls("write_file");
  });

  const write = (session: Session, path: string) => session.call("write_file", { path });

  test("waits for a person, and goes out once when it is approved", async () => {
    const client = await connectV1(gate.url(transport));
    const before = written();
    const waiting = client.callTool({ name: "write_file", arguments: { path: "/held/a", content: "\u202e1" } });
    const { id } = await pendingFor(gate, "/held/a");
    expect(written()).toBe(before);
    expect((await approvals(gate, "list")).stdout).toContain(id);
    expect((await approvals(gate, "show", id)).stdout).toContain(String.raw`"content": "\u{202e}1"`);
    expect(await approvals(gate, "approve", id)).toMatchObject({
      code: 0,
      stdout: `approved: ${id} (this call, once)\n`,
    });
    expect((await waiting).isError).not.toBe(true);
    expect(written()).toBe(before + 1);
    expect(await approvals(gate, "approve", id)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("approved already"),
    });
    const line = await logLine(gate, ({ regate }) => JSON.stringify(regate.approval ?? "").includes(id));
    expect(line.regate).toMatchObject({
      verdict: "forward",
      approval: { id, state: "approved", by: "operator", decided: expect.any(String), waited_ms: expect.any(Number) },
    });
  });

  test("is refused with the approver's reason when it is denied, then and when it comes again", async () => {
    const session = await openSession(gate.url(transport));
    const before = written();
    const waiting = write(session, "/held/b");
    const { id } = await pendingFor(gate, "/held/b");
    await approvals(gate, "deny", id, "--reason", "The nightly job does that");
    const refusal = await waiting;
    expect(textOf(refusal)).toMatch(
      /^Approval denied: a person denied write_file on recorder\. The nightly job does that\./,
    );
    expect(approvalIn(refusal)).toMatchObject({ id, state: "denied", reason: "The nightly job does that" });
    expect(approvalIn(await write(session, "/held/b"))).toMatchObject({ id, state: "denied" });
    expect(written()).toBe(before);
    const line = await logLine(gate, ({ regate }) => JSON.stringify(regate.approval ?? "").includes(id));
    expect(line.regate).toMatchObject({
      verdict: "approval_needed",
      approval: { state: "denied", by: "operator", reason: "The nightly job does that" },
    });
  });

  test("is refused when nobody decides in time, and can't be approved any more", async () => {
    const session = await openSession(gate.url(transport));
    const before = written();
    const refusal = await write(session, "/lapsing/a");
    expect(textOf(refusal)).toMatch(/^Approval needed: .* but nobody decided within 1 s\./);
    const { id } = approvalIn(refusal);
    expect(await approvals(gate, "approve", id)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("has lapsed"),
    });
    expect(written()).toBe(before);
  });

  test("is told to come back, and goes out once when it does", async () => {
    const [session, other] = [await openSession(gate.url(transport)), await openSession(gate.url(transport))];
    const before = written();
    const { id } = approvalIn(await write(session, "/etc/a"));
    expect(approvalIn(await write(session, "/etc/a"))).toMatchObject({ id, state: "pending" });
    await approvals(gate, "approve", id);
    for (const refused of [
      await write(session, "/etc/b"),
      await session.call("write_file", { path: "/etc/a", content: "" }),
      await write(other, "/etc/a"),
    ]) {
      expect(approvalIn(refused)).toMatchObject({ state: "pending" });
      expect(approvalIn(refused).id).not.toBe(id);
    }
    expect(written()).toBe(before);
    expect(isToolError(await write(session, "/etc/a"))).toBe(false);
    expect(written()).toBe(before + 1);
    expect(approvalIn(await write(session, "/etc/a")).id).not.toBe(id);
    expect(written()).toBe(before + 1);
  });

  test("is the same call whatever the order and spelling of its arguments, and another one where a number is written otherwise", async () => {
    const session = await openSession(gate.url(transport));
    const call = async (args: string) => {
      const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"write_file","arguments":${args}}}`;
      const { text } = await session.post(body, { accept: "application/json" });
      return approvalIn(JSON.parse(text)).id;
    };
    const id = await call('{"path":"/etc/n","n":1.0}');
    expect(await call(String.raw`{ "n" : 1.0, "path" : "\u002fetc\u002fn" }`)).toBe(id);
    expect(await call('{"path":"/etc/n","n":1}')).not.toBe(id);
  });

  test("is another call with anything beside its arguments, which an approver is shown", async () => {
    const session = await openSession(gate.url(transport));
    const call = async (more: Record<string, unknown> = {}) => {
      const body = callBody(1, "write_file", { path: "/etc/beside" }, more);
      const [answer] = await messagesOf(await session.post(body));
      if (answer === undefined) throw new Error("the call was not answered");
      return answer;
    };
    const before = written();
    const { id } = approvalIn(await call());
    await approvals(gate, "approve", id);
    const answered = approvalIn(await call({ inputResponses: { sure: { action: "accept" } }, requestState: "\u202e" }));
    expect(answered).toMatchObject({ state: "pending" });
    expect(written()).toBe(before);
    const { stdout } = await approvals(gate, "show", answered.id);
    expect(stdout).toContain('"action": "accept"');
    expect(stdout).toContain(String.raw`"requestState": "\u{202e}"`);
    expect(isToolError(await call({ _meta: { other: 1 } }))).toBe(false);
    expect(written()).toBe(before + 1);
  });

  test("lets others through for some minutes where it is approved so", async () => {
    const [session, other] = [await openSession(gate.url(transport)), await openSession(gate.url(transport))];
    const { id } = approvalIn(await write(session, "/etc/granted"));
    expect((await approvals(gate, "approve", id, "--minutes", "10")).code).toBe(0);
    for (const path of ["/etc/c", "/etc/granted", "/etc/d"])
      expect(isToolError(await write(session, path))).toBe(false);
    expect(approvalIn(await write(other, "/etc/c"))).toMatchObject({ state: "pending" });
  });

  test("holds no token while it waits, and takes one when it goes out", async () => {
    const session = await openSession(gate.url(transport));
    const { id } = approvalIn(await write(session, "/metered/a"));
    const other = approvalIn(await write(session, "/metered/b")).id;
    await approvals(gate, "deny", other, "--reason", "no");
    expect(approvalIn(await write(session, "/metered/b"))).toMatchObject({ state: "denied" });
    await approvals(gate, "approve", id);
    expect(isToolError(await write(session, "/metered/a"))).toBe(false);
    expect(textOf(await write(session, "/metered/c"))).toMatch(/^Rate limit: /);
  });

  test("that its client leaves is not carried out when it is approved; the same call is, once", async () => {
    const session = await openSession(gate.url(transport));
    const before = written();
    const left = new AbortController();
    const waiting = fetch(gate.url(transport), {
      method: "POST",
      headers: { ...session.headers, "content-type": "application/json", accept: "application/json" },
      body: callBody(1, "write_file", { path: "/held/left" }),
      signal: left.signal,
    }).catch(() => "left");
    const { id } = await pendingFor(gate, "/held/left");
    left.abort();
    await waiting;
    await logLine(gate, ({ regate }) => JSON.stringify(regate).includes("nobody waits for the answer any more"));
    await approvals(gate, "approve", id);
    expect(isToolError(await write(session, "/held/left"))).toBe(false);
    expect(written()).toBe(before + 1);
  });

  test("is void when its session ends", async () => {
    const session = await openSession(gate.url(transport));
    const { id } = approvalIn(await write(session, "/etc/ended"));
    await fetch(gate.url(transport), { method: "DELETE", headers: session.headers });
    expect(await approvals(gate, "approve", id)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("it is void"),
    });
  });

  test("is decided by one of two approvers who answer at once", async () => {
    const session = await openSession(gate.url(transport));
    const { id } = approvalIn(await write(session, "/etc/two"));
    const answers = await Promise.all([approvals(gate, "approve", id), approvals(gate, "deny", id, "--reason", "no")]);
    expect(answers.map(({ code }) => code).toSorted()).toEqual([0, 2]);
  });

  test("is not asked for beyond twenty at a time", async () => {
    const session = await openSession(gate.url(transport));
    const refusals: string[] = [];
    for (let n = 0; n < 21; n += 1) refusals.push(textOf(await write(session, `/etc/flood-${n}`)));
    expect(refusals.at(-1)).toMatch(/^Approval needed: .*20 calls of this principal wait for one already\./);
    await fetch(gate.url(transport), { method: "DELETE", headers: session.headers });
    for (const { id, state } of await listApprovals(gate))
      if (state === "pending") await approvals(gate, "deny", id, "--reason", "enough");
  });
});

test("kill -9 in mid-wait loses no request, and lets none through twice", async () => {
  const recorder = await startRecorder("--sessions");
  const servers = { recorder: { url: recorder.url } };
  let gate = await startGate({ servers });
  const session = await openSession(gate.url("recorder"));
  const held = async (path: string) => {
    const answer = await post(gate.url("recorder"), callBody(1, "write_file", { path }), session.headers);
    return (await messagesOf(answer)).find(({ id }) => id === 1) ?? {};
  };
  const cut = ["/held/a", "/held/b"].map((path) => held(path).catch(() => "cut"));
  const [a, b] = [await pendingFor(gate, "/held/a"), await pendingFor(gate, "/held/b")];
  await approvals(gate, "deny", b.id, "--reason", "no");
  await gate.process.stop("SIGKILL");
  await Promise.all(cut);

  gate = await startGate({ servers, dir: gate.dir });
  const again = held("/held/a");
  expect((await pendingFor(gate, "/held/a")).id).toBe(a.id);
  expect(await listApprovals(gate)).toHaveLength(2);
  expect(recorder.calls("write_file")).toBe(0);
  await approvals(gate, "approve", a.id);
  expect((await again).result?.isError).toBeUndefined();
  expect(recorder.calls("write_file")).toBe(1);
  expect(approvalIn(await held("/held/b"))).toMatchObject({ id: b.id, state: "denied" });
  await gate.process.stop("SIGKILL");

  // what went out stays used
  gate = await startGate({ servers, dir: gate.dir });
  const third = held("/held/a").catch(() => "cut");
  expect((await pendingFor(gate, "/held/a")).id).not.toBe(a.id);
  expect(recorder.calls("write_file")).toBe(1);
  await gate.process.stop("SIGKILL");
  await third;
});

test("another bundle voids what waits and what was approved", async () => {
  const bundle = join(makeTempDir(), "policy.tar.gz");
  copyFileSync(inject("policyBundle"), bundle);
  const recorder = await startRecorder("--sessions");
  const gate = await startGate({ servers: { recorder: { url: recorder.url } }, bundle });
  const session = await openSession(gate.url("recorder"));
  const write = (path: string) => session.call("write_file", { path });
  const approved = approvalIn(await write("/etc/a"));
  await approvals(gate, "approve", approved.id);
  const waiting = write("/held/a");
  const pending = await pendingFor(gate, "/held/a");
  const other = await buildFolder(await makeFolder(recorderPolicy()));
  writeFileSync(bundle, other.bytes);
  expect((await operate(gate, "reload")).code).toBe(0);
  expect(approvalIn(await waiting)).toMatchObject({ id: pending.id, state: "voided" });
  expect(await approvals(gate, "approve", pending.id)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("void"),
  });
  const anew = approvalIn(await write("/etc/a"));
  expect(anew).toMatchObject({ state: "pending" });
  expect(anew.id).not.toBe(approved.id);
  expect(recorder.calls("write_file")).toBe(0);
});

function recorderPolicy(): Record<string, string> {
  const rule = '{"id": "asks", "action": "require_approval", "approval": {"hold": 0}}';
  return {
    "policy/servers/recorder/recorder.rego": `package policy.servers.recorder\n\nrules.write_file contains ${rule}\n`,
  };
}

test("an approval is not used up by a call that never reached the server", async () => {
  const log = join(makeTempDir(), "recorded.jsonl");
  const start = (port: string) => startHttpFixture("recording-http-server.mjs", ["--log", log, "--port", port]);
  const first = await start("0");
  const gate = await startGate({ servers: { recorder: { url: first.url } } });
  const session = await openSession(gate.url("recorder"));
  const { id } = approvalIn(await session.call("write_file", { path: "/metered/a" }));
  await approvals(gate, "approve", id);
  await first.process.stop();
  const failed = await session.call("write_file", { path: "/metered/a" });
  expect(failed.error).toMatchObject({ code: 1002 });
  expect(await listApprovals(gate)).toMatchObject([{ id, state: "approved" }]);
  await start(new URL(first.url).port);
  const passed = await session.call("write_file", { path: "/metered/a" });
  expect(passed.error).toBeUndefined();
  expect(isToolError(passed)).toBe(false);
  expect(await listApprovals(gate)).toMatchObject([{ id, state: "used" }]);
});

test("a webhook is told of a request, signed, with a link that leads to the sign-in and opens nothing by itself", async () => {
  const came: { signature: unknown; body: string }[] = [];
  const receiver = createServer((incoming, outgoing) => {
    let body = "";
    incoming.setEncoding("utf8").on("data", (chunk) => {
      body += chunk;
    });
    incoming.on("end", () => {
      came.push({ signature: incoming.headers["regate-signature"], body });
      outgoing.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  whenDone(() => void receiver.close());
  const { port } = receiver.address() as AddressInfo;
  const secret = "secret-of-the-end-to-end-tests";
  const recorder = await startRecorder("--sessions");
  const gate = await startGate({
    servers: { recorder: { url: recorder.url } },
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the configuration fills it in
    config: { approvals: { webhook: { url: `http://127.0.0.1:${port}/hook`, secret: "${HOOK_SECRET}" } } },
    env: { HOOK_SECRET: secret },
  });
  const session = await openSession(gate.url("recorder"));
  const { id } = approvalIn(await session.call("write_file", { path: "/etc/a" }));
  await session.call("write_file", { path: "/etc/a" });
  const { signature, body } = await waitFor("the webhook", () => came[0]);
  const time = /^t=(\d+),v1=/.exec(String(signature))?.[1];
  expect(signature).toBe(`t=${time},v1=${createHmac("sha256", secret).update(`${time}.${body}`).digest("hex")}`);
  const told = JSON.parse(body);
  expect(told).toMatchObject({
    type: "approval.asked",
    id,
    server: "recorder",
    tool: "write_file",
    principal: "local",
  });
  expect(told.link).toMatch(new RegExp(`^${gate.base}/console/approvals/${id}\\?link=[\\w-]{43}$`));
  const followed = await fetch(told.link, { redirect: "manual" });
  expect(followed.status).toBe(303);
  expect(followed.headers.get("location")).toMatch(/^\/console\/sign-in\?next=/);
  expect(await listApprovals(gate)).toMatchObject([{ id, state: "pending" }]);
  expect(came).toHaveLength(1);
});

test("where there is no operator key, nobody can be asked", async () => {
  const recorder = await startRecorder("--sessions");
  const dir = makeTempDir();
  const config = {
    listen: "127.0.0.1:0",
    bundle: inject("policyBundle"),
    servers: { recorder: { url: recorder.url } },
  };
  writeFileSync(join(dir, "regate.yaml"), JSON.stringify(config));
  // as `regate stdio` starts it, where no key could be shown to anyone
  const gate = run(process.execPath, [join(ROOT, "dist/main.js"), "serve"], {
    cwd: dir,
    env: { REGATE_STARTED_BY: "stdio" },
  });
  const [, base = ""] = await gate.printed(/listening on (http:\/\/\S+:\d+)/);
  const session = await openSession(`${base}/mcp/recorder`);
  const refusal = await session.call("write_file", { path: "/held/a" });
  expect(textOf(refusal)).toMatch(/^Approval needed: .* but no approver is configured\./);
  expect(recorder.calls("write_file")).toBe(0);
});

describe("on a gate with keys", () => {
  test("nobody approves what the same principal asked for, and no agent's key approves anything", async () => {
    const [agent, own] = [makeKey("rgk"), makeKey("rgk")];
    const sha256 = (key: string) => createHash("sha256").update(key).digest("hex");
    const recorder = await startRecorder("--sessions");
    const gate = await startGate({
      servers: { recorder: { url: recorder.url } },
      config: {
        keys: [
          { name: "agent", sha256: sha256(agent) },
          { name: "operator", sha256: sha256(own) },
        ],
      },
    });
    const ask = async (key: string) => {
      const session = await openSession(gate.url("recorder"), { authorization: `Bearer ${key}` });
      return approvalIn(await session.call("write_file", { path: "/etc/a" })).id;
    };
    const [others, owns] = [await ask(agent), await ask(own)];
    const answer = await fetch(`${gate.base}/v1/approvals/${others}/approve`, {
      method: "POST",
      headers: { authorization: `Bearer ${agent}` },
    });
    expect(answer.status).toBe(401);
    expect(await approvals(gate, "approve", owns)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("same principal"),
    });
    expect((await approvals(gate, "approve", others)).code).toBe(0);
    expect((await listApprovals(gate)).map(({ state }) => state)).toEqual(["pending", "approved"]);
  });
});

test("an approval is for the server that it was asked for, not for another of its name, nor for one that was put in its place", async () => {
  const [one, two] = [await startRecorder(), await startRecorder()];
  const servers = { one: { url: one.url, catalogue: "recorder" }, two: { url: two.url, catalogue: "recorder" } };
  const gate = await startGate({ servers });
  const written = () => [one, two].map((recorder) => recorder.calls("write_file"));
  const write = async (server: string, path: string) =>
    (await messagesOf(await post(gate.url(server), callBody(path, "write_file", { path }))))[0];
  /** Asked for at `one`, and not used. */
  const approved = async (path: string): Promise<void> => {
    expect(isToolError(await write("one", path))).toBe(true);
    expect(await approvals(gate, "approve", (await pendingFor(gate, path)).id)).toMatchObject({ code: 0 });
  };
  const pending = { state: "pending" };

  await approved("/place/a");
  expect(approvalIn((await write("two", "/place/a")) ?? {})).toMatchObject(pending);
  expect((await operate(gate, "approvals")).stdout).toMatch(/ two +write_file /);
  expect(written()).toEqual([0, 0]);
  expect(isToolError(await write("one", "/place/a"))).toBe(false);
  expect(written()).toEqual([1, 0]);

  await approved("/place/b");
  const moved = { ...servers, one: servers.two };
  writeFileSync(gate.configFile, stringify({ listen: "127.0.0.1:0", bundle: inject("policyBundle"), servers: moved }));
  const stdout = expect.stringContaining("servers changed: one");
  expect(await operate(gate, "reload")).toMatchObject({ code: 0, stdout });
  expect(approvalIn((await write("one", "/place/b")) ?? {})).toMatchObject(pending);
  expect(written()).toEqual([1, 0]);
});
