import { describe, expect, test } from "vitest";
import { filesOf, type Place } from "../../../src/cli/wrap/clients.ts";
import { Problem } from "../../../src/problem.ts";

const linux: Place = { env: {}, cwd: "/p", home: "/home/ann", platform: "linux" };
const mac: Place = { env: {}, cwd: "/p", home: "/Users/ann", platform: "darwin" };
const windows: Place = { env: { APPDATA: "/r" }, cwd: "/p", home: "/u/ann", platform: "win32" };

describe("a client's files", () => {
  test.each([
    ["claude-code", linux, ["/p/.mcp.json", "/home/ann/.claude.json"]],
    ["claude-code", { ...linux, env: { CLAUDE_CONFIG_DIR: "/c" } }, ["/p/.mcp.json", "/c/.claude.json"]],
    ["claude-desktop", linux, ["/home/ann/.config/Claude/claude_desktop_config.json"]],
    ["claude-desktop", { ...linux, env: { XDG_CONFIG_HOME: "/x" } }, ["/x/Claude/claude_desktop_config.json"]],
    ["claude-desktop", mac, ["/Users/ann/Library/Application Support/Claude/claude_desktop_config.json"]],
    ["claude-desktop", windows, ["/r/Claude/claude_desktop_config.json"]],
    ["cursor", linux, ["/p/.cursor/mcp.json", "/home/ann/.cursor/mcp.json"]],
    ["cursor", { ...linux, cwd: "/home/ann" }, ["/home/ann/.cursor/mcp.json"]],
    ["vscode", linux, ["/p/.vscode/mcp.json", "/home/ann/.config/Code/User/mcp.json"]],
    ["vscode", mac, ["/p/.vscode/mcp.json", "/Users/ann/Library/Application Support/Code/User/mcp.json"]],
    ["vscode", windows, ["/p/.vscode/mcp.json", "/r/Code/User/mcp.json"]],
    ["./mcp.json", linux, ["/p/mcp.json"]],
    ["/q/.vscode/mcp.json", linux, ["/q/.vscode/mcp.json"]],
  ])("%s lie where it reads them", (client, place, files) => {
    expect(filesOf(client, place).map(({ file }) => file)).toEqual(files);
  });

  test("say where the client starts servers", () => {
    expect(filesOf("/q/.vscode/mcp.json", linux)[0]?.folder).toBe("/q");
    expect(filesOf("/q/mcp.json", linux)[0]?.folder).toBe("/q");
    expect(filesOf("cursor", linux).map(({ folder }) => folder)).toEqual(["/p", undefined]);
  });

  test.each([
    ["claude-cod", "did you mean claude-code?"],
    ["zed", "known are claude-code, claude-desktop, cursor, vscode, and any file by its path"],
    ["constructor", "there is no such client"],
  ])("of %s are not guessed", (client, problem) => {
    expect(() => filesOf(client, linux)).toThrow(Problem);
    expect(() => filesOf(client, linux)).toThrow(problem);
  });
});
