// Pull requests on a policy repository, from the packed package to the comment: what their check says, and the comments
// themselves, which docs/pull-requests/ holds (`make docs-pull-requests` writes them). The one that loosens a rule is played by each
// `make test`; all of them with PULL_REQUESTS=all (`make pull-requests`).
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { readBundle } from "../../src/policy/bundle.ts";
import { describeTool } from "../../src/policy/catalogue.ts";
import { createEngine } from "../../src/policy/engine.ts";
import { BOT, type GitHub, READING_TOKEN, startGitHub, WRITING_TOKEN } from "./harness-github.ts";
import { makeTempDir, ROOT } from "./harness-process.ts";
import {
  actionsEnv,
  type Branch,
  call,
  commitBranch,
  expression,
  installPacked,
  mustCall,
  type Played,
  PROGRAMS,
  playWorkflow,
  pushToOrigin,
  REPOSITORY,
  readWorkflow,
} from "./harness-pull-request.ts";

const RULES = "rego/policy/servers/filesystem/filesystem.rego";
const TESTS = "rego/policy/servers/filesystem/filesystem_test.rego";
const ALL_WELL = {
  "make policy-tools": 0,
  "make policy-test": 0,
  "make policy-build": 0,
  "make policy-diff": 0,
  "make policy-comment": 0,
};
/** What make ends with where a command does not end well. */
const FAILED = 2;
const PATIENCE_MS = 600_000;
const ALL = process.env.PULL_REQUESTS === "all";

const LOOSENED: Branch = {
  name: "more-writes",
  message: "Agents may write a hundred files a minute",
  edits: [
    [RULES, '"rate_limit": {"max": 10, "window": 60},', '"rate_limit": {"max": 100, "window": 60},'],
    [
      TESTS,
      '[_ten_a_minute("policy.servers.filesystem/write-limited")]',
      '[object.union(_ten_a_minute("policy.servers.filesystem/write-limited"), {"max": 100})]',
    ],
    [
      "test/samples/filesystem/write.json",
      '"policy.servers.filesystem/write-limited", "max": 10,',
      '"policy.servers.filesystem/write-limited", "max": 100,',
    ],
  ],
};
const TIGHTENED: Branch = {
  name: "no-scripts",
  message: "Agents write no shell scripts",
  edits: [
    [
      RULES,
      "# METADATA\n# title: Edits follow the defaults\n",
      `# METADATA
# title: No scripts
# scope: rule
# schemas:
#   - input.args: schema.tools.filesystem.write_file
rules.write_file contains {
	"id": "no-scripts",
	"action": "deny",
	"reason": "Scripts are written by people, not by agents",
} if endswith(input.args.path, ".sh")

# METADATA
# title: Edits follow the defaults
`,
    ],
    [
      TESTS,
      "test_editing_is_limited_and_kept_out_of_the_log if {",
      `test_a_script_is_not_written if {
	_decide("write_file", {"path": "a.sh", "content": ""}).reasons == ["Scripts are written by people, not by agents"]
}

test_editing_is_limited_and_kept_out_of_the_log if {`,
    ],
  ],
};
const UNCHANGED: Branch = {
  name: "tidy-up",
  message: "The rule says itself which tool it is for",
  edits: [[RULES, '\t"redact": ["/content"],\n}', '\t"redact": ["/content"],\n} if input.tool == "write_file"']],
};
const BROKEN: Branch = {
  name: "log-edits",
  message: "Edits are logged whole",
  edits: [[RULES, '\t"redact": ["/edits"],\n', ""]],
};

let dir: string;
let init: Awaited<ReturnType<typeof call>>;
let github: GitHub;
/** The bundle of the main branch. */
let main: string;

beforeAll(async () => {
  dir = await installPacked();
  init = await call(dir, "npx", ["--no-install", "regate", "init"]);
  await pushToOrigin(dir);
  github = await startGitHub(REPOSITORY);
  main = join(makeTempDir(), "main.tar.gz");
  await mustCall(dir, "npx", "--no-install", "regate", "build", "-o", main);
}, PATIENCE_MS);

async function play(number: number, branch: Branch, token = WRITING_TOKEN): Promise<Played> {
  await commitBranch(dir, "origin/main", branch);
  return await playWorkflow(dir, github, { number, branch: branch.name, token });
}

