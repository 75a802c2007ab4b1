// `createGate` in the test's process: it judges as the gate that serves does, and what is no call, or can't be judged, is not allowed.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Hono } from "hono";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { gateCalls } from "../src/http/judge-middleware.ts";
import { createGate, type GateOptions, type ToolCall } from "../src/library.ts";
import { Problem } from "../src/problem.ts";
import { buildFolder, makeFolder, ROOT } from "./policy/support.ts";

let files: string;
let bundle: string;

beforeAll(async () => {
  const { bytes } = await buildFolder(join(ROOT, "examples/in-process/rego"));
  files = await makeFolder({ "regate.yaml": "state: own\nlimits: {newSessions: {max: 3, window: 3600}}\n" });
  bundle = join(files, "notes.tar.gz");
  const { writeFileSync } = await import("node:fs");
  writeFileSync(bundle, bytes);
});

async function open(options: GateOptions = {}) {
  const cwd = await makeFolder({});
  const gate = await createGate({ bundle, cwd, ...options });
  onTestFinished(() => gate.close());
  return { gate, cwd };
}

const add: ToolCall = { server: "notes", tool: "add_note", arguments: { id: "a", text: "b" }, session: "s-1" };

describe("a gate in the caller's process", () => {
  test("takes tokens, gives them back once where nothing was done, and records", async () => {
    const { gate, cwd } = await open();
    const first = await gate.judge(add);
    expect(first).toMatchObject({
      allowed: true,
      action: "allow",
      rules: ["policy.servers.notes/three-notes-a-minute"],
    });
    await gate.judge(add);
    await gate.judge(add);
    const refused = await gate.judge(add);
    expect(refused).toMatchObject({ allowed: false, action: "rate_limit", retry_after: expect.any(Number) });
    expect(refused.message).toMatch(/^Rate limit: add_note on notes allows 3 calls per 60 s in this session/);
    refused.refund();
    first.refund();
    first.refund();
    expect((await gate.judge(add)).allowed).toBe(true);
    expect((await gate.judge(add)).allowed).toBe(false);
    await gate.close();
    const log = readFileSync(join(cwd, ".regate/decisions.jsonl"), "utf8");
    expect(log.split("\n").filter((line) => line.includes('"session":"judge:s-1"'))).toHaveLength(6);
    expect(log).toContain(refused.decision_id);
  });

  test("keeps what was taken over a restart", async () => {
    const { gate, cwd } = await open();
    for (let count = 0; count < 3; count += 1) await gate.judge(add);
    await gate.close();
    const again = await createGate({ bundle, cwd });
    onTestFinished(() => again.close());
    expect((await again.judge(add)).action).toBe("rate_limit");
  });

  test("asks a person, who answers by the gate's own approvals", async () => {
    const { gate } = await open();
    const remove: ToolCall = { server: "notes", tool: "delete_note", arguments: { id: "a" }, session: "s-1" };
    const asked = await gate.judge(remove);
    expect(asked).toMatchObject({ allowed: false, action: "require_approval", approval: { state: "pending" } });
    await gate.approvals.approve(asked.approval?.id ?? "", "ann");
    expect((await gate.judge({ ...remove, arguments: { id: "b" } })).allowed).toBe(false);
    const approved = await gate.judge(remove);
    expect(approved.allowed).toBe(true);
    approved.refund();
    expect((await gate.judge(remove)).allowed).toBe(true);
    approved.refund();
    expect((await gate.judge(remove)).allowed).toBe(false);
  });

  test("knows its callers apart", async () => {
    const { gate } = await open();
    for (let count = 0; count < 3; count += 1) await gate.judge(add);
    expect((await gate.judge({ ...add, principal: { id: "bob", groups: ["b", "a"] } })).allowed).toBe(true);
    expect((await gate.judge(add)).allowed).toBe(false);
  });

  test("goes by a configuration, where one is named", async () => {
    const { gate } = await open({ config: join(files, "regate.yaml") });
    expect((await gate.judge(add)).allowed).toBe(true);
    expect((await gate.judge({ ...add, session: "s-2" })).allowed).toBe(true);
    expect(await gate.judge({ ...add, session: "s-3" })).toMatchObject({
      allowed: false,
      action: "rate_limit",
      decision_id: undefined,
    });
  });

  test("does not allow what it can't judge", async () => {
    const { gate } = await open();
    expect(await gate.judge({ ...add, server: "made-up" })).toMatchObject({
      allowed: false,
      action: "deny",
      message: expect.stringMatching(/Nothing is known of a server "made-up"/),
    });
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    for (const [call, problem] of [
      [{ ...add, args: {} }, /"args" means nothing/],
      [{ ...add, arguments: circle }, /circular/],
      [{ ...add, arguments: { n: 1n } }, /BigInt/],
      [{ ...add, arguments: ["a"] }, /"arguments" must be an object/],
      [{ ...add, arguments: { text: "\ud800" } }, /refused/],
      [{ ...add, tool: "" }, /"tool" must be a name/],
      [{ ...add, session: "a b" }, /"session"/],
      [{ ...add, principal: { id: "" } }, /principal\.id/],
      [{ ...add, principal: { id: "ann", admin: true } }, /principal/],
    ] as const)
      await expect(gate.judge(call as never)).rejects.toThrow(problem);
  });

  test("judges nothing once it is closed, and takes a changed bundle while it is not", async () => {
    const { gate } = await open();
    expect(await gate.reload()).toEqual({ revision: expect.stringMatching(/^[0-9a-f]{12}$/), problem: undefined });
    await gate.close();
    await expect(gate.judge(add)).rejects.toThrow(/the gate is closed/);
  });

  test("is not made of what is not in order, and lets go of its state then", async () => {
    const cwd = await makeFolder({ "regate.yaml": "bundel: x\n", "none.tar.gz": "" });
    await expect(createGate({ cwd, config: "regate.yaml" })).rejects.toThrow(/bundel/);
    await expect(createGate({ cwd, config: "there-is-none.yaml" })).rejects.toThrow(Problem);
    await expect(createGate({ cwd, config: "regate.yaml", state: "s" })).rejects.toThrow(TypeError);
    await expect(createGate({ cwd, bundle: "none.tar.gz" })).rejects.toThrow(/none\.tar\.gz/);
    const gate = await createGate({ cwd, bundle });
    await expect(createGate({ cwd, bundle })).rejects.toThrow(Problem);
    await gate.close();
  });
});

