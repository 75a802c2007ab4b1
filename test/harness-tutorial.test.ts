import { describe, expect, test } from "vitest";
import { compareOutput, readBlocks } from "./e2e/harness-tutorial.ts";

const ID = "2770910e-ba9c-47a2-9786-68e06c01f638";
const OTHER = "f851f2b1-b6db-4549-b479-6943fc92b29b";

describe("the output that a page shows", () => {
  test("is the output, but for what differs from run to run, and the page's ids stand for those", () => {
    const found = compareOutput(
      `approved: ${ID}\n...\nin 12 s, revision 59f2f5eab056`,
      `approved: ${OTHER}\na\nb\nin 7 s, revision 0271349fb0f0\n`,
    );
    expect(found?.get(ID)).toBe(OTHER);
  });

  test.each([
    ["another text", "allowed", "denied\n"],
    ["a line more", "allowed", "allowed\nand more\n"],
    ["a line less", "allowed\nand more", "allowed\n"],
    ["something where nothing is shown", "", "warning\n"],
    ["another number of what is counted", "10 calls", "11 calls\n"],
    ["a failure behind lines that are left out", "...", "failed\nexit code 1\n"],
  ])("is not %s", (_, shown, output) => {
    expect(compareOutput(shown, output)).toBeUndefined();
  });

  test("follows its command, whose here-document goes on to its end", () => {
    const page = "```console\n$ cat <<'END'\n$5\nEND\n$5\n$ true\n```\n\n```js file=a.mjs\n1;\n```\n";
    expect(readBlocks(page)).toEqual([
      {
        kind: "console",
        row: 1,
        steps: [
          { command: "cat <<'END'\n$5\nEND", output: "$5" },
          { command: "true", output: "" },
        ],
      },
      { kind: "file", row: 9, path: "a.mjs", text: "1;\n" },
    ]);
  });
});
