// Scratch repositories for the tests of `regate diff`, and the command run in them.
import { execFile } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { run } from "../../../src/cli/diff.ts";
import { type Files, makeFolder } from "../../policy/support.ts";

/** A file of `undefined` is removed. */
export type Changes = Readonly<Record<string, string | undefined>>;

export type TestRepository = {
  readonly dir: string;
  git(...args: string[]): Promise<string>;
  /** Writes the files, and commits everything. */
  commit(message: string, changes: Changes): Promise<string>;
  write(changes: Changes): Promise<void>;
};

const AUTHOR = {
  GIT_AUTHOR_NAME: "Ann Author",
  GIT_AUTHOR_EMAIL: "ann@example.com",
  GIT_COMMITTER_NAME: "Ann Author",
  GIT_COMMITTER_EMAIL: "ann@example.com",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_SYSTEM: "/dev/null",
};

/** With one commit on `main`. */
export async function makeRepository(files: Files): Promise<TestRepository> {
  const dir = await makeFolder({});
  const git = async (...args: string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)("git", args, { cwd: dir, env: { ...process.env, ...AUTHOR } });
    return stdout.trim();
  };
  const write = async (changes: Changes): Promise<void> => {
    for (const [path, text] of Object.entries(changes)) {
      if (text === undefined) {
        await rm(join(dir, path), { recursive: true });
        continue;
      }
      await mkdir(dirname(join(dir, path)), { recursive: true });
      await writeFile(join(dir, path), text);
    }
  };
  const commit = async (message: string, changes: Changes): Promise<string> => {
    await write(changes);
    await git("add", "--all");
    await git("commit", "--quiet", "--allow-empty", "--message", message);
    return git("rev-parse", "HEAD");
  };
  await git("init", "--quiet", "--initial-branch", "main");
  await commit("Begin", files);
  return { dir, git, write, commit };
}

export type Ran = { readonly exitCode: number; readonly stdout: string; readonly stderr: string };

export async function diff(cwd: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<Ran> {
  const output = { stdout: "", stderr: "" };
  const exitCode = await run(args, {
    stdout: (text) => {
      output.stdout += text;
    },
    stderr: (text) => {
      output.stderr += text;
    },
    env,
    cwd,
    stdin: async () => new Uint8Array(),
  });
  return { exitCode, ...output };
}

export const RULES = `package policy.servers.files

rules.read_file contains {"id": "reads", "action": "allow"}

rules.read_file contains {"id": "no-secrets", "action": "deny", "reason": "Secrets are not for agents"} if not _is_open

_is_open if startswith(input.args.path, "/open/")

rules.write_file contains {"id": "few", "action": "allow", "rate_limit": {"max": 5, "window": 60}}
`;

export const CATALOGUE = JSON.stringify({
  tools: {
    read_file: {
      category: "Read",
      risk: "Low",
      severity: "low",
      parameters: { path: { required: true, type: "string" } },
    },
    write_file: { category: "Write", risk: "Medium", severity: "low" },
  },
});

export const POLICY: Files = { "rego/policy/files.rego": RULES, "rego/catalogue/files/data.json": CATALOGUE };

/** The rules with something else in them. */
export function withRules(from: string, to: string): Files {
  if (!RULES.includes(from)) throw new Error(`the rules have no ${from}`);
  return { "rego/policy/files.rego": RULES.replace(from, to) };
}