describe("the middleware for Hono", () => {
  test("lets on only what is allowed, and answers the rest with the verdict", async () => {
    const { gate } = await open();
    const reached: string[] = [];
    const app = new Hono();
    const judged = gateCalls(
      gate,
      async (c): Promise<ToolCall | undefined> =>
        c.req.path.startsWith("/tools/")
          ? { server: "notes", tool: c.req.path.slice(7), arguments: await c.req.json(), session: "s-1" }
          : undefined,
    );
    app.use(judged).post("*", judged, (c) => {
      reached.push(c.req.path);
      return c.json({ decision: c.get("verdict")?.decision_id ?? "none" });
    });
    const call = (path: string, body: unknown) => app.request(path, { method: "POST", body: JSON.stringify(body) });
    expect(await (await call("/other", {})).json()).toEqual({ decision: "none" });
    const read = await call("/tools/read_note", { id: "a" });
    expect([read.status, await read.json()]).toEqual([200, { decision: expect.stringMatching(/^[0-9a-f-]{36}$/) }]);
    const denied = await call("/tools/read_note", { id: "private-a" });
    expect(denied.status).toBe(403);
    expect(await denied.json()).toMatchObject({ allowed: false, message: expect.stringMatching(/Private notes/) });
    expect((await call("/tools/read_note", ["a"])).status).toBe(500);
    expect(reached).toEqual(["/other", "/tools/read_note"]);
    for (let count = 0; count < 3; count += 1) await gate.judge(add);
    const limited = await call("/tools/add_note", { id: "a", text: "b" });
    expect([limited.status, Number(limited.headers.get("retry-after"))]).toEqual([429, expect.any(Number)]);
    expect(reached).toHaveLength(2);
  });
});
