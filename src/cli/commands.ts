// The commands by name, and how one is found and run. A command's code is loaded when it is called for, so that `regate build`
// loads nothing of the gate. Knows no process: the caller has the streams and the exit.

import { nearestWord } from "../config/suggest.ts";
import { showable } from "../mcp/showable.ts";
import { Problem } from "../problem.ts";
import { readVersion } from "../version.ts";
import { createBusyLine } from "./busy-line.ts";
import type { Command, CommandIo } from "./command.ts";

type Entry = {
  /** What may follow the name. */
  readonly usage: string;
  readonly summary: string;
  readonly load: () => Promise<{ readonly run: Command }>;
  /** It goes on for as long as somebody wants. */
  readonly waits?: true;
};

const COMMANDS: ReadonlyMap<string, Entry> = new Map([
  [
    "init",
    {
      usage: "[DIR] [--mcp-config FILE] [--timeout SECONDS] [--json]",
      summary: "start a policy repository in an empty folder",
      load: () => import("./init.ts"),
    },
  ],
  [
    "serve",
    {
      usage: "[-c regate.yaml] [--port N] [--bundle FILE] [--shadow FILE] [--mcp-config FILE]",
      summary: "run the gate",
      load: () => import("./serve.ts"),
      waits: true,
    },
  ],
  [
    "dev",
    {
      usage: "[DIR] [-c regate.yaml] [--port N] [--mcp-config FILE]",
      summary: "run the gate, and rebuild the policy folder at each save",
      load: () => import("./dev.ts"),
      waits: true,
    },
  ],
  [
    "stdio",
    {
      usage: "[SERVER] [-c regate.yaml]",
      summary: "stand in for SERVER, or for all, in a client that speaks stdio, through the running gate",
      load: () => import("./stdio.ts"),
      waits: true,
    },
  ],
  [
    "hook",
    {
      usage: "claude-code [-c regate.yaml] [--through SERVER]... [--allow]",
      summary: "judge a built-in tool of Claude Code's by the running gate, as its PreToolUse hook",
      load: () => import("./hook.ts"),
    },
  ],
  [
    "build",
    {
      usage:
        "[DIR] [-o FILE] [--sequence N] [--signing-key FILE [--signing-alg RS256|ES256|EdDSA] [--claims-file FILE]] [--json]",
      summary: "check a policy folder and compile it to a bundle",
      load: () => import("./build.ts"),
    },
  ],
  [
    "audit",
    {
      usage:
        "[DIR] [--bundle FILE] [--server NAME] [--format text|json] [--json] [--fail-on error|warning|info] [--all]",
      summary: "show which rule decides each tool, and what is dangerous, unreachable or gone with a missing field",
      load: () => import("./audit.ts"),
    },
  ],
  [
    "scan",
    {
      usage: "SERVER | --all  [--check] [--json] [-c regate.yaml] [--mcp-config FILE] [-d DIR] [--timeout SECONDS]",
      summary: "read a live server's tools into the catalogue, or check that they are those",
      load: () => import("./scan.ts"),
    },
  ],
  [
    "classify",
    {
      usage: "FILE [--bundle FILE] [--json]",
      summary: "say of each tool in a tools/list result what it is, and why",
      load: () => import("./classify.ts"),
    },
  ],
  [
    "test",
    {
      usage:
        "[DIR] [--strict] [--format text|json|sarif|github|markdown] [--json] [--report FORMAT=FILE] [--skip STEP]",
      summary: "check a policy folder: format, types, lint, tests, build, samples, audit",
      load: () => import("./test.ts"),
    },
  ],
  [
    "decide",
    {
      usage: "FILE [--bundle FILE] [--json]",
      summary: "show what the policy decides on one input",
      load: () => import("./decide.ts"),
    },
  ],
  [
    "diff",
    {
      usage:
        "[BASE [HEAD]] [--merge-base] [--policy DIR] [--samples DIR] [--replay FILE] [--format text|json|markdown] [--json] [--fail-on looser|stricter|other|any] [--acknowledge FILE]",
      summary: "show every decision that changes between two bundles, revisions or the working tree",
      load: () => import("./diff.ts"),
    },
  ],
  [
    "why",
    {
      usage: "DECISION [--as-test] [--json] [--log FILE]... [-c regate.yaml] [--bundle FILE]",
      summary: "explain a logged decision: rules, input, the nearest input that is allowed; or its Rego test",
      load: () => import("./why.ts"),
    },
  ],
  [
    "log",
    {
      usage:
        "[verify [FILE...] [--key FILE]...] | [FILE] [--since T] [--until T] [--server S] [--tool T] [--session S] [--principal P] [--action A] [--rule R] [-n N] [--follow]  [--json] [-c regate.yaml]",
      summary: "search the decision log, follow it, or verify that no line of it was changed, removed or moved",
      load: () => import("./log.ts"),
      waits: true,
    },
  ],
  [
    "learn",
    {
      usage: "--from LOG... [-o DIR] [--min-calls N] [--json]",
      summary: "write least-privilege rules, tests and samples from the calls that decision logs hold",
      load: () => import("./learn.ts"),
    },
  ],
  [
    "status",
    {
      usage: "[-c regate.yaml] [--json]",
      summary: "show what the running gate does: policy, servers, counts, shadow",
      load: () => import("./status.ts"),
    },
  ],
  [
    "freeze",
    {
      usage: "[--server NAME] [--principal NAME] [--thaw] [-c regate.yaml] [--json]",
      summary: "have the running gate refuse all calls, or some, at once; --thaw ends it",
      load: () => import("./freeze.ts"),
    },
  ],
  [
    "approvals",
    {
      usage:
        "[list [--state STATE] | show ID | approve ID [--minutes N] | deny ID --reason TEXT]  [-c regate.yaml] [--json]",
      summary: "show the calls that wait for a person, and approve or deny one",
      load: () => import("./approvals.ts"),
    },
  ],
  [
    "reload",
    {
      usage: "[-c regate.yaml] [--allow-rollback] [--json]",
      summary: "have the running gate take a changed bundle and changed servers",
      load: () => import("./reload.ts"),
    },
  ],
  [
    "wrap",
    {
      usage: "claude-code | claude-desktop | cursor | vscode | FILE  [-c regate.yaml] [--yes] [--dry-run] [--json]",
      summary: "move the servers of an MCP client behind the gate; shows the difference first, and keeps a backup",
      load: () => import("./wrap.ts"),
    },
  ],
  [
    "unwrap",
    {
      usage: "claude-code | claude-desktop | cursor | vscode | FILE  [--force] [--yes] [--dry-run] [--json]",
      summary: "give an MCP client its servers back, as they were before regate wrap",
      load: () => import("./unwrap.ts"),
    },
  ],
  [
    "servers",
    {
      usage:
        "add NAME (--url URL [--header 'NAME: VALUE']... | [--env NAME=VALUE]... -- COMMAND ARGS...) [--catalogue NAME] | list | remove NAME  [-c regate.yaml] [--json]",
      summary: "manage the servers in regate.yaml",
      load: () => import("./servers.ts"),
    },
  ],
  [
    "connect",
    {
      usage: "SERVER [--remove [--principal NAME]] | --list  [-c regate.yaml] [--json]",
      summary: "sign in to a server that wants each principal's own account; --remove signs out",
      load: () => import("./connect.ts"),
    },
  ],
  [
    "keys",
    {
      usage: "add NAME | list | remove NAME  [-c regate.yaml] [--json]",
      summary: "manage the agents' API keys",
      load: () => import("./keys.ts"),
    },
  ],
]);

