// Requests for approval in the state file: what is written is read back, after kill -9 too, whatever the agent wrote into it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import Database from "libsql";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Kept } from "../../src/approvals/approval.ts";
import { openState, type State } from "../../src/state/state.ts";
import { QUESTION } from "../approvals/support.ts";
import { compile } from "../limits/compile.ts";
import { scratchFolder } from "../limits/support.ts";

function open(dir: string): State {
  const state = openState(dir);
  let closed = false;
  const close = () => {
    if (!closed) state.close();
    closed = true;
  };
  onTestFinished(close);
  return { ...state, close };
}

function kept(id: string, change: Partial<Kept["request"]> = {}): Kept {
  const { method: _, direction: __, place, timeoutSeconds: ___, ...asked } = QUESTION;
  const serverKey = place?.key;
  return {
    request: {
      ...asked,
      serverKey,
      id,
      state: "pending",
      askedUnixMs: 1,
      lapsesUnixMs: 2.5,
      decided: undefined,
      ...change,
    },
    fingerprint: "f",
    scope: "s",
    grantUntilUnixMs: undefined,
    linkSha256: "ab",
    linkUsed: false,
  };
}

describe("requests for approval", () => {
  test("are read back in their order, with what became of each", () => {
    const dir = join(scratchFolder(), "state");
    const state = open(dir);
    const [one, two] = [kept("b"), kept("a", { definitionSha256: undefined })];
    state.approvals.add(one);
    state.approvals.add(two);
    const decided = { by: "operator", unixMs: 3, reason: "no", grantMinutes: undefined };
    const denied: Kept = { ...one, request: { ...one.request, state: "denied", decided }, linkUsed: true };
    state.approvals.update(denied);
    const granted: Kept = {
      ...two,
      request: { ...two.request, state: "used", decided: { ...decided, reason: undefined, grantMinutes: 5 } },
      grantUntilUnixMs: 9.5,
    };
    state.approvals.update(granted);
    state.close();
    expect(open(dir).approvals.load()).toEqual([denied, granted]);
  });

  test("keep every character", () => {
    const dir = join(scratchFolder(), "state");
    const state = open(dir);
    const odd = kept("a", { argsText: '{"a\0b":"\ud800"}', principal: "\0", tool: "\udfff", reasons: ["\u202e", ""] });
    state.approvals.add(odd);
    state.close();
    expect(open(dir).approvals.load()).toEqual([odd]);
  });

  test("that are dropped are gone", () => {
    const dir = join(scratchFolder(), "state");
    const state = open(dir);
    for (const id of ["a", "b", "c"]) state.approvals.add(kept(id));
    state.approvals.drop(["a", "c"]);
    state.close();
    expect(
      open(dir)
        .approvals.load()
        .map(({ request }) => request.id),
    ).toEqual(["b"]);
  });

  test("have a place in a file of the version before", () => {
    const dir = join(scratchFolder(), "state");
    open(dir).close();
    const db = new Database(join(dir, "state.db"));
    db.exec("DROP TABLE approvals; DROP TABLE connections; DROP TABLE history");
    db.exec("PRAGMA user_version = 1");
    db.close();
    const state = open(dir);
    state.approvals.add(kept("a"));
    expect(state.approvals.load()).toHaveLength(1);
  });

  test("that were written are there after kill -9", async () => {
    const dir = join(scratchFolder(), "state");
    const built = compile("src/state/state.ts", scratchFolder());
    const script = `import { openState } from ${JSON.stringify(built)};
      const state = openState(${JSON.stringify(dir)});
      const kept = ${JSON.stringify(kept("a"))};
      state.approvals.add(kept);
      state.approvals.update({ ...kept, request: { ...kept.request, state: "used" } });
      process.stdout.write("written");
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(open(dir).approvals.load()).toMatchObject([{ request: { id: "a", state: "used" } }]);
  });
});
