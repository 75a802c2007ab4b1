// What `regate hook` answers Claude Code: the command in the test's process, the gate's own routes behind it. Only a verdict that
// allows lets a call go on.
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { run } from "../../src/cli/hook.ts";
import { makeKey } from "../../src/http/bearer.ts";
import type { Judgement } from "../../src/http/judge-api.ts";
import type { CallToJudge } from "../../src/http/judge-request.ts";
import { Problem } from "../../src/problem.ts";
import { makeTempDir } from "../e2e/harness-process.ts";
import { bench, CALL, decided } from "../gate/ports.ts";
import { type FrontOptions, startFront } from "./front.ts";

const QUESTION = {
  session_id: "session-1",
  hook_event_name: "PreToolUse",
  tool_name: "Bash",
  tool_input: { command: "npm test" },
  cwd: "/",
};

type Asked = { readonly args?: readonly string[]; readonly env?: NodeJS.ProcessEnv; readonly stdin?: string };

async function hook(cwd: string, { args = [], env = {}, stdin = JSON.stringify(QUESTION) }: Asked = {}) {
  const printed = { stdout: "", stderr: "" };
  const code = await run(["claude-code", ...args], {
    stdout: (text) => {
      printed.stdout += text;
    },
    stderr: (text) => {
      printed.stderr += text;
    },
    env,
    cwd,
    stdin: async () => Buffer.from(stdin),
  });
  return { code, ...printed };
}

async function start(judgement: Judgement, options: Partial<FrontOptions> = {}) {
  const asked: CallToJudge[] = [];
  const { dir } = await startFront({
    target: () => {},
    judge: async (call) => {
      asked.push(call);
      return judgement;
    },
    ...options,
  });
  return { dir, asked };
}

async function verdictOf(change: Parameters<typeof bench>[0] = {}): Promise<Judgement> {
  return { kind: "judged", server: "claude-code", verdict: await bench(change).gate.judge(CALL) };
}

function decisionIn(stdout: string) {
  const { hookSpecificOutput: output } = JSON.parse(stdout);
  expect(output.hookEventName).toBe("PreToolUse");
  return [output.permissionDecision, output.permissionDecisionReason];
}

describe("a call that the gate allows", () => {
  test("goes on to the person's own permissions: the hook says nothing", async () => {
    const { dir, asked } = await start(await verdictOf());
    expect(await hook(dir)).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(asked).toMatchObject([{ server: "claude-code", tool: "Bash", session: "session-1" }]);
  });

  test("needs nobody else's word with --allow", async () => {
    const { dir } = await start(await verdictOf());
    const { code, stdout } = await hook(dir, { args: ["--allow"] });
    expect([code, ...decisionIn(stdout)]).toEqual([0, "allow", "Allowed by Regate (decision decision-1)"]);
  });
});

describe("a call is denied", () => {
  test("with the gate's own words where the policy denies it", async () => {
    const { dir } = await start(await verdictOf({ evaluate: () => decided({ action: "deny", reasons: ["Never"] }) }));
    for (const args of [[], ["--allow"]]) {
      const { code, stdout } = await hook(dir, { args });
      expect([code, ...decisionIn(stdout)]).toEqual([
        0,
        "deny",
        expect.stringMatching(/^Policy violation: Bash on claude-code is denied\. Never\./),
      ]);
    }
  });

  test("where the gate does not know the server, and where the caller has named too many sessions", async () => {
    const { dir } = await start({ kind: "unknown_server" });
    expect(decisionIn((await hook(dir)).stdout)).toEqual([
      "deny",
      expect.stringMatching(/could not judge this call: nothing is known of a server claude-code.*; write rules/),
    ]);
    const full = await start({ kind: "too_many_sessions", retryAfterSeconds: 3 });
    expect(decisionIn((await hook(full.dir)).stdout)).toEqual(["deny", expect.stringMatching(/try again in 3 s/)]);
  });

  test("where the gate has keys and the hook has none; with one it is that principal's", async () => {
    const key = makeKey("rgk");
    const keys = [{ name: "ann", sha256: createHash("sha256").update(key).digest("hex"), groups: [] }];
    const { dir, asked } = await start(await verdictOf(), { keys });
    expect(decisionIn((await hook(dir)).stdout)).toEqual(["deny", expect.stringMatching(/from REGATE_API_KEY$/)]);
    expect(asked).toEqual([]);
    expect(await hook(dir, { env: { REGATE_API_KEY: key } })).toMatchObject({ stdout: "" });
    expect(asked).toHaveLength(1);
  });

  test("where no gate runs, or it can't judge, or it dies", async () => {
    const { dir, die } = await startFront({ target: () => {}, notReady: () => "the policy is gone" });
    expect(decisionIn((await hook(dir)).stdout)).toEqual(["deny", expect.stringMatching(/the policy is gone$/)]);
    await die();
    expect(decisionIn((await hook(dir)).stdout)).toEqual([
      "deny",
      expect.stringMatching(/no gate runs on regate\.yaml/),
    ]);
  });

  test("where the gate fails at it", async () => {
    const { dir } = await startFront({ target: () => {}, judge: () => Promise.reject(new Error("a bug")) });
    expect(decisionIn((await hook(dir)).stdout)).toEqual(["deny", expect.stringMatching(/answered 500/)]);
  });

  test("where what is asked can't be read", async () => {
    const { dir, asked } = await start(await verdictOf());
    for (const stdin of ["", "{}", JSON.stringify({ ...QUESTION, tool_name: "mcp__a__b__c" })]) {
      const { code, stdout } = await hook(dir, { stdin, args: ["--allow"] });
      expect([code, ...decisionIn(stdout)]).toEqual([
        0,
        "deny",
        expect.stringMatching(/^Regate can't judge this call: /),
      ]);
    }
    expect(asked).toEqual([]);
  });
});

test("a server that goes through the gate is none of the hook's", async () => {
  const { dir, asked } = await start({ kind: "unknown_server" });
  const stdin = JSON.stringify({ ...QUESTION, tool_name: "mcp__github__create_issue" });
  expect(await hook(dir, { stdin, args: ["--through", "files", "--through", "github"] })).toMatchObject({ stdout: "" });
  expect(asked).toEqual([]);
});

describe("wrong use is a problem, whose exit code denies the call as well", () => {
  test("of the words", async () => {
    for (const args of [[], ["codex"], ["claude-code", "more"]]) {
      const io = { stdout: () => {}, stderr: () => {}, env: {}, cwd: "/", stdin: async () => Buffer.from("") };
      await expect(run(args, io)).rejects.toThrow(/name the client whose hook it is/);
    }
  });

  test("of a configuration that is not there, or is none", async () => {
    const dir = makeTempDir();
    await expect(hook(dir)).rejects.toThrow(Problem);
    mkdirSync(join(dir, "sub"));
    writeFileSync(join(dir, "sub/regate.yaml"), "state: 7\n");
    await expect(hook(join(dir, "sub"))).rejects.toThrow(/state/);
  });
});
