// What a session is after the gate was stopped and started again on its state: open ones stay open, ended ones stay ended.
import { beforeAll, describe, expect, test } from "vitest";
import { type Recording, startRecorder } from "./harness-fixtures.ts";
import { type Gate, startGate } from "./harness-gate.ts";
import {
  type Answer,
  callBody,
  isToolError,
  messagesOf,
  openSession,
  post,
  type Session,
  send,
} from "./harness-wire.ts";

describe("a gate that was stopped and started again", () => {
  let recorder: Recording;
  let second: Gate;
  let open: Session;
  let ended: Session;

  beforeAll(async () => {
    const started = await startRecorder("--sessions");
    recorder = started;
    const servers = { recorder: { url: started.url } };
    const first = await startGate({ servers });
    open = await openSession(first.url("recorder"));
    ended = await openSession(first.url("recorder"));
    for (let call = 0; call < 3; call++) await open.call("limited");
    expect((await send(first.url("recorder"), "DELETE", ended.headers)).status).toBeLessThan(300);
    expect(await first.process.stop()).toEqual({ code: 0, signal: null });
    second = await startGate({ servers, dir: first.dir });
  });

  const call = (session: Session, tool: string): Promise<Answer> =>
    post(second.url("recorder"), callBody(1, tool), session.headers);
  const isRefused = async (session: Session, tool: string) =>
    isToolError((await messagesOf(await call(session, tool))).at(-1));

  test("knows a session that was open", async () => {
    expect(await isRefused(open, "echo")).toBe(false);
  });

  test("has refilled no bucket", async () => {
    expect(await isRefused(open, "limited")).toBe(true);
  });

  test("does not know a session that was ended", async () => {
    const before = recorder.entries().length;
    expect((await call(ended, "echo")).status).toBe(404);
    expect(recorder.entries()).toHaveLength(before);
  });
});
