import { describe, expect, test } from "vitest";
import { checkServerName, schemaNames } from "../../src/scan/places.ts";
import { problemOf } from "../policy/support.ts";

const check = async (name: string) => checkServerName(name, "key");

describe("a server's name", () => {
  test.each(["files", "awslabs.aws-iot-sitewise-mcp-server", "@scoped", "My server", "a+b", "x".repeat(80), "_a"])(
    "can be a folder: %s",
    async (name) => {
      await expect(check(name)).resolves.toBeUndefined();
    },
  );

  test.each([
    "",
    ".",
    "..",
    "../up",
    "a/b",
    "a\\b",
    ".hidden",
    "-option",
    " space",
    "space ",
    "dot.",
    "x".repeat(81),
    "caf\u00e9",
    "a\u202eb",
    "a\nb",
    "a'b",
    'a"b',
    "a`b",
    "a{b}",
    "NUL",
    "con.txt",
    "node_modules",
    "server_test",
  ])("is refused with the remedy: %j", async (name) => {
    expect(await problemOf(check(name))).toEqual([
      expect.stringMatching(/^key: its catalogue name ".*" can't be .*`catalogue:`$/),
    ]);
  });

  test("is shown so that nothing in it acts on the terminal", async () => {
    const [line = ""] = await problemOf(check("a\u001b[31m\u202e"));
    expect(line).toContain(String.raw`a\\u{001b}[31m\\u{202e}`);
  });
});

describe("the names of schemas", () => {
  const namesOf = (...tools: readonly string[]) => [...schemaNames(tools).values()];

  test("are the tools' own where a file can have them", () => {
    const plain = ["create_asset", "get-env", "a.b.c", "readFile", "1st", "x".repeat(100)];
    expect(namesOf(...plain)).toEqual(plain);
  });

  test("have a hash where a file can't, and stay the same with other tools beside them", () => {
    const odd = [
      "a/b",
      'say "hi"',
      "../../etc/passwd",
      "x".repeat(300),
      "re\u0430d",
      "*",
      "con",
      "a ",
      "..",
      "-rf",
      "x_test",
    ];
    const names = namesOf(...odd);
    expect(names).toHaveLength(new Set(names).size);
    for (const name of names) expect(name).toMatch(/^[A-Za-z0-9][A-Za-z0-9-]{0,60}$/);
    expect(namesOf("a/b", "other")[0]).toBe(names[0]);
  });

  test("differ on file systems without upper and lower case", () => {
    const names = namesOf("Read", "read", "readAll");
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(3);
    expect(names[2]).toBe("readAll");
  });

  test("differ where one tool is named as another's file is", () => {
    const [hashed = ""] = namesOf("a/b");
    expect(new Set(namesOf("a/b", hashed).map((name) => name.toLowerCase())).size).toBe(2);
  });
});
