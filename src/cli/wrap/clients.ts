// Where MCP clients keep their servers, on each system, and in which objects of those files they stand. Says where to look;
// reads nothing.
import { basename, dirname, join, resolve } from "node:path";
import { nearestWord } from "../../config/suggest.ts";
import { Problem } from "../../problem.ts";
import type { JsonText } from "./json-text.ts";

export type ClientFile = {
  /** Absolute. */
  readonly file: string;
  /** Where the client starts its servers; undefined for a file that counts in every folder. */
  readonly folder: string | undefined;
};

export type Place = {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly home: string;
  readonly platform: NodeJS.Platform;
};

/** An object that holds servers by their names. */
export type Container = { readonly path: readonly string[]; readonly folder: string | undefined };

const CLIENTS: Readonly<Record<string, (place: Place) => readonly ClientFile[]>> = {
  "claude-code": ({ env, cwd, home }) => [
    { file: join(cwd, ".mcp.json"), folder: cwd },
    // servers of the user's, and of single projects
    { file: join(env.CLAUDE_CONFIG_DIR ?? home, ".claude.json"), folder: undefined },
  ],
  "claude-desktop": (place) => [
    { file: join(applicationFolder(place), "Claude", "claude_desktop_config.json"), folder: undefined },
  ],
  cursor: ({ cwd, home }) => [
    { file: join(cwd, ".cursor", "mcp.json"), folder: cwd },
    { file: join(home, ".cursor", "mcp.json"), folder: undefined },
  ],
  vscode: (place) => [
    { file: join(place.cwd, ".vscode", "mcp.json"), folder: place.cwd },
    { file: join(applicationFolder(place), "Code", "User", "mcp.json"), folder: undefined },
  ],
};

/**
 * The files that a client reads, the first of those that the person asks for by the client's name or a path.
 * @throws Problem where it is neither a known name nor looks like a path
 */
export function filesOf(client: string, place: Place): readonly ClientFile[] {
  const known = Object.hasOwn(CLIENTS, client) ? CLIENTS[client] : undefined;
  // in the home folder itself both are one file
  if (known !== undefined)
    return known(place).filter(({ file }, at, all) => all.findIndex((other) => other.file === file) === at);
  if (!/[./\\]/.test(client)) {
    const names = Object.keys(CLIENTS);
    const near = nearestWord(client, names);
    throw new Problem([
      `${client}: there is no such client; ${near === undefined ? `known are ${names.join(", ")}, and any file by its path` : `did you mean ${near}?`}`,
    ]);
  }
  const file = resolve(place.cwd, client);
  const folder = dirname(file);
  const isInside = [".vscode", ".cursor"].includes(basename(folder));
  return [{ file, folder: isInside ? dirname(folder) : folder }];
}

/** `mcpServers`, VS Code's `servers` (`mcp.servers` in its old settings), and the projects of Claude Code's own file. */
export function containersOf(json: JsonText, folder: string | undefined): readonly Container[] {
  const projects = (json.members(["projects"]) ?? []).map(({ name }) => ({
    path: ["projects", name, "mcpServers"],
    folder: name,
  }));
  const own = [["mcpServers"], ["servers"], ["mcp", "servers"]].map((path) => ({ path, folder }));
  return [...own, ...projects].filter(({ path }) => json.members(path) !== undefined);
}

function applicationFolder({ env, home, platform }: Place): string {
  if (platform === "darwin") return join(home, "Library", "Application Support");
  if (platform === "win32") return env.APPDATA ?? join(home, "AppData", "Roaming");
  return env.XDG_CONFIG_HOME ?? join(home, ".config");
}
