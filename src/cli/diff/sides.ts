// Finds the two policies that `regate diff` compares: each a bundle, the working tree, or a revision of git, which is built in
// a scratch folder from the files as git has them. Samples and schemas that lie beside a policy folder come with it.
import { access, stat } from "node:fs/promises";
import { join, posix, resolve } from "node:path";
import { buildBundle } from "../../policy/build/compose.ts";
import { readBundle } from "../../policy/bundle.ts";
import { type ComparedPolicy, NO_POLICY, openPolicy } from "../../policy/diff/compare-policies.ts";
import { findOpa, type Opa } from "../../policy/opa.ts";
import { readSamples, type Sample } from "../../policy/samples.ts";
import { readToolSchemas } from "../../policy/tool-schemas.ts";
import { Problem } from "../../problem.ts";
import { makeScratch, removeScratch } from "../../scratch.ts";
import type { CommandIo } from "../command.ts";
import {
  findMergeBase,
  findRepository,
  hasPath,
  pathInRepository,
  type Repository,
  resolveCommit,
  writeTree,
} from "./git.ts";

/** What a person names. */
export type SideRequest = {
  readonly base: string;
  readonly head: string;
  /** The policy folder, in revisions and in the working tree. */
  readonly policy: string;
  readonly isFromMergeBase: boolean;
};

/** One policy, and how it came to be. */
export type Side = {
  /** As the person named it. */
  readonly name: string;
  readonly kind: "bundle" | "working tree" | "revision" | "none";
  /** Of a revision. */
  readonly commit?: string;
  readonly policy: ComparedPolicy;
  readonly samples: readonly Sample[];
  /** JSON Schemas of args by `<server>/<tool>`. */
  readonly schemas: ReadonlyMap<string, unknown>;
};

export type Sides = {
  readonly base: Side;
  readonly head: Side;
  /** Where commits of the one lie that are not of the other. */
  readonly range?: { readonly repository: Repository; readonly base: string; readonly head: string };
};

type Found =
  | { readonly kind: "bundle"; readonly name: string }
  | { readonly kind: "working tree"; readonly name: string }
  | { readonly kind: "revision"; readonly name: string; readonly commit: string };

/** @throws Problem for each side that can't be found or built, both at once */
export async function openSides(request: SideRequest, io: CommandIo): Promise<Sides> {
  const repositories = new Map<string, Repository>();
  const found = {
    base: await find(request.base, io, repositories),
    head: await find(request.head, io, repositories),
  };
  const repository = repositories.get(io.cwd);
  const commits = await findCommits(repository, request, found);
  const base =
    commits !== undefined && found.base.kind === "revision" ? { ...found.base, commit: commits.base } : found.base;
  const [first, second] = await Promise.allSettled([
    open(base, "base", request.policy, io, repository),
    open(found.head, "head", request.policy, io, repository),
  ]);
  const faults = [first, second].flatMap((settled) => (settled.status === "rejected" ? linesOf(settled.reason) : []));
  const [fault, ...others] = faults;
  if (fault !== undefined) throw new Problem([fault, ...others]);
  if (first.status === "rejected" || second.status === "rejected") throw new Error("a side failed and said nothing");
  const range = repository === undefined || commits === undefined ? {} : { range: { repository, ...commits } };
  return { base: first.value, head: second.value, ...range };
}

/** Of each tool, as either side has it. */
export function gatherSchemas({ base, head }: Sides): ReadonlyMap<string, readonly unknown[]> {
  const tools = new Set([...base.schemas.keys(), ...head.schemas.keys()]);
  const both = (tool: string): readonly unknown[] => [base.schemas.get(tool), head.schemas.get(tool)];
  return new Map([...tools].map((tool) => [tool, both(tool).filter((schema) => schema !== undefined)]));
}

async function find(name: string, io: CommandIo, repositories: Map<string, Repository>): Promise<Found> {
  if (name === "." || name === "WORKTREE") return { kind: "working tree", name: "working tree" };
  const isFile = await stat(resolve(io.cwd, name)).then(
    (found) => found.isFile(),
    () => false,
  );
  if (isFile || name.endsWith(".tar.gz")) return { kind: "bundle", name };
  const repository = repositories.get(io.cwd) ?? (await findRepository(io.cwd, io.env, name));
  repositories.set(io.cwd, repository);
  return { kind: "revision", name, commit: await resolveCommit(repository, name) };
}

