// What `regate diff` asks of git: commits by name, the files of a commit, trailers of commit messages. It reads objects only:
// the work tree, the index and hooks are not touched, so that a comparison changes nothing and runs nothing of the repository.
import { spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, posix, relative, resolve, sep } from "node:path";
import { Problem } from "../../problem.ts";

export type Repository = {
  /** Absolute. */
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
};

/** One commit message's trailers of one key. */
export type Trailers = { readonly commit: string; readonly author: string; readonly values: readonly string[] };

/** What is compared are the commits, whatever a repository would rather have in their place. */
const OWN_ENV = { LC_ALL: "C", GIT_OPTIONAL_LOCKS: "0", GIT_NO_REPLACE_OBJECTS: "1" };
/** OPA takes minutes and gigabytes for a source beyond that. */
const MAX_SOURCE_BYTES = 8_388_608;
/** What a bundle may unpack to. */
const MAX_TREE_BYTES = 268_435_456;

type Run = { readonly exitCode: number; readonly stdout: Buffer; readonly stderr: string };

/** @throws Problem where there is no git, or no repository */
export async function findRepository(cwd: string, env: NodeJS.ProcessEnv, revision: string): Promise<Repository> {
  const { exitCode, stdout } = await runGit(["rev-parse", "--show-toplevel"], { root: cwd, env });
  if (exitCode !== 0) {
    throw new Problem([`${revision}: no such bundle, and no revision either: ${cwd} is not in a git repository`]);
  }
  return { root: stdout.toString().replace(/\n$/, ""), env };
}

/** @throws Problem where no commit has that name */
export async function resolveCommit(repository: Repository, revision: string): Promise<string> {
  const args = ["rev-parse", "--verify", "--quiet", `${revision}^{commit}`];
  const { exitCode, stdout } = revision.startsWith("-") ? { exitCode: 1, stdout: "" } : await runGit(args, repository);
  if (exitCode === 0) return stdout.toString().trim();
  throw new Problem([
    `${revision}: neither a bundle nor a revision of ${repository.root}; name a .tar.gz, a branch, a tag or a commit`,
  ]);
}

/** @throws Problem where the two have none */
export async function findMergeBase(
  repository: Repository,
  base: { readonly name: string; readonly commit: string },
  head: { readonly name: string; readonly commit: string },
): Promise<string> {
  const { exitCode, stdout } = await runGit(["merge-base", base.commit, head.commit], repository);
  if (exitCode === 0) return stdout.toString().trim();
  const isShallow = (await mustRun(["rev-parse", "--is-shallow-repository"], repository)).toString().trim() === "true";
  const remedy = isShallow
    ? "this clone is shallow: `git fetch --unshallow` (in a GitHub workflow `fetch-depth: 0`)"
    : "leave out --merge-base to compare them as they are";
  throw new Problem([`${base.name} and ${head.name} have no commit in common; ${remedy}`]);
}

/**
 * Writes the files of a commit that lie at or below some folders, as they are stored: no filters, no attributes.
 * @param folders relative to the root, with forward slashes; the root itself is ""
 * @throws Problem for a link or a submodule among them, and for more than a policy can be
 */
export async function writeTree(
  repository: Repository,
  commit: string,
  folders: readonly string[],
  to: string,
): Promise<void> {
  const paths = folders.includes("") ? [] : folders;
  const list = await mustRun(["ls-tree", "-r", "-z", "-l", "--full-tree", commit, "--", ...paths], repository);
  const entries = list
    .toString()
    .split("\0")
    .filter((entry) => entry !== "")
    .map(readEntry);
  const large = entries.find(({ path, bytes }) => path.endsWith(".rego") && bytes > MAX_SOURCE_BYTES);
  if (large !== undefined) throw new Problem([`${large.path}: is longer than ${MAX_SOURCE_BYTES} bytes`]);
  const totalBytes = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  if (totalBytes > MAX_TREE_BYTES) {
    const named = paths.map((path) => path || ".").join(", ") || "the root";
    throw new Problem([`${named}: ${totalBytes} bytes of files, where a policy has ${MAX_TREE_BYTES} at most`]);
  }
  const contents = await readBlobs(
    repository,
    entries.map(({ object }) => object),
  );
  for (const [index, { path }] of entries.entries()) {
    try {
      await mkdir(dirname(join(to, path)), { recursive: true });
      await writeFile(join(to, path), contents[index] ?? "");
    } catch (error) {
      // git makes no tree with a file and a folder of one name, others can; and not every name is one for every system
      const why = error instanceof Error && "code" in error ? String(error.code) : "unknown";
      throw new Problem([`${JSON.stringify(path)}: is no path that a file can be written to (${why})`]);
    }
  }
}