function commentOf(number: number): string {
  const [comment, ...others] = github.comments(number).filter(({ user }) => user.login === BOT);
  if (comment === undefined || others.length > 0) throw new Error(`${others.length + 1} comments, or none`);
  return comment.body;
}

/** The rows of a comment's tables: how, and which tool. */
function rowsOf(comment: string): readonly string[] {
  return [
    ...comment.matchAll(/^\| (?:\*\*)?(looser|stricter|other)(?:\*\*)?(, acknowledged)? \| <code>(.*?)<\/code> \|/gm),
  ].map(([, kind, acknowledged = "", tool = ""]) => `${kind}${acknowledged} ${tool.replaceAll("&#95;", "_")}`);
}

/** The tools that two bundles decide otherwise on, each called in many ways, by the bare engine. */
async function toolsThatDiffer(base: string, head: string): Promise<readonly string[]> {
  const [before, after] = await Promise.all([base, head].map((file) => readBundle(file)));
  if (before === undefined || after === undefined) throw new Error("no bundles");
  const [first, second] = await Promise.all([createEngine(before), createEngine(after)]);
  const paths = ["a.txt", "/srv/a.sh", ".env", "", "/srv/.git/config", "notes/a.md"];
  const calls = [
    {},
    ...paths.flatMap((path) => [
      { path, edits: [], content: "c" },
      { paths: [path] },
      { source: path, destination: "b" },
    ]),
  ];
  return Object.keys(before.catalogue.filesystem?.tools ?? {}).filter((tool) => {
    const { category, risk, severity } = describeTool(before.catalogue, "filesystem", tool);
    return calls.some((args) => {
      const input = JSON.stringify({
        server: "filesystem",
        tool,
        method: "tools/call",
        category,
        risk,
        severity,
        args,
      });
      return JSON.stringify(decisionOf(first.evaluate(input))) !== JSON.stringify(decisionOf(second.evaluate(input)));
    });
  });
}

function decisionOf(evaluation: ReturnType<Awaited<ReturnType<typeof createEngine>>["evaluate"]>): unknown {
  if (evaluation.kind === "failed") throw new Error(evaluation.problem);
  return evaluation.decision;
}

/** One page of docs/pull-requests/. Commits are named by what they are: their ids differ with each version of the library. */
async function writePage(title: string, { name, message }: Branch, played: Played, number: number): Promise<string> {
  const patch = await mustCall(dir, "git", "diff", "--no-color", `origin/main...${name}`);
  const failed = Object.entries(played.steps).filter(([, code]) => code !== 0);
  const check =
    failed.length === 0 ? "The check passes." : `The check fails at \`${failed.map(([step]) => step).join("`, `")}\`.`;
  const { base, head, merge } = played.commits;
  const comment = [base, head, merge].reduce(
    (text, commit, index) => text.replaceAll(commit.slice(0, 9), ["base", "head", "merge"][index] ?? ""),
    commentOf(number),
  );
  return `# ${title}

<!-- Played by test/e2e/pull-requests.test.ts; \`make docs-pull-requests\` writes it. -->

${message.replace(/^/gm, "> ").replace(/ +$/gm, "")}

\`\`\`diff
${patch.replace(/^index .*\n/gm, "").trimEnd()}
\`\`\`

${check} The comment:

---

${comment}
`;
}

const page = (name: string): string => join(ROOT, "docs/pull-requests", `${name}.md`);

describe("a policy repository made by the packed package in an empty folder", () => {
  test("is whole: init ends well, plays an example, and plain opa test passes", {
    timeout: PATIENCE_MS,
  }, async () => {
    expect({ code: init.code, stderr: init.stderr }).toEqual({ code: 0, stderr: "" });
    expect(init.stdout).toContain("main -> example: 1 looser, 0 stricter, 0 other");
    const { devDependencies } = JSON.parse(await readFile(join(dir, "package.json"), "utf8"));
    expect(devDependencies.regate).toMatch(/^file:vendor\/regate-/);
    expect(await mustCall(dir, PROGRAMS.OPA, "test", "rego/")).toMatch(/PASS: (\d+)\/\1\n/);
  });
});

