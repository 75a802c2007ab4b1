// What Claude Code asks its hook, read as a call: which tool it is, with what arguments, and where the file lies, on a real disk.
import { mkdirSync, readlinkSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { readPreToolUse } from "../../../src/cli/hook/pre-tool-use.ts";
import { makeTempDir } from "../../e2e/harness-process.ts";

const FILES = { realpath: (path: string) => realpathSync.native(path), readlink: (path: string) => readlinkSync(path) };
const SESSION = "4f1c2a90-7d3e-4b8a-9c55-0e2f6a1b7c3d";

let project: string;
let outside: string;

beforeAll(() => {
  const dir = realpathSync.native(makeTempDir());
  project = join(dir, "app");
  outside = join(dir, "elsewhere");
  mkdirSync(join(project, "src"), { recursive: true });
  mkdirSync(outside);
  writeFileSync(join(outside, "secret"), "");
  symlinkSync(join(outside, "secret"), join(project, "to-a-file"));
  symlinkSync(outside, join(project, "to-a-folder"));
  symlinkSync(join(outside, "not-there-yet"), join(project, "to-nothing"));
  symlinkSync(join(project, "b"), join(project, "a"));
  symlinkSync(join(project, "a"), join(project, "b"));
});

function ask(change: Readonly<Record<string, unknown>>, through: readonly string[] = []) {
  const asked = {
    session_id: SESSION,
    transcript_path: "/home/ann/.claude/t.jsonl",
    cwd: project,
    permission_mode: "default",
    hook_event_name: "PreToolUse",
    tool_name: "Bash",
    tool_input: { command: "npm test" },
    tool_use_id: "toolu_01",
    ...change,
  };
  return readPreToolUse(Buffer.from(JSON.stringify(asked)), { project, through, files: FILES });
}

function callOf(read: ReturnType<typeof ask>) {
  if (read.kind !== "call") throw new Error(JSON.stringify(read));
  return JSON.parse(read.bodyText);
}

describe("a built-in tool", () => {
  test("is one of the server claude-code, in the session of Claude Code", () => {
    expect(callOf(ask({}))).toEqual({
      server: "claude-code",
      tool: "Bash",
      session: SESSION,
      arguments: { command: "npm test", hook: { project, cwd: project } },
    });
  });

  test("keeps each value as it was written, and loses the model's own words about it", () => {
    const text = `{"session_id":"s","hook_event_name":"PreToolUse","tool_name":"Bash","cwd":"/","tool_input":{"command":"\\u006cs", "description":"lists","timeout": 9007199254740993}}`;
    const read = readPreToolUse(Buffer.from(text), { project: "/", through: [], files: FILES });
    expect(read).toEqual({
      kind: "call",
      bodyText: `{"server":"claude-code","tool":"Bash","session":"s","arguments":{"command":"\\u006cs","timeout": 9007199254740993,"hook":{"project":"/","cwd":"/"}}}`,
    });
  });

  test.each([
    ["a file", "src/a.ts", () => join(project, "src/a.ts")],
    ["a file in folders that are not there yet", "x/y/z.ts", () => join(project, "x/y/z.ts")],
    ["a link to a file", "to-a-file", () => join(outside, "secret")],
    ["a link to a folder", "to-a-folder/new/a.ts", () => join(outside, "new/a.ts")],
    ["a link to what is not there yet", "to-nothing", () => join(outside, "not-there-yet")],
  ])("says where its file lies: %s", (_, file, lies) => {
    for (const key of ["file_path", "notebook_path", "path"]) {
      for (const named of [file, join(project, file)]) {
        const { hook } = callOf(ask({ tool_name: "Edit", tool_input: { [key]: named } })).arguments;
        expect(hook).toEqual({ project, cwd: project, file: lies() });
      }
    }
  });

  test("says nothing of a file where none is named by a text", () => {
    for (const file_path of [undefined, null, 7, [join(project, "a.ts")]]) {
      expect(callOf(ask({ tool_name: "Edit", tool_input: { file_path } })).arguments.hook).not.toHaveProperty("file");
    }
  });

  test("is one of the working folder's project where Claude Code names none", () => {
    const asked = { session_id: "s", hook_event_name: "PreToolUse", tool_name: "Glob", tool_input: {}, cwd: project };
    const read = readPreToolUse(Buffer.from(JSON.stringify(asked)), { project: undefined, through: [], files: FILES });
    expect(callOf(read).arguments).toEqual({ hook: { project, cwd: project } });
  });

  test.each(["../a", "to-a-folder/../x", "src/..", "..\\a", "/tmp/../etc/hosts"])(
    "can't be judged where readers may differ on which file it is: %s",
    (file_path) => {
      expect(ask({ tool_name: "Edit", tool_input: { file_path } })).toEqual({
        kind: "refused",
        problem: 'the file that Edit names has ".." in its path: write the path out',
      });
    },
  );

  test("can't be judged where its file is a link that leads to itself, or its input has the hook's own name", () => {
    expect(ask({ tool_name: "Edit", tool_input: { file_path: "a" } })).toEqual({
      kind: "refused",
      problem: "the file that Edit names can't be looked up: too many links",
    });
    expect(ask({ tool_input: { command: "ls", hook: { project: "/" } } })).toEqual({
      kind: "refused",
      problem: expect.stringContaining("the hook's own name"),
    });
  });
});

describe("a tool of an MCP server", () => {
  test("is that server's, with its arguments as they are", () => {
    expect(callOf(ask({ tool_name: "mcp__github__create_issue", tool_input: { title: "a", path: "b" } }))).toEqual({
      server: "github",
      tool: "create_issue",
      session: SESSION,
      arguments: { title: "a", path: "b" },
    });
  });

  test("is left to the gate that it goes through", () => {
    expect(ask({ tool_name: "mcp__github__create_issue" }, ["files", "github"])).toEqual({ kind: "through" });
    expect(ask({ tool_name: "mcp__gate__github__create_issue" }, ["gate"])).toEqual({ kind: "through" });
    expect(ask({ tool_name: "mcp__githubs__create_issue" }, ["github"])).toMatchObject({ kind: "call" });
  });

  test.each(["mcp__github", "mcp__", "mcp____create_issue", "mcp__github__", "mcp__a__b__c"])(
    "can't be judged where its name does not say which it is: %s",
    (tool_name) => {
      expect(ask({ tool_name })).toEqual({ kind: "refused", problem: expect.stringContaining("for certain") });
    },
  );
});

describe("what is no question of Claude Code's", () => {
  test.each([
    [{ hook_event_name: "PostToolUse" }, /hook_event_name must be PreToolUse/],
    [{ session_id: undefined }, /session_id/],
    [{ session_id: "a b" }, /session_id must be 1 to 128/],
    [{ tool_name: "" }, /tool_name/],
    [{ tool_input: "ls" }, /tool_input/],
    [{ tool_input: ["ls"] }, /tool_input/],
    [{ cwd: "here" }, /cwd must be an absolute path/],
    [{ tool_input: { command: "\ud800" } }, /can be judged/],
  ])("is refused: %j", (change, problem) => {
    expect(ask(change)).toEqual({ kind: "refused", problem: expect.stringMatching(problem) });
  });

  test.each([
    ["nothing", Buffer.from("")],
    ["no UTF-8", Uint8Array.of(0xff)],
    ["a list", Buffer.from("[]")],
    ["a key that is there twice", Buffer.from('{"tool_name":"Read","tool_name":"Bash"}')],
  ])("is refused: %s", (_, bytes) => {
    expect(readPreToolUse(bytes, { project: undefined, through: [], files: FILES })).toMatchObject({ kind: "refused" });
  });
});
