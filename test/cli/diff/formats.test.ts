// The report as data and as the comment of a pull request. In a comment nothing of what policies, logs and commits say is markup.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { COMMENT_MARK, code, MAX_COMMENT_CHARACTERS } from "../../../src/cli/diff/markdown.ts";
import { buildFolder, type Files, makeFolder } from "../../policy/support.ts";
import { diff, makeRepository, POLICY, type TestRepository, withRules } from "./repository.ts";

let repository: TestRepository;

beforeAll(async () => {
  repository = await makeRepository(POLICY);
  await repository.commit("Open more", withRules('"/open/")', '"/")'));
});

describe("as JSON", () => {
  test("each row has server, tool, change, input, and both decisions with their rules' places", async () => {
    const { stdout } = await diff(repository.dir, ["HEAD~1", "HEAD", "--format", "json"]);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({
      base: {
        name: "HEAD~1",
        kind: "revision",
        commit: expect.stringMatching(/^[0-9a-f]{40}$/),
        revision: expect.any(String),
      },
      head: { name: "HEAD" },
      changes: { looser: 1, stricter: 0, other: 0 },
      inputs: { generated: expect.any(Number), samples: 0 },
      unreached: [],
      unshown: [],
      rows: [
        {
          server: "files",
          tool: "read_file",
          change: "looser",
          input: { server: "files", tool: "read_file", category: "Read", args: { path: "/" } },
          base: {
            action: "deny",
            rules: [
              { rule: "policy.servers.files/no-secrets", file: "policy/files.rego", row: 5, server: "files" },
              { rule: "policy.servers.files/reads", file: "policy/files.rego", row: 3 },
            ],
          },
          head: { action: "allow", rules: [{ rule: "policy.servers.files/reads", row: 3 }] },
          because: [
            { rule: "policy.servers.files/no-secrets", how: "matches no longer", file: "policy/files.rego", row: 5 },
          ],
          shown_by: { generated: expect.any(Number), sample: 0, recorded: 0 },
          acknowledged: null,
        },
      ],
    });
  });

  test("numbers of an input stay as they are written", async () => {
    const base = withRules('startswith(input.args.path, "/open/")', "input.args.n == 9007199254740993");
    const head = withRules('startswith(input.args.path, "/open/")', "input.args.n == 9007199254740995");
    const own = await makeRepository({ ...POLICY, ...base });
    await own.commit("Another number", head);
    const { stdout } = await diff(own.dir, ["HEAD~1", "HEAD", "--format", "json"]);
    expect(stdout).toContain('"args":{"n":9007199254740995}');
    expect(() => JSON.parse(stdout)).not.toThrow();
  });

  test("a comparison without changes is one too", async () => {
    const { stdout } = await diff(repository.dir, ["HEAD", "HEAD", "--format", "json", "--fail-on", "any"]);
    expect(JSON.parse(stdout)).toMatchObject({ rows: [], unlisted: [], fail_on: "any", failing: 0 });
  });
});

