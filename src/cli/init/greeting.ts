// What `regate init` says when it is done: what is there, what a change looks like, and what comes next.
import { readVersion } from "../../version.ts";
import type { Example } from "./example.ts";
import type { Servers } from "./servers.ts";

export type Done = {
  readonly shown: string;
  readonly files: number;
  readonly servers: Servers;
  /** Those that could not be scanned. */
  readonly unscanned: readonly string[];
  /** There was a package.json, which stays as it is. */
  readonly isNpmFolder: boolean;
};

export function describeDone({ shown, files, servers, unscanned, isNpmFolder }: Done): string {
  const what =
    servers.kind === "shipped"
      ? "for the filesystem server, as an example; `regate init --mcp-config FILE` starts from your client's servers"
      : `for ${[...servers.configured.values()].map(({ catalogue }) => catalogue).join(", ")}`;
  const variables =
    servers.kind === "configured" && servers.variables.length > 0
      ? `\nregate.yaml takes from the environment, instead of holding it: ${servers.variables.join(", ")}\n`
      : "";
  const missing =
    unscanned.length > 0
      ? `\nNot scanned: ${unscanned.join(", ")}. regate.yaml has them; \`make scan\` reads their tools once they answer.\n`
      : "";
  const samples =
    servers.kind === "shipped" ? "  test/samples/                 inputs with the decision that each must get\n" : "";
  return `${shown}: a policy repository of ${files} files, ${what}

  rego/policy/servers/          the rules of each server, with their tests
  rego/policy/defaults/         what judges a tool that those don't name: a copy of yours to edit
  rego/catalogue/, schemas/     what was reviewed of each tool
  rego/regate/                  the library, for plain \`opa test rego/\`
${samples}  regate.yaml                   the gate's servers
  Makefile, .github/            make test, make diff, make run; the pull-request workflow
${variables}${missing}
${describePackage(isNpmFolder)}`;
}

export function describeExample(example: Example | undefined, page: string): string {
  if (example === undefined) return "\nNo rule of it limits or refuses anything yet: there is no change to play.\n";
  const { edit, text } = example;
  return `
A pull request, played on a copy. Were ${edit.path}:${edit.row} changed so:

${edit.hunk}

its comment would say this (as markdown: ${page}), and its check would fail until a commit acknowledges it:

${text.replace(/^(?=.)/gm, "  ")}`;
}

/** What is true of the package: the version is pinned, and not on npm. */
function describePackage(isNpmFolder: boolean): string {
  const version = readVersion();
  if (isNpmFolder) return "package.json was there, and stays: the Makefile runs the regate that it has installed.\n";
  return `package.json pins regate ${version}, which is not on npm yet: README.md says how to install it from a packed file.\n`;
}
