// Plays pull requests on a repository that `regate init` made from the packed package: a real git repository with an origin,
// branches, and the merge commit that GitHub checks out. The steps are those of the workflow's file: each `run:` is run as it
// stands there, under the condition that stands there.
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import type { GitHub } from "./harness-github.ts";
import { makeTempDir, ROOT, runToEnd } from "./harness-process.ts";

export const REPOSITORY = "an-org/policy";
const WORKFLOW = ".github/workflows/policy.yml";
/** As GitHub writes one. */
export const expression = (text: string): string => `$\{{ ${text} }}`;
const NOT_CANCELLED = expression("!cancelled()");

export const PROGRAMS = {
  OPA: process.env.OPA ?? join(ROOT, ".tools/opa"),
  REGAL: process.env.REGAL ?? join(ROOT, ".tools/regal"),
};
const GIT = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_AUTHOR_NAME: "An Author",
  GIT_AUTHOR_EMAIL: "author@example.com",
  GIT_COMMITTER_NAME: "An Author",
  GIT_COMMITTER_EMAIL: "author@example.com",
  GIT_AUTHOR_DATE: "2026-11-02T12:00:00Z",
  GIT_COMMITTER_DATE: "2026-11-02T12:00:00Z",
};
const SILENT_NPM = { npm_config_audit: "false", npm_config_fund: "false", npm_config_update_notifier: "false" };
const ENV = { ...PROGRAMS, ...GIT, ...SILENT_NPM, npm_config_prefer_offline: "true" };

const stepSchema = z.object({
  run: z.string().optional(),
  uses: z.string().optional(),
  if: z.string().optional(),
  env: z.record(z.string(), z.string()).default({}),
  with: z.record(z.string(), z.unknown()).optional(),
});
const jobSchema = z.object({
  permissions: z.record(z.string(), z.string()),
  needs: z.string().optional(),
  if: z.string().optional(),
  steps: z.array(stepSchema),
});
const workflowSchema = z.object({
  on: z.record(z.string(), z.unknown()),
  permissions: z.record(z.string(), z.string()),
  jobs: z.object({ check: jobSchema, report: jobSchema }),
});
export type Workflow = z.infer<typeof workflowSchema>;
type Step = z.infer<typeof stepSchema>;

export async function readWorkflow(dir: string): Promise<Workflow> {
  return workflowSchema.parse(parse(await readFile(join(dir, WORKFLOW), "utf8")));
}

export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** Runs a program with the tools of the tests, and nothing of whoever runs them in git's settings. */
export async function call(
  cwd: string,
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return await runToEnd(command, args, { cwd, env: { ...ENV, ...env } });
}