/** Whether the commit has anything at that path, which is not the root. */
export async function hasPath(repository: Repository, commit: string, path: string): Promise<boolean> {
  return (await mustRun(["ls-tree", "-z", "--full-tree", "--name-only", commit, "--", path], repository)).length > 0;
}

/** Of all commits that `head` has and `base` has not, newest first. */
export async function listTrailers(
  repository: Repository,
  base: string,
  head: string,
  key: string,
): Promise<readonly Trailers[]> {
  // no name and no message holds a zero byte; whatever else parts fields, somebody may be called by
  const format = `%H%x00%an%x00%(trailers:key=${key},valueonly,unfold)`;
  const text = await mustRun(
    ["log", "-z", "--no-show-signature", `--format=${format}`, `${base}..${head}`],
    repository,
  );
  const fields = text.toString().split("\0");
  const commits = Array.from({ length: Math.floor(fields.length / 3) }, (_, index) =>
    fields.slice(3 * index, 3 * index + 3),
  );
  return commits.flatMap(([commit = "", author = "", values = ""]) => {
    const lines = values.split("\n").filter((line) => line.trim() !== "");
    return lines.length === 0 ? [] : [{ commit, author, values: lines }];
  });
}

/**
 * A folder as git names it.
 * @throws Problem where it lies outside of the repository
 */
export async function pathInRepository({ root, env }: Repository, cwd: string, folder: string): Promise<string> {
  const prefix = (await mustRun(["rev-parse", "--show-prefix"], { root: cwd, env })).toString().replace(/\n$/, "");
  const path = folder.startsWith(sep)
    ? relative(root, resolve(folder)).split(sep).join("/")
    : posix.join(prefix, folder);
  const clean = posix.normalize(path).replace(/\/$/, "");
  if (clean === ".." || clean.startsWith("../")) throw new Problem([`--policy ${folder}: lies outside of ${root}`]);
  return clean === "." ? "" : clean;
}

function readEntry(entry: string): { readonly path: string; readonly object: string; readonly bytes: number } {
  const [meta = "", path = ""] = splitOnce(entry, "\t");
  const [mode = "", , object = "", size = ""] = meta.split(/ +/);
  if (mode === "120000") throw new Problem([`${path}: is a link; put what it points to there`]);
  if (mode === "160000") throw new Problem([`${path}: is a submodule; put its files there`]);
  // git makes no such tree, others can
  if (path.split("/").some((name) => name === "" || name === "." || name === "..")) {
    throw new Problem([`${JSON.stringify(path)}: is no path that a file can be written to`]);
  }
  return { path, object, bytes: Number(size) || 0 };
}

/** The contents of objects, in their order. */
async function readBlobs(repository: Repository, objects: readonly string[]): Promise<readonly Buffer[]> {
  if (objects.length === 0) return [];
  const output = await mustRun(["cat-file", "--batch"], repository, `${objects.join("\n")}\n`);
  const blobs: Buffer[] = [];
  let position = 0;
  for (const object of objects) {
    const end = output.indexOf("\n", position);
    const size = Number(output.toString("utf8", position, end).split(" ")[2]);
    if (!Number.isInteger(size)) throw new Problem([`git has no object ${object}; fetch the repository again`]);
    blobs.push(output.subarray(end + 1, end + 1 + size));
    position = end + 1 + size + 1;
  }
  return blobs;
}

function splitOnce(text: string, by: string): readonly string[] {
  const at = text.indexOf(by);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + by.length)];
}

async function mustRun(args: readonly string[], repository: Repository, input = ""): Promise<Buffer> {
  const { exitCode, stdout, stderr } = await runGit(args, repository, input);
  if (exitCode !== 0) throw new Problem([`git ${args[0]} failed: ${stderr.trim().replaceAll("\n", " ")}`]);
  return stdout;
}

async function runGit(args: readonly string[], { root, env }: Repository, input = ""): Promise<Run> {
  return await new Promise((done, fail) => {
    const child = spawn("git", args, { cwd: root, env: { ...env, ...OWN_ENV } });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    child.stdin.on("error", () => undefined); // it may end without reading all; its exit code says why
    child.on("error", (error) =>
      fail(new Problem([`git is needed to compare revisions, and can't be run (${error.message})`])),
    );
    child.on("close", (exitCode) => {
      done({ exitCode: exitCode ?? 1, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() });
    });
    child.stdin.end(input);
  });
}