/** @returns the commits that a working tree or a revision stands on, where both sides have one */
async function findCommits(
  repository: Repository | undefined,
  request: SideRequest,
  { base, head }: { readonly base: Found; readonly head: Found },
): Promise<{ readonly base: string; readonly head: string } | undefined> {
  const [from, to] = await Promise.all([base, head].map((side) => commitOf(repository, side)));
  if (from === undefined || to === undefined) {
    if (request.isFromMergeBase)
      throw new Problem(["--merge-base: a bundle has none; name two revisions, or leave it out"]);
    return undefined;
  }
  if (!request.isFromMergeBase || repository === undefined) return { base: from, head: to };
  const merged = await findMergeBase(repository, { name: base.name, commit: from }, { name: head.name, commit: to });
  return { base: merged, head: to };
}

async function commitOf(repository: Repository | undefined, side: Found): Promise<string | undefined> {
  if (repository === undefined) return undefined;
  switch (side.kind) {
    case "bundle":
      return undefined;
    case "working tree":
      return resolveCommit(repository, "HEAD");
    case "revision":
      return side.commit;
  }
}

async function open(
  found: Found,
  role: "base" | "head",
  policy: string,
  io: CommandIo,
  repository: Repository | undefined,
): Promise<Side> {
  switch (found.kind) {
    case "bundle": {
      const bundle = await readBundle(resolve(io.cwd, found.name), found.name);
      return { ...found, policy: await openPolicy(bundle, false), samples: [], schemas: new Map() };
    }
    case "working tree":
      return {
        ...found,
        ...(await openFolder({ dir: resolve(io.cwd, policy), shown: policy }, "", await findOpa(io.env, io.cwd))),
      };
    case "revision":
      if (repository === undefined) throw new Error("a revision without a repository");
      return openRevision(found, role, policy, io, repository);
  }
}

async function openRevision(
  found: Extract<Found, { kind: "revision" }>,
  role: "base" | "head",
  policy: string,
  io: CommandIo,
  repository: Repository,
): Promise<Side> {
  const path = await pathInRepository(repository, io.cwd, policy);
  const short = found.commit.slice(0, 9);
  if (path !== "" && !(await hasPath(repository, found.commit, path))) {
    if (role === "base") return { ...found, kind: "none", policy: NO_POLICY, samples: [], schemas: new Map() };
    throw new Problem([`${found.name} (${short}): has no folder ${policy}; name the policy's with --policy`]);
  }
  const opa = await findOpa(io.env, io.cwd);
  const scratch = makeScratch("diff");
  try {
    // beside a policy at the root of a repository lies nothing that is the repository's
    const beside = path === "" ? [] : ["schemas", "test/samples"].map((name) => posix.join(posix.dirname(path), name));
    await writeTree(repository, found.commit, [path, ...beside], join(scratch, "tree"));
    const folder = { dir: join(scratch, "tree", path), shown: policy };
    const opened = await openFolder(folder, `${found.name} (${short}): `, opa);
    return { ...found, ...opened };
  } catch (error) {
    if (role === "head" || !(error instanceof Problem)) throw error;
    const [first, ...others] = error.lines;
    const remedy = "compare with a revision that builds, or with a bundle: regate diff bundles/regate.tar.gz";
    throw new Problem([first, ...others, `the base ${found.name} does not build; ${remedy}`]);
  } finally {
    await removeScratch(scratch);
  }
}

/** @param named goes before each fault */
export async function openFolder(
  folder: { readonly dir: string; readonly shown: string },
  named: string,
  opa: Opa,
): Promise<Pick<Side, "policy" | "samples" | "schemas">> {
  try {
    // a revision is what it was: with the library that it had
    const { bundle } = await buildBundle(folder, opa, "vendored");
    const beside = (path: string): [string, string] => [join(folder.dir, "..", path), join(folder.shown, "..", path)];
    return {
      policy: await openPolicy(bundle, true),
      samples: await readSamples(...beside("test/samples")),
      schemas: await readToolSchemas(beside("schemas/tools")[0]),
    };
  } catch (error) {
    const lines = error instanceof Problem ? error.lines : await linesOfLibrary(folder, error);
    const [first, ...others] = lines.map((line) => `${named}${line}`);
    throw new Problem([first ?? named, ...others]);
  }
}

/** What a library of another version makes the build stumble over is no bug of this one. */
async function linesOfLibrary(
  { dir, shown }: { readonly dir: string; readonly shown: string },
  error: unknown,
): Promise<readonly string[]> {
  await access(join(dir, "regate")).catch(() => {
    throw error;
  });
  const what = error instanceof Error ? error.message.replaceAll("\n", " ") : String(error);
  return [`${join(shown, "regate")}: this regate can't build with this copy of the library (${what})`];
}

function linesOf(error: unknown): readonly string[] {
  if (error instanceof Problem) return error.lines;
  throw error;
}