const MAX_FAULT_CHARACTERS = 10_000;
const TICK_MS = 250;
/** What is written short in a usage. */
const SHORT_OPTIONS: ReadonlyMap<string, string> = new Map([
  ["-c", "--config"],
  ["-d", "--dir"],
  ["-o", "--output"],
  ["-n", "--last"],
]);

/**
 * Runs the command that `argv` (without node and script) names.
 * @returns its exit code; 2 for what a person mends, which is then on stderr, one line for each fault
 */
export async function runCommand(argv: readonly string[], io: CommandIo): Promise<number> {
  const [name, ...args] = putHelpLast(argv);
  if (name === "--version" || name === "-v") return print(io, `${readVersion()}\n`);
  if (name === "--help" || name === "-h" || name === "help") return print(io, describeAll());
  if (name === undefined) {
    io.stderr(describeAll());
    return 2;
  }
  const entry = COMMANDS.get(name);
  try {
    if (entry === undefined) throw new Problem([describeUnknown(name)]);
    if (isHelpAsked(args)) return print(io, `usage: regate ${name} ${entry.usage}\n${entry.summary}\n`);
    return await runEntry(entry, name, args, io);
  } catch (error) {
    const lines = faultsOf(error, name, entry);
    if (lines === undefined) throw error;
    // a file's name or a source may be somebody else's: it can't begin a line, or write over one
    const shown = lines.map((line) => `${showable(line, MAX_FAULT_CHARACTERS)}\n`);
    io.stderr([...new Set(shown)].join(""));
    return 2;
  }
}

