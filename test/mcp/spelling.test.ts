import { describe, expect, test } from "vitest";
import { isMisspelt, misspeltArgument, spellingsOf } from "../../src/mcp/misspelt.ts";
import { foldName, isMisspeltMethod } from "../../src/mcp/spelling.ts";

const listed = spellingsOf(["read_file", "delete_asset", "github__search", "___"]);

describe("a name that is not listed", () => {
  test.each([
    ["in another case", "Read_File"],
    ["with a blank behind it", "read_file "],
    ["with what does not show", "read_\u200bfile\ufe0f"],
    ["with a soft hyphen", "read\u00ad_file"],
    ["in full width", "ｒｅａｄ_ｆｉｌｅ"],
    ["with an accent, composed", "réad_file"],
    ["with an accent, decomposed", "re\u0301ad_file"],
    ["with Cyrillic letters", "r\u0435ad_fil\u0435"],
    ["with other separators", "read-file"],
    ["without separators", "readFile"],
    ["in percent encoding", "r%65ad_file"],
    ["behind the name of a server", "files__read_file"],
    ["at the end of a path", "files/../read_file"],
    ["with a dotted capital i", "read_f\u0130le"],
    ["without the name of its server", "search"],
    ["behind another server's name", "jira__search"],
  ])("is another spelling of one that is: %s", (_, name) => {
    expect(isMisspelt(name, listed)).toBe(true);
  });

  test.each(["read", "read_files", "file", "asset", "delete", "読む", "!!", ""])("is one of its own: %j", (name) => {
    expect(isMisspelt(name, listed)).toBe(false);
  });

  test("is refused where it is too long to be looked at", () => {
    expect(isMisspelt(`read_file${"\u200b".repeat(600)}`, listed)).toBe(true);
    expect(foldName("a".repeat(513))).toBeUndefined();
  });
});

describe("a method", () => {
  test.each(["tools/call", "vendor/echo", "x", "tools/calls", "notifications/progress"])("is itself: %j", (method) => {
    expect(isMisspeltMethod(method)).toBe(false);
  });

  test.each([
    "Tools/Call",
    "tools/call ",
    "tools//call",
    "tools.call",
    "tools%2Fcall",
    "tools／call",
    "SERVER/discover",
  ])("is another spelling of one of MCP's: %j", (method) => {
    expect(isMisspeltMethod(method)).toBe(true);
  });

  test("is refused where it is longer than any", () => {
    expect(isMisspeltMethod(`x${"\u200b".repeat(600)}`)).toBe(true);
  });
});

describe("a key of the arguments", () => {
  const definitionOf = (schema: unknown) => ({
    sha256: "0",
    text: JSON.stringify({ name: "t", inputSchema: schema }),
  });
  const definition = definitionOf({ properties: { amount: {}, file_path: {}, Mode: {}, mode: {} } });

  test.each([["Amount"], ["AMOUNT"], ["ａmount"], ["amount\u0000"], ["filePath"], ["FILE_PATH"]])(
    "is another spelling of a property: %j",
    (key) => {
      expect(misspeltArgument(definition, { amount: 1, [key]: 2 })).toMatch(/^(?:amount|file_path)$/);
    },
  );

  test("is itself where the schema names it, however much it looks like another one", () => {
    expect(misspeltArgument(definition, { mode: 1, Mode: 2, amount: 1, file_path: "a" })).toBeUndefined();
  });

  test("is the tool's own where no property is like it, and below the first level", () => {
    expect(misspeltArgument(definition, { amounts: 1, x: { Amount: 1 } })).toBeUndefined();
  });

  test("is not looked at where the schema has no properties, or is none", () => {
    for (const schema of [{}, null, "x", { properties: [] }]) {
      expect(misspeltArgument(definitionOf(schema), { Amount: 1 })).toBeUndefined();
    }
    expect(misspeltArgument(definition, undefined)).toBeUndefined();
  });
});
