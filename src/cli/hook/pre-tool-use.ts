// What Claude Code asks a PreToolUse hook, as a call for the gate to judge: which server and tool are meant, and where in the
// project the file lies that is named. Values of the tool's input are passed on as they were received; nothing is judged here.
import { basename, dirname, isAbsolute, resolve, sep } from "node:path";
import { z } from "zod";
import { type JsonNode, type JsonObject, memberOf, scanJson } from "../../mcp/json-scan.ts";
import { decodeUtf8 } from "../../mcp/jsonrpc.ts";

/** Claude Code's own tools, by the name that rules have for them. */
export const BUILT_IN = "claude-code";

export type ReadHook =
  /** `bodyText` is the body of `POST /v1/judge`. */
  | { readonly kind: "call"; readonly bodyText: string }
  /** It is judged by the gate that it goes through. */
  | { readonly kind: "through" }
  /** It can't be judged. */
  | { readonly kind: "refused"; readonly problem: string };

export type Surroundings = {
  /** CLAUDE_PROJECT_DIR; undefined where it is not set. */
  readonly project: string | undefined;
  /** MCP servers of the client that go through a gate already. */
  readonly through: readonly string[];
  readonly files: Files;
};

/** What of a file system is asked. Both throw where there is nothing, as node's do. */
export type Files = {
  readonly realpath: (path: string) => string;
  readonly readlink: (path: string) => string;
};

/** As deep as a gate can be configured to read. */
const MAX_DEPTH = 512;
const MAX_HOPS = 100;
const MCP = "mcp__";
/** What names the file in the input of a built-in tool. */
const FILE_KEYS = ["file_path", "notebook_path", "path"];
/** Of the model's own words, for a person who looks on: no part of what is done, and other words at each try. */
const UNJUDGED: Readonly<Record<string, readonly string[]>> = { Bash: ["description"] };
/** Under this name rules find what the hook knows besides the tool's input. */
const HOOK = "hook";

const hookSchema = z.object({
  hook_event_name: z.literal("PreToolUse", { error: "must be PreToolUse: this command is for that hook alone" }),
  session_id: z.string().regex(/^[\x21-\x7e]{1,128}$/, { error: "must be 1 to 128 visible ASCII characters" }),
  tool_name: z.string().min(1),
  tool_input: z.record(z.string(), z.unknown()),
  cwd: z.string().refine(isAbsolute, { error: "must be an absolute path" }),
});

export function readPreToolUse(bytes: Uint8Array, around: Surroundings): ReadHook {
  const text = decodeUtf8(bytes);
  if (text === undefined) return refused("what Claude Code asks is not UTF-8");
  const scan = scanJson(text, { maxDepth: MAX_DEPTH });
  if (scan.kind === "refused") return refused(`what Claude Code asks is not JSON that can be judged: ${scan.problem}`);
  const parsed = hookSchema.safeParse(JSON.parse(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return refused(`what Claude Code asks has another form: ${issue?.path.join(".")} ${issue?.message}`);
  }
  const input = scan.root.kind === "object" ? memberOf(scan.root, "tool_input") : undefined;
  if (input?.kind !== "object") return refused("what Claude Code asks has no tool_input");
  const { session_id: session, tool_name: name, tool_input: given, cwd } = parsed.data;
  if (name.startsWith(MCP)) {
    if (around.through.some((server) => name.startsWith(`${MCP}${server}__`))) return { kind: "through" };
    const [, server, tool, ...more] = name.split("__");
    if (!server || !tool || more.length > 0)
      return refused(`${name} does not say for certain which tool of which MCP server is meant`);
    return call({ server, tool, session, argumentsText: text.slice(input.start, input.end) });
  }
  if (Object.hasOwn(given, HOOK)) return refused(`${name} has an input called "${HOOK}", which is the hook's own name`);
  const file = FILE_KEYS.map((key) => given[key]).find((value) => typeof value === "string");
  // what comes before it may be a link: then some readers go to where that leads, and some don't
  if (file?.split(/[\\/]/).includes("..") === true)
    return refused(`the file that ${name} names has ".." in its path: write the path out`);
  const where = locate(file, cwd, around);
  if (where === undefined) return refused(`the file that ${name} names can't be looked up: too many links`);
  const members = input.members.filter(({ key }) => UNJUDGED[name]?.includes(key) !== true);
  const argumentsText = `{${[...membersOf(text, members), `"${HOOK}":${JSON.stringify(where)}`].join(",")}}`;
  return call({ server: BUILT_IN, tool: name, session, argumentsText });
}

type Asked = {
  readonly server: string;
  readonly tool: string;
  readonly session: string;
  readonly argumentsText: string;
};

function call({ argumentsText, ...named }: Asked): ReadHook {
  return { kind: "call", bodyText: `${JSON.stringify(named).slice(0, -1)},"arguments":${argumentsText}}` };
}

/** As they stand in the text: a number that no double holds stays the one it is. */
function membersOf(text: string, members: JsonObject["members"]): string[] {
  return members.map(({ keyStart, value }: { keyStart: number; value: JsonNode }) => text.slice(keyStart, value.end));
}

type Where = { readonly project: string; readonly cwd: string; readonly file?: string };

/** Undefined where links lead to links without end. */
function locate(file: string | undefined, cwd: string, { project, files }: Surroundings): Where | undefined {
  try {
    const place = { project: opened(project ?? cwd, files), cwd: opened(cwd, files) };
    return file === undefined ? place : { ...place, file: opened(resolve(cwd, file), files) };
  } catch (error) {
    if (error instanceof TooManyHops) return undefined;
    throw error;
  }
}

class TooManyHops extends Error {}

/** What is opened by the path, with slashes: links are followed, also those that lead to nothing yet. */
function opened(path: string, files: Files): string {
  return follow(path, files, 0).split(sep).join("/");
}

function follow(path: string, files: Files, hops: number): string {
  if (hops > MAX_HOPS) throw new TooManyHops();
  const real = attempt(() => files.realpath(path));
  if (real !== undefined) return real;
  const parent = dirname(path);
  if (parent === path) return path;
  const place = resolve(follow(parent, files, hops + 1), basename(path));
  const target = attempt(() => files.readlink(place));
  return target === undefined ? place : follow(resolve(dirname(place), target), files, hops + 1);
}

function attempt(look: () => string): string | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

function refused(problem: string): ReadHook {
  return { kind: "refused", problem };
}
