// A change is acknowledged for one kind and one tool, by a trailer of a commit that is compared or a line of a file.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { findAcknowledgement, readAcknowledgements } from "../../../src/cli/diff/acknowledgements.ts";
import { problemOf } from "../../policy/support.ts";
import { diff, makeRepository, POLICY, RULES, type TestRepository } from "./repository.ts";

/** Two tools are loosened, each in a way of its own. */
const LOOSENED = RULES.replace('"/open/")', '"/")').replace('"max": 5', '"max": 6');
const BOTH = ["looser files/read_file", "looser files/write_file"];

let repository: TestRepository;

beforeAll(async () => {
  repository = await makeRepository(POLICY);
  await repository.git("tag", "begin");
});

/** Compares the beginning with a branch of these commits; the first of them loosens. */
async function check(messages: readonly string[], ...args: string[]) {
  await repository.git("switch", "--quiet", "--detach", "begin");
  for (const message of messages) await repository.commit(message, { "rego/policy/files.rego": LOOSENED });
  return diff(repository.dir, ["begin", "HEAD", "--fail-on", "looser", ...args]);
}

/** The changes that a message leaves without acknowledgement: what git says of it, without the comparison. */
async function leftBy(trailers: string): Promise<readonly string[]> {
  await repository.git("switch", "--quiet", "--detach", "begin");
  await repository.commit(`Loosen\n\nThe reason.\n\n${trailers}`, {});
  const range = { repository: { root: repository.dir, env: process.env }, base: "begin", head: "HEAD" };
  const { understood } = await readAcknowledgements({ range }, [], { cwd: repository.dir });
  return ["read_file", "write_file"].flatMap((tool) => {
    const change = { change: "looser", server: "files", tool } as const;
    return findAcknowledgement(understood, change) === undefined ? [`looser files/${tool}`] : [];
  });
}

describe("a trailer acknowledges", () => {
  test.each<[string, string, readonly string[]]>([
    ["one tool", "Regate-Acknowledge: looser files/read_file", [BOTH[1] ?? ""]],
    ["one tool, with a reason", "Regate-Acknowledge: looser files/read_file -- it was too narrow", [BOTH[1] ?? ""]],
    ["both", "Regate-Acknowledge: looser files/read_file\nRegate-Acknowledge: looser files/write_file", []],
    ["all tools of a server, where it says so", "Regate-Acknowledge: looser files/*", []],
    ["everything, where it says so", "Regate-Acknowledge: looser *", []],
    ["any kind of change, where it says so", "Regate-Acknowledge: any files/*", []],
    [
      "whatever the case of its key is, among other trailers",
      "Signed-off-by: A <a@example.com>\nregate-acknowledge: looser files/*",
      [],
    ],
  ])("%s", async (_, trailers, left) => {
    expect(await leftBy(trailers)).toEqual(left);
  });

  test.each([
    ["another kind of change", "Regate-Acknowledge: stricter files/read_file"],
    ["another tool", "Regate-Acknowledge: looser files/read"],
    ["another server", "Regate-Acknowledge: looser others/*"],
    ["a part of a name as a pattern", "Regate-Acknowledge: looser files/read_*"],
    ["all servers' tool of that name", "Regate-Acknowledge: looser */read_file"],
    ["nothing in particular", "Regate-Acknowledge: looser"],
    ["what it does not say", "Regate-Acknowledge: yes"],
    [
      "what only looks like one in the text",
      "Regate-Acknowledge: looser *\n\nThat was the text, this is a trailer.\n\nReviewed-by: A <a@example.com>",
    ],
  ])("but not %s", async (_, trailers) => {
    expect(await leftBy(trailers)).toEqual(BOTH);
  });

  test("in any commit of the branch, and in none before it", async () => {
    expect((await check(["Loosen", "Say so\n\nRegate-Acknowledge: looser files/*"])).exitCode).toBe(0);
    await repository.git("switch", "--quiet", "--detach", "begin");
    await repository.commit("Before\n\nRegate-Acknowledge: looser *", {});
    await repository.git("tag", "--force", "said");
    await repository.commit("Loosen", { "rego/policy/files.rego": LOOSENED });
    expect((await diff(repository.dir, ["said", "HEAD", "--fail-on", "looser"])).exitCode).toBe(1);
  });

  test("and the report says who did, and why, and what is left", async () => {
    const { exitCode, stdout } = await check(["Loosen\n\nRegate-Acknowledge: looser files/read_file -- too narrow"]);
    expect(exitCode).toBe(1);
    expect([...stdout.matchAll(/^ {2}Regate-Acknowledge: (.*)$/gm)].map(([, target]) => target)).toEqual([BOTH[1]]);
    expect(stdout).toMatch(/acknowledged by Ann Author \([0-9a-f]{9}\): too narrow\n/);
    expect(stdout).toContain(
      "1 looser change is not acknowledged; to acknowledge, end a commit message of the head with\n",
    );
  });

  test("and one that is not understood, or that nothing needs, is named", async () => {
    const { stdout } = await check([
      "Loosen\n\nRegate-Acknowledge: loser files/read_file\nRegate-Acknowledge: looser files/gone",
    ]);
    expect(stdout).toMatch(
      /note: not understood as an acknowledgement: Ann Author \([0-9a-f]{9}\): loser files\/read_file\n/,
    );
    expect(stdout).toMatch(/note: acknowledges nothing that changes: looser files\/gone, by Ann Author/);
  });
});

describe("a file acknowledges", () => {
  test("by its lines that begin with the key, such as a pull request's text", async () => {
    await writeFile(
      join(repository.dir, ".git/text.md"),
      "# Open more\r\n\r\nRegate-Acknowledge: looser files/* -- asked for\r\n",
    );
    const { exitCode, stdout } = await check(["Loosen"], "--acknowledge", ".git/text.md");
    expect(exitCode).toBe(0);
    expect(stdout).toContain("acknowledged by .git/text.md: asked for");
  });

  test.each([
    ["a comment, which no reader sees", "Fix.\n<!-- a template\nRegate-Acknowledge: looser files/*\n-->\n"],
    ["a comment that is never closed", "Fix.\n<!--\nRegate-Acknowledge: looser files/*\n"],
  ])("but not by one in %s", async (_, text) => {
    await writeFile(join(repository.dir, ".git/text.md"), text);
    expect((await check(["Loosen"], "--acknowledge", ".git/text.md")).exitCode).toBe(1);
  });

  test("and has to be there", async () => {
    expect(await problemOf(check(["Loosen"], "--acknowledge", "nope"))).toEqual(["--acknowledge nope: no such file"]);
  });
});

test("a file that can hide something from a terminal hides nothing", async () => {
  const { stdout } = await check(["Loosen\n\nRegate-Acknowledge: looser files/* -- \u001b[2K\u202efine"]);
  expect(stdout).toContain("\\u{001b}[2K\\u{202e}fine");
});

test("an author's name is a name, whatever is in it", async () => {
  await check(["Loosen"]);
  const name = "Eve\u001flooser files/*\u001e0123456789\u001fAnn\u001flooser files/*";
  await repository.git("commit", "--quiet", "--amend", "--message", "Loosen", `--author=${name} <eve@example.com>`);
  const args = ["begin", "HEAD", "--fail-on", "looser"];
  expect((await diff(repository.dir, args)).exitCode).toBe(1);
  await repository.git("commit", "--quiet", "--amend", "--message", "Loosen\n\nRegate-Acknowledge: looser files/*");
  const { exitCode, stdout } = await diff(repository.dir, args);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/acknowledged by Eve\\u\{001f\}looser/);
});