async function runEntry(entry: Entry, name: string, args: readonly string[], io: CommandIo): Promise<number> {
  const busy = createBusyLine(io, name, entry.waits === true, Date.now);
  const ticking = setInterval(busy.tick, TICK_MS).unref();
  try {
    const { run } = await entry.load();
    return await run(args, busy.io);
  } finally {
    clearInterval(ticking);
    busy.end();
  }
}

function print(io: CommandIo, text: string): number {
  io.stdout(text);
  return 0;
}

/** `regate help serve` asks what `regate serve --help` does. */
function putHelpLast(argv: readonly string[]): readonly string[] {
  const [first, second] = argv;
  return first === "help" && second !== undefined && !second.startsWith("-") ? [second, "--help"] : argv;
}

function isHelpAsked(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return (end === -1 ? args : args.slice(0, end)).some((arg) => arg === "--help" || arg === "-h");
}

function describeAll(): string {
  const width = Math.max(...[...COMMANDS.keys()].map((name) => name.length));
  const rows = [...COMMANDS].map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}\n`).join("");
  return `usage: regate COMMAND [ARGUMENTS]\n\n${rows}\nregate COMMAND --help says what may follow; regate --version prints the version\n`;
}

function describeUnknown(name: string): string {
  const near = nearestWord(name, [...COMMANDS.keys()]);
  const hint = near === undefined ? "regate --help lists the commands" : `did you mean regate ${near}?`;
  return `regate ${JSON.stringify(name).slice(1, -1)}: there is no such command; ${hint}`;
}

/** The lines for a person, or undefined where the error is a bug. */
function faultsOf(error: unknown, name: string, entry: Entry | undefined): readonly string[] | undefined {
  if (error instanceof Problem) return error.lines;
  if (error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS_")) {
    const [sentence = ""] = error.message.split(/\. |\n/);
    const usage = entry?.usage ?? "";
    return [`regate ${name}: ${sentence}${suggestOption(sentence, usage)}; usage: regate ${name} ${usage}`];
  }
  return undefined;
}

/** @param usage names the options that there are */
function suggestOption(sentence: string, usage: string): string {
  const [, unknown] = /^Unknown option '(-[^']+)'/.exec(sentence) ?? [];
  if (unknown === undefined) return "";
  const known = (usage.match(/(?<![\w-])--?[a-z][a-z-]*/g) ?? []).map((option) => SHORT_OPTIONS.get(option) ?? option);
  const near = nearestWord(unknown, known);
  return near === undefined ? "" : ` (did you mean ${near}?)`;
}