describe("a pull request", () => {
  test("that loosens a rule fails, and its comment names exactly the calls that it lets through", {
    timeout: PATIENCE_MS,
  }, async () => {
    github.comment(1, "a-reviewer", "I quote: <!-- regate diff -->");
    const played = await play(1, LOOSENED);
    expect(played.steps, played.output).toEqual({ ...ALL_WELL, "make policy-diff": FAILED });
    expect(played.output).toContain("policy-diff] Error 1");
    expect(rowsOf(commentOf(1))).toEqual(["looser write_file"]);
    expect(await toolsThatDiffer(main, join(dir, ".policy/regate.tar.gz"))).toEqual(["write_file"]);
    expect(played.summary).toContain(commentOf(1));
    await expect(await writePage("One rule loosened", LOOSENED, played, 1)).toMatchFileSnapshot(page("loosened"));
  });

  test.runIf(ALL)(
    "that loosens a rule passes once that is acknowledged, and its one comment follows",
    {
      timeout: PATIENCE_MS,
    },
    async () => {
      const message =
        "The importer needs it\n\nRegate-Acknowledge: looser filesystem/write_file -- the importer writes in bulk";
      const meant = { ...LOOSENED, message: `${LOOSENED.message}\n\n${message}` };
      const again = await play(1, meant);
      expect(again.steps, again.output).toEqual(ALL_WELL);
      expect(rowsOf(commentOf(1))).toEqual(["looser, acknowledged write_file"]);
      expect(github.comments(1).map(({ user }) => user.login)).toEqual(["a-reviewer", BOT]);
      await expect(await writePage("One rule loosened, and acknowledged", meant, again, 1)).toMatchFileSnapshot(
        page("acknowledged"),
      );
    },
  );

  test.runIf(ALL)(
    "that tightens a rule passes, and its comment names exactly the calls that it refuses",
    {
      timeout: PATIENCE_MS,
    },
    async () => {
      const played = await play(2, TIGHTENED);
      expect(played.steps, played.output).toEqual(ALL_WELL);
      const rows = rowsOf(commentOf(2));
      expect(rows).toContain("stricter write_file");
      // what was denied before has one more reason
      expect(rows.filter((row) => !["stricter write_file", "other write_file"].includes(row))).toEqual([]);
      expect(commentOf(2)).toMatch(/"path":"[^"]*\.sh"/);
      expect(await toolsThatDiffer(main, join(dir, ".policy/regate.tar.gz"))).toEqual(["write_file"]);
      await expect(await writePage("One rule tightened", TIGHTENED, played, 2)).toMatchFileSnapshot(page("tightened"));
    },
  );

  test.runIf(ALL)("that changes no decision says so", { timeout: PATIENCE_MS }, async () => {
    const played = await play(3, UNCHANGED);
    expect(played.steps, played.output).toEqual(ALL_WELL);
    expect(rowsOf(commentOf(3))).toEqual([]);
    expect(commentOf(3)).toContain("0 looser, 0 stricter, 0 other");
    await expect(await writePage("No decision changed", UNCHANGED, played, 3)).toMatchFileSnapshot(page("unchanged"));
  });

  test.runIf(ALL)(
    "that breaks a test fails, with the test's name and place, and the decisions all the same",
    {
      timeout: PATIENCE_MS,
    },
    async () => {
      const played = await play(4, BROKEN);
      expect(played.steps, played.output).toEqual({
        ...ALL_WELL,
        "make policy-test": FAILED,
        "make policy-diff": FAILED,
      });
      expect(played.output).toContain("policy-test] Error 1");
      expect([...new Set(rowsOf(commentOf(4)))]).toEqual(["looser edit_file"]);
      expect(await toolsThatDiffer(main, join(dir, ".policy/regate.tar.gz"))).toEqual(["edit_file"]);
      const { runs } = JSON.parse(await readFile(join(dir, ".policy/test.sarif"), "utf8"));
      const failures = runs[0].results.filter((result: SarifResult) => result.level === "error");
      const uris = failures.map((result: SarifResult) => result.locations[0]?.physicalLocation.artifactLocation.uri);
      expect(uris).toEqual([TESTS, "test/samples/filesystem/edit.json"]);
      await expect(await writePage("A test broken", BROKEN, played, 4)).toMatchFileSnapshot(page("broken-test"));
    },
  );

  test("of a fork, whose token only reads, has its comment in the run's summary: that is no failure", async () => {
    const env = { ...(await actionsEnv(github, 5)), GITHUB_TOKEN: READING_TOKEN };
    await writeFile(join(dir, ".policy/comment.md"), "Nothing changes\n\n<!-- regate diff -->\n");
    const { code, stdout } = await call(dir, "make", ["policy-comment"], env);
    expect(code).toBe(0);
    expect(stdout).toContain("::warning::POST /repos/an-org/policy/issues/5/comments was answered 403");
    expect(github.comments(5)).toEqual([]);
  });

  test("with a hundred comments has its own found among them, and a text of 70,000 characters cut to what there is room for", async () => {
    for (let number = 0; number < 150; number += 1) github.comment(7, "a-reviewer", `Comment ${number}`);
    const env = { ...(await actionsEnv(github, 7)), GITHUB_TOKEN: WRITING_TOKEN };
    for (const text of ["x".repeat(70_000), "short"]) {
      await writeFile(join(dir, ".policy/comment.md"), `${text}\n\n<!-- regate diff -->\n`);
      expect((await call(dir, "make", ["policy-comment"], env)).code).toBe(0);
      expect(commentOf(7).length).toBeLessThanOrEqual(65_536);
      expect(commentOf(7)).toMatch(/<!-- regate diff -->$/);
    }
    expect(commentOf(7)).toMatch(/^short/);
  });

  test.runIf(ALL)("that does not build says why in the comment", { timeout: PATIENCE_MS }, async () => {
    const played = await play(6, {
      name: "typo",
      message: "A typo",
      edits: [[RULES, '"redact": ["/edits"],', '"redcat": ["/edits"],']],
    });
    expect(played.steps, played.output).toEqual({
      ...ALL_WELL,
      "make policy-test": FAILED,
      "make policy-build": FAILED,
      "make policy-diff": FAILED,
    });
    expect(commentOf(6)).toContain("**Regate: the decisions could not be compared**");
    expect(commentOf(6)).toContain('(did you mean "redact"?)');
  });
});

