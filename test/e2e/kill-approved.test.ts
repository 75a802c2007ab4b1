// kill -9 in the moment between two steps: the approval is used up, and not one byte of the call has gone out. The approval is spent, and
// the call did not happen: neither goes out twice, whatever the next gate finds.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { approvals, listApprovals, pendingFor } from "./harness-approvals.ts";
import { startHttpFixture } from "./harness-fixtures.ts";
import { startGate } from "./harness-gate.ts";
import { makeTempDir, waitFor, whenDone } from "./harness-process.ts";
import { callBody, messagesOf, openSession, post, textOf } from "./harness-wire.ts";

const ARGS = { path: "/outside", content: "once" };

test("an approval that was used up by a call that a kill kept from going out lets nothing out later", async () => {
  const log = join(makeTempDir(), "recorded.jsonl");
  const recorder = await startHttpFixture("recording-http-server.mjs", ["--log", log]);
  const { port } = new URL(recorder.url);
  const servers = { recorder: { url: recorder.url } };
  const gate = await startGate({ servers });
  const session = await openSession(gate.url("recorder"));
  await session.ask("tools/list");
  await session.call("write_file", ARGS);
  const { id } = await pendingFor(gate, '"once"');
  await approvals(gate, "approve", id);

  await recorder.process.stop("SIGKILL");
  const deaf = await startDeafServer(port);
  const call = session.call("write_file", ARGS).catch(() => undefined);
  const stateOf = async () => (await listApprovals(gate)).find((request) => request.id === id)?.state;
  let state: string | undefined;
  await waitFor("the approval to be used up", () => {
    stateOf().then(
      (now) => {
        state = now;
      },
      () => {},
    );
    return state === "used";
  });
  await gate.process.stop("SIGKILL");
  await call;
  deaf.end();

  await startHttpFixture("recording-http-server.mjs", ["--log", log, "--port", port]);
  const next = await startGate({ servers, dir: gate.dir });
  expect((await listApprovals(next)).map((request) => [request.id, request.state])).toEqual([[id, "used"]]);
  const [again] = await messagesOf(await post(next.url("recorder"), callBody(1, "write_file", ARGS), session.headers));
  expect(textOf(again)).toContain("Approval needed");
  expect((await listApprovals(next)).map((request) => request.state)).toEqual(["pending", "used"]);
  expect(readFileSync(log, "utf8")).not.toContain('"kind":"call"');
});

/** Listens, and takes no connection: whoever connects waits. */
async function startDeafServer(port: string): Promise<{ end(): void }> {
  const script = `require("net").createServer().listen({port:${port},host:"127.0.0.1",backlog:1},()=>console.log("listening"))`;
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  const sockets: Socket[] = [];
  const end = (): void => {
    for (const socket of sockets) socket.destroy();
    child.kill("SIGKILL");
  };
  whenDone(end);
  for await (const line of createInterface({ input: child.stdout })) if (line === "listening") break;
  child.kill("SIGSTOP");
  // the queue of those that the system takes for it is short, and full once one more has to wait
  const connected = new Set<Socket>();
  const hasWaited = new Set<Socket>();
  await waitFor("its queue to be full", () => {
    const [last] = sockets.slice(-1);
    if (last !== undefined && !connected.has(last)) {
      if (hasWaited.has(last)) return true;
      hasWaited.add(last);
      return false;
    }
    const socket = connect(Number(port), "127.0.0.1").on("error", () => {});
    socket.on("connect", () => connected.add(socket));
    sockets.push(socket);
    return false;
  });
  return { end };
}
