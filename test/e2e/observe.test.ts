// A server in observe mode beside one that is not: the same calls, the same judgement in log and status, and only one of the
// two servers is kept from what the policy refuses.
import { beforeAll, describe, expect, test } from "vitest";
import { statusSchema } from "../../src/status/status-schema.ts";
import { prepareStdioRecorder, type Recording, startRecorder } from "./harness-fixtures.ts";
import { type Gate, operate, startGate } from "./harness-gate.ts";
import { logLine } from "./harness-log.ts";
import { callBody, isToolError, openSession, post, type Session } from "./harness-wire.ts";

let gate: Gate;
let observed: Recording;
let enforced: Recording;
let watched: Session;
let kept: Session;

beforeAll(async () => {
  const http = await startRecorder("--sessions");
  const stdio = prepareStdioRecorder();
  observed = http;
  enforced = stdio;
  gate = await startGate({
    servers: {
      watched: { url: http.url, catalogue: "recorder", mode: "observe" },
      kept: { ...stdio.entry, catalogue: "recorder" },
    },
  });
  watched = await openSession(gate.url("watched"));
  kept = await openSession(gate.url("kept"));
});

describe("a server in observe mode", () => {
  test("is told of at the start, loudly", () => {
    expect(gate.process.stdout()).toContain(
      "OBSERVED, NOTHING IS REFUSED: watched (mode: observe in the configuration)",
    );
  });

  test("gets what the policy refuses; the one beside it does not", async () => {
    for (const session of [watched, kept]) {
      await session.call("denied");
      for (let call = 0; call < 4; call += 1) await session.call("limited");
      await session.call("write_file", { path: "/etc/passwd" });
    }
    expect([observed.calls("denied"), observed.calls("limited"), observed.calls("write_file")]).toEqual([1, 4, 1]);
    expect([enforced.calls("denied"), enforced.calls("limited"), enforced.calls("write_file")]).toEqual([0, 3, 0]);
  });

  test("has each call on record with what would have become of it", async () => {
    const line = (verdict: string) =>
      logLine(gate, ({ regate }) => regate.verdict === verdict && regate.observed === true);
    expect(await line("denied")).toMatchObject({
      result: { action: "deny" },
      regate: { rules: [{ id: "policy.servers.recorder/never" }] },
    });
    expect(await line("rate_limited")).toMatchObject({ regate: { limit: { max: 3, window: 60 } } });
    expect(await line("approval_needed")).toMatchObject({ input: { tool: "write_file" } });
    expect(await line("forward")).toBeDefined();
    expect(
      await logLine(gate, ({ regate }) => regate.verdict === "denied" && regate.observed === undefined),
    ).toBeDefined();
  });

  test("shows every tool", async () => {
    const names = async (session: Session) => JSON.stringify((await session.ask("tools/list")).result);
    expect(await names(watched)).toContain('"denied"');
    expect(await names(kept)).not.toContain('"denied"');
  });

  test("is kept from what is no message, and from sessions that are not the caller's", async () => {
    const before = observed.calls();
    expect((await watched.post(`[${callBody(1, "echo")}]`)).status).toBe(400);
    const forged = { ...watched.headers, "mcp-session-id": "forged" };
    expect((await post(gate.url("watched"), callBody(1, "echo"), forged)).status).toBe(404);
    expect(observed.calls()).toBe(before);
    expect(isToolError(await watched.call("echo"))).toBe(false);
  });

  test("is counted as if it were enforced, and loud in the status", async () => {
    const { code, stdout } = await operate(gate, "status");
    expect(code).toBe(0);
    expect(stdout).toContain("OBSERVED, NOTHING IS REFUSED: watched");
    const json = await operate(gate, "status", "--json");
    const { servers, policy, shadow, log } = statusSchema.parse(JSON.parse(json.stdout));
    expect(servers.map(({ key, mode, let_through }) => [key, mode, let_through])).toEqual([
      ["watched", "observe", 3],
      ["kept", "enforce", 0],
    ]);
    const [first, second] = servers;
    const refused = { denied: 1, rate_limited: 1, approval_needed: 1 };
    expect(first?.verdicts).toMatchObject(refused);
    expect(second?.verdicts).toMatchObject(refused);
    expect(first).toMatchObject({ has_rules: true, sessions: 2, upstream: { kind: "http", last_status: 200 } });
    expect(second).toMatchObject({ sessions: 2, upstream: { kind: "stdio", processes: 1 } });
    expect(policy.revision).toMatch(/^[0-9a-f]{12}$/);
    expect(shadow).toBeUndefined();
    expect(log).toMatchObject({ lost: 0, failing: false });
  });
});