type SarifResult = {
  readonly level: string;
  readonly locations: readonly [{ readonly physicalLocation: { readonly artifactLocation: { readonly uri: string } } }];
};

describe("the workflow", () => {
  test("gives what a pull request brings a token that only reads, and pins each action to a commit", async () => {
    const { on, permissions, jobs } = await readWorkflow(dir);
    expect(Object.keys(on)).toEqual(["pull_request"]);
    expect(permissions).toEqual({});
    expect(jobs.check.permissions).toEqual({ contents: "read" });
    expect(jobs.report.steps[0]?.with).toMatchObject({ ref: expression("github.event.pull_request.base.sha") });
    expect(jobs.report.if).toContain("head.repo.full_name == github.repository");
    const steps = [...jobs.check.steps, ...jobs.report.steps];
    for (const { uses, run, env } of steps) {
      if (uses !== undefined) expect(uses).toMatch(/@[0-9a-f]{40}$/);
      // nothing that a pull request says becomes a part of a command
      if (run !== undefined) expect(run).toMatch(/^make policy-[a-z]+$/);
      expect(Object.values(env).filter((value) => value !== expression("github.token"))).toEqual([]);
    }
    expect(jobs.check.steps.flatMap(({ env }) => Object.keys(env))).toEqual([]);
  });

  test("of this repository runs the same steps, which its Makefile has", { timeout: PATIENCE_MS }, async () => {
    const [own, written] = await Promise.all([readWorkflow(ROOT), readWorkflow(dir)]);
    const commands = ({ jobs }: typeof own) => {
      return [...jobs.check.steps, ...jobs.report.steps].map(({ run, uses, if: condition }) => [
        run ?? uses,
        condition,
      ]);
    };
    expect(commands(own)).toEqual(commands(written));
    for (const [command] of commands(own)) {
      if (!command?.startsWith("make ")) continue;
      expect((await call(ROOT, "make", ["--dry-run", ...command.split(" ").slice(1)])).code, command).toBe(0);
    }
  });
});