export async function mustCall(cwd: string, command: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await call(cwd, command, args);
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${code}:\n${stdout}${stderr}`);
  return stdout;
}

/** Packs Regate as it would be published, and installs it in an empty folder from a file that lies there. */
export async function installPacked(): Promise<string> {
  const dir = join(makeTempDir(), "policy");
  await mkdir(join(dir, "vendor"), { recursive: true });
  const packed = await mustCall(
    ROOT,
    "npm",
    "pack",
    "--ignore-scripts",
    "--silent",
    "--pack-destination",
    join(dir, "vendor"),
  );
  await mustCall(dir, "npm", "install", "--save-dev", "--save-exact", `./vendor/${packed.trim()}`);
  return dir;
}

/** Makes a git repository of the folder, whose main branch an origin has. */
export async function pushToOrigin(dir: string): Promise<void> {
  const origin = join(makeTempDir(), "origin.git");
  await mustCall(dir, "git", "init", "--quiet", "--bare", "--initial-branch=main", origin);
  await mustCall(dir, "git", "init", "--quiet", "--initial-branch=main");
  await mustCall(dir, "git", "add", "--all");
  await mustCall(dir, "git", "commit", "--quiet", "-m", "The policy");
  await mustCall(dir, "git", "remote", "add", "origin", origin);
  await mustCall(dir, "git", "push", "--quiet", "origin", "main");
  await mustCall(dir, "git", "fetch", "--quiet", "origin");
}

/** Old and new text of one place in one file. */
export type Edit = readonly [path: string, before: string, after: string];

export type Branch = { readonly name: string; readonly message: string; readonly edits: readonly Edit[] };

/** Commits the edits on a branch of its own, off `from`. */
export async function commitBranch(dir: string, from: string, { name, message, edits }: Branch): Promise<void> {
  await mustCall(dir, "git", "checkout", "--quiet", "-B", name, from);
  for (const [path, before, after] of edits) {
    const text = await readFile(join(dir, path), "utf8");
    if (text.split(before).length !== 2) throw new Error(`${path}: not once there: ${before}`);
    await writeFile(
      join(dir, path),
      text.replace(before, () => after),
    );
  }
  await mustCall(dir, "git", "commit", "--quiet", "--all", "--allow-empty", "-m", message);
}

export type PullRequest = { readonly number: number; readonly branch: string; readonly token: string };

export type Played = {
  /** Exit code of each step that ran, by its command. */
  readonly steps: Readonly<Record<string, number | null>>;
  readonly output: string;
  readonly summary: string;
  /** base, head and the merge commit that was checked out. */
  readonly commits: Readonly<Record<"base" | "head" | "merge", string>>;
};

/** What GitHub sets for each step of a run for a pull request. */
export async function actionsEnv(github: GitHub, number: number) {
  const scratch = makeTempDir();
  const [event, summary] = [join(scratch, "event.json"), join(scratch, "summary.md")];
  await writeFile(event, JSON.stringify({ pull_request: { number } }));
  await writeFile(summary, "");
  return {
    GITHUB_ACTIONS: "true",
    GITHUB_API_URL: github.url,
    GITHUB_BASE_REF: "main",
    GITHUB_EVENT_PATH: event,
    GITHUB_REPOSITORY: REPOSITORY,
    GITHUB_STEP_SUMMARY: summary,
  };
}

/** Both jobs, as GitHub would run them for the branch. */
export async function playWorkflow(
  dir: string,
  github: GitHub,
  { number, branch, token }: PullRequest,
): Promise<Played> {
  const commits = await checkOutMerge(dir, branch);
  await rm(join(dir, ".policy"), { recursive: true, force: true });
  const env = await actionsEnv(github, number);
  const { jobs } = await readWorkflow(dir);
  const check = await runSteps(dir, jobs.check.steps, env);
  // the report's job has the base's files, and of the other job what it made
  const base = join(makeTempDir(), "base");
  await mustCall(dir, "git", "worktree", "add", "--quiet", "--detach", base, commits.base);
  await cp(join(dir, ".policy"), join(base, ".policy"), { recursive: true });
  const report = await runSteps(base, jobs.report.steps, env, { [expression("github.token")]: token });
  await mustCall(dir, "git", "worktree", "remove", "--force", base);
  return {
    steps: { ...check.codes, ...report.codes },
    output: check.output + report.output,
    summary: await readFile(env.GITHUB_STEP_SUMMARY, "utf8"),
    commits,
  };
}

/** What GitHub checks out: the branch merged into main, on no branch. */
async function checkOutMerge(dir: string, branch: string): Promise<Played["commits"]> {
  await mustCall(dir, "git", "checkout", "--quiet", "--detach", "origin/main");
  await mustCall(dir, "git", "merge", "--quiet", "--no-ff", "-m", `Merge ${branch} into main`, branch);
  const [base, head, merge] = await Promise.all(
    ["origin/main", branch, "HEAD"].map(async (name) => (await mustCall(dir, "git", "rev-parse", name)).trim()),
  );
  return { base: base ?? "", head: head ?? "", merge: merge ?? "" };
}

async function runSteps(
  dir: string,
  steps: readonly Step[],
  env: Readonly<Record<string, string>>,
  expressions: Readonly<Record<string, string>> = {},
) {
  const codes: Record<string, number | null> = {};
  let [output, isFailed] = ["", false];
  for (const step of steps) {
    if (step.run === undefined || (isFailed && step.if !== NOT_CANCELLED)) continue;
    const own = Object.fromEntries(
      Object.entries(step.env).map(([name, value]) => [name, expressions[value] ?? value]),
    );
    const { code, stdout, stderr } = await call(dir, "bash", ["-e", "-c", step.run], { ...env, ...own });
    codes[step.run] = code;
    output += `$ ${step.run}\n${stdout}${stderr}`;
    isFailed ||= code !== 0;
  }
  return { codes, output };
}