describe("as a comment", () => {
  test("begins with the counts, has a table for each server, and the inputs folded", async () => {
    const { stdout, exitCode } = await diff(repository.dir, [
      "HEAD~1",
      "HEAD",
      "--format",
      "markdown",
      "--fail-on",
      "looser",
    ]);
    expect(exitCode).toBe(1);
    const lines = stdout.split("\n");
    expect(lines[0]).toMatch(/^\*\*Regate: 1 looser, 0 stricter, 0 other\*\* from <code>HEAD&#126;1 /);
    expect(lines).toContain("### <code>files</code>");
    expect(stdout).toMatch(/^\| \*\*looser\*\* \| <code>read&#95;file<\/code> \| <code>deny /m);
    expect(stdout).toContain("<details><summary>Inputs that show it</summary>\n");
    expect(stdout).toContain('```json\n{"args": {"path":"/"}}\n```');
    expect(stdout).toContain("**1 looser change is not acknowledged.**");
    expect(stdout.trimEnd().endsWith(COMMENT_MARK)).toBe(true);
  });

  test("lists who acknowledged what", async () => {
    await writeFile(
      join(repository.dir, ".git/text"),
      "Regate-Acknowledge: looser files/read_file -- agreed with @ann\n",
    );
    const args = ["HEAD~1", "HEAD", "--format", "markdown", "--fail-on", "looser", "--acknowledge", ".git/text"];
    const { stdout, exitCode } = await diff(repository.dir, args);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("**looser**, acknowledged");
    expect(stdout).toContain(
      "**Acknowledged**\n\n- <code>looser files/read&#95;file</code> by <code>.git/text&#58; agreed with &#64;ann</code>",
    );
  });
});

describe("text of someone else's in a comment", () => {
  test.each([
    [
      "markup",
      "*a* _b_ `c` ~~d~~ [e](f) ![g](h)",
      "<code>&#42;a&#42; &#95;b&#95; &#96;c&#96; &#126;&#126;d&#126;&#126; &#91;e&#93;(f) !&#91;g&#93;(h)</code>",
    ],
    ["HTML", "</code><img src=x>", "<code>&#60;/code&#62;&#60;img src=x&#62;</code>"],
    ["a mention and a reference", "@everyone #1", "<code>&#64;everyone &#35;1</code>"],
    ["a cell's end", "a | b", "<code>a &#124; b</code>"],
    ["links", "https://evil.example www.evil.example", "<code>https&#58;//evil.example www&#46;evil.example</code>"],
    ["emoji or mathematics", ":smile: :100: $x$", "<code>&#58;smile&#58; &#58;100&#58; &#36;x&#36;</code>"],
    ["line ends and what reorders", "a\nb\u202ec\u2028d", "<code>a&#92;u{000a}b&#92;u{202e}c&#92;u{2028}d</code>"],
  ])("is no %s", (_, text, expected) => {
    expect(code(text)).toBe(expected);
  });

  const NASTY = 'x`"|</code></details><script>@all\u202e\n# y';
  const rules = (action: string) => `package policy.servers[${JSON.stringify(NASTY)}]

rules[${JSON.stringify(NASTY)}] contains {"id": "r", "action": "${action}", "reason": ${JSON.stringify(`${NASTY}\`\`\`\`\``)}} if input.args.a == ${JSON.stringify(`${NASTY}\`\`\`\`\``)}
`;

  test("stays in its place wherever it comes from", async () => {
    const own = await makeRepository({ "rego/policy/x.rego": rules("deny") });
    await own.commit(`Open\n\nRegate-Acknowledge: looser ${NASTY.replaceAll("\n", " ")}`, {
      "rego/policy/x.rego": rules("allow"),
    });
    const { stdout } = await diff(own.dir, ["HEAD~1", "HEAD", "--format", "markdown"]);
    // nothing but what the report itself writes outside of fences
    const outside = stdout.replace(/^(`{3,})json\n[\s\S]*?\n\1$/gm, "");
    expect(outside).not.toMatch(/<(?!\/?(?:code|details|summary|br)>|!-- regate diff -->)/);
    expect(outside).not.toMatch(/[`@\u202e]all|@all|<script/);
    expect((outside.match(/<details>/g) ?? []).length).toBe((outside.match(/<\/details>/g) ?? []).length);
    for (const line of outside.split("\n").filter((one) => one.startsWith("| ")))
      expect(line.split(" | ")).toHaveLength(5);
    expect(stdout).not.toContain("\u202e");
    const fence = /^(`{6,})json$/m.exec(stdout)?.[1];
    expect(fence).toBeDefined();
  });

  test("fits into a comment though all of it has to be escaped, where it acknowledges and fails as well", async () => {
    const tool = (index: number) => `${"`|<@_{[~".repeat(36)}${index}`;
    const text = (action: string) =>
      `package policy.servers.x\n\n${Array.from({ length: 60 }, (_, index) => `rules[${JSON.stringify(tool(index))}] contains {"id": "r${index}", "action": "${action}"}`).join("\n\n")}\n`;
    const own = await makeRepository({ "rego/policy/x.rego": text("deny") });
    const trailers = Array.from({ length: 50 }, (_, index) => `Regate-Acknowledge: looser x/${tool(2 * index)}`);
    await own.commit(`Open\n\n${trailers.join("\n")}`, { "rego/policy/x.rego": text("allow") });
    const args = ["HEAD~1", "HEAD", "--format", "markdown", "--fail-on", "looser"];
    const { exitCode, stdout } = await diff(own.dir, args);
    expect(exitCode).toBe(1);
    expect(stdout.length).toBeLessThanOrEqual(MAX_COMMENT_CHARACTERS);
    expect(stdout).toContain("**30 looser changes are not acknowledged.**");
    expect(stdout.match(/^- and \d+ more$/gm)).toHaveLength(3);
  }, 60_000);

  test("is bounded to what GitHub takes, and what is left out is counted", async () => {
    const servers = Array.from({ length: 8 }, (_, s) => s);
    const tools = Array.from({ length: 25 }, (_, t) => t);
    const files = (action: string): Files =>
      Object.fromEntries(
        servers.map((s) => [
          `policy/s${s}.rego`,
          `package policy.servers.server_${s}\n\n${tools.map((t) => `rules.a_tool_with_a_long_name_${t} contains {"id": "r${t}", "action": "${action}"} if input.args.x == "a literal that is long enough ${t}"`).join("\n\n")}\n`,
        ]),
      );
    const cwd = await makeFolder({});
    for (const [name, action] of [
      ["a", "deny"],
      ["b", "allow"],
    ] as const) {
      await writeFile(join(cwd, `${name}.tar.gz`), (await buildFolder(await makeFolder(files(action)))).bytes);
    }
    const { stdout } = await diff(cwd, ["a.tar.gz", "b.tar.gz", "--format", "markdown", "--fail-on", "looser"]);
    expect(stdout.length).toBeLessThanOrEqual(MAX_COMMENT_CHARACTERS);
    const [, total = ""] = /^\*\*Regate: (\d+) looser/.exec(stdout) ?? [];
    const listed = stdout.match(/^\| \*\*looser\*\*/gm)?.length ?? 0;
    const [, more = "0"] = /^\*\*And ([\d,]+) looser/m.exec(stdout) ?? [];
    expect(Number(total)).toBe(200);
    expect(listed).toBeGreaterThan(20);
    expect(listed + Number(more.replaceAll(",", ""))).toBe(Number(total));
    expect(stdout).toMatch(/^- and 1[58]\d more$/m);
  }, 60_000);
});
