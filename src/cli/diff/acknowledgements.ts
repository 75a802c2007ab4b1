// Acknowledgements: lines by which the author of a change says that a loosening is meant. Trailers of the commits that are
// compared, or lines of a file:
//
//     Regate-Acknowledge: looser everything/get-env -- the test bench needs it
//
// Each is for one kind of change of one tool; `SERVER/*` is for all tools of a server, `*` for everything, and nothing else
// is a pattern.
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { CHANGES, type ChangeKind } from "../../policy/diff/compare-outcomes.ts";
import { Problem } from "../../problem.ts";
import type { CommandIo } from "../command.ts";
import { listTrailers } from "./git.ts";
import type { Sides } from "./sides.ts";

export const TRAILER = "Regate-Acknowledge";

export type Acknowledgement = {
  readonly change: ChangeKind | "any";
  /** `<server>/<tool>`, `<server>/*` or `*`. */
  readonly target: string;
  readonly reason?: string;
  /** Author and commit, or a file. */
  readonly by: string;
};

export type Acknowledgements = {
  readonly understood: readonly Acknowledgement[];
  /** Lines that begin like one and are none, with where they stand. */
  readonly misunderstood: readonly string[];
};

type Line = { readonly text: string; readonly by: string };

const KINDS: readonly string[] = [...CHANGES, "any"];

/**
 * @param files as the person named them
 * @throws Problem where a file can't be read
 */
export async function readAcknowledgements(
  { range }: Pick<Sides, "range">,
  files: readonly string[],
  io: Pick<CommandIo, "cwd">,
): Promise<Acknowledgements> {
  const commits = range === undefined ? [] : await listTrailers(range.repository, range.base, range.head, TRAILER);
  const trailers = commits.flatMap(({ commit, author, values }) => {
    return values.map((text): Line => ({ text, by: `${author} (${commit.slice(0, 9)})` }));
  });
  const lines = [...trailers, ...(await Promise.all(files.map((file) => readLines(file, io)))).flat()];
  const read = lines.map((line) => ({ line, acknowledgement: parse(line) }));
  return {
    understood: read.flatMap(({ acknowledgement }) => (acknowledgement === undefined ? [] : [acknowledgement])),
    misunderstood: read.flatMap(({ line, acknowledgement }) => {
      return acknowledgement === undefined ? [`${line.by}: ${line.text}`] : [];
    }),
  };
}

export function findAcknowledgement(
  acknowledgements: readonly Acknowledgement[],
  { change, server, tool }: { readonly change: ChangeKind; readonly server: string; readonly tool: string },
): Acknowledgement | undefined {
  const targets = [`${server}/${tool}`, `${server}/*`, "*"];
  return acknowledgements.find(
    (one) => (one.change === change || one.change === "any") && targets.includes(one.target),
  );
}

/** The line by which a change would be acknowledged. */
export function writeTrailer(change: ChangeKind, server: string, tool: string): string {
  return `${TRAILER}: ${change} ${server}/${tool}`;
}

function parse({ text, by }: Line): Acknowledgement | undefined {
  const [subject = "", ...reasons] = text.split(" -- ");
  const [, change = "", target = ""] = /^\s*(\S+)\s+(\S.*?)\s*$/.exec(subject) ?? [];
  const kind = KINDS.find((one) => one === change);
  if (kind === undefined || !isChange(kind) || !/^(?:\*|.+\/.+)$/.test(target)) return undefined;
  const reason = reasons.join(" -- ").trim();
  return { change: kind, target, by, ...(reason !== "" && { reason }) };
}

function isChange(text: string): text is ChangeKind | "any" {
  return KINDS.includes(text);
}

/** What no reader of a rendered text sees. */
const COMMENT = /<!--[\s\S]*?(?:-->|$)/g;

/** The lines of a text, such as a pull request's, that begin with the trailer's key; none in a comment, which nobody reads. */
async function readLines(file: string, io: Pick<CommandIo, "cwd">): Promise<readonly Line[]> {
  const text = await readFile(resolve(io.cwd, file), "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new Problem([
      `--acknowledge ${file}: ${error.code === "ENOENT" ? "no such file" : `cannot be read (${error.message})`}`,
    ]);
  });
  const start = new RegExp(`^\\s*${TRAILER}:(.*)$`, "i");
  return text
    .replace(COMMENT, "")
    .split(/\r?\n/)
    .flatMap((line) => {
      const value = start.exec(line)?.[1];
      return value === undefined ? [] : [{ text: value.trim(), by: file }];
    });
}
