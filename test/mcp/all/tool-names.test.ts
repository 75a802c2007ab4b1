// Names of tools at the endpoint of all servers: whatever servers and tools are called, no two tools share one, each leads back, and
// every client takes it.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SERVER_KEY } from "../../../src/config/server-schema.ts";
import { isHashed, nameTool, prefixOf, SEPARATOR, splitName } from "../../../src/mcp/all/tool-names.ts";

const CLIENTS_TAKE = /^[A-Za-z0-9_-]{1,64}$/;

/** Keys and tools that are made to be mistaken for each other. */
const key = fc
  .stringMatching(/^[a-c0][ab0_-]{0,63}$/)
  .filter((text) => SERVER_KEY.test(text))
  .chain((text) => fc.constantFrom(text, prefixOf(text), text.slice(0, 3)));
const plain = fc.stringMatching(/^[abAB0_-]{1,70}$/);
const tool = fc
  .oneof(plain, fc.string({ unit: "binary", minLength: 1, maxLength: 80 }))
  .chain((text) =>
    fc.oneof(fc.constant(text), fc.constant((splitName(nameTool("a", text))?.prefix ?? "") + text), tail(text)),
  );

/** The end of a full name, which may be a tool's own name too. */
function tail(text: string): fc.Arbitrary<string> {
  return fc.constantFrom("a", "b_", "c__d").map((of) => nameTool(prefixOf(of), text).slice(prefixOf(of).length + 2));
}

describe("a tool's name at the endpoint of all servers", () => {
  test("is one that every client takes, and leads back to the server and the tool", () => {
    fc.assert(
      fc.property(key, tool, (server, name) => {
        const full = nameTool(prefixOf(server), name);
        expect(full).toMatch(CLIENTS_TAKE);
        const split = splitName(full);
        expect(split?.prefix).toBe(prefixOf(server));
        expect(split?.tool).toEqual(isHashed(full) ? { kind: "hashed" } : { kind: "plain", tool: name });
      }),
      { numRuns: 2_000 },
    );
  });

  test("is shared by no two tools of any servers", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(key, tool), { maxLength: 12 }), (pairs) => {
        const different = new Map(pairs.map((pair) => [JSON.stringify(pair), pair]));
        const full = new Set([...different.values()].map(([server, name]) => nameTool(prefixOf(server), name)));
        expect(full.size).toBe(different.size);
      }),
      { numRuns: 2_000 },
    );
  });

  test("is no other spelling of a name: what splits is what was made", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[aA0_-]{0,70}$/), (name) => {
        const split = splitName(name);
        if (split?.tool.kind === "plain") expect(nameTool(split.prefix, split.tool.tool)).toBe(name);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ["sitewise", "delete_asset", "sitewise__delete_asset"],
    ["my_files", "__read", "my_files____read"],
    ["github", "createIssue", "github__createIssue"],
    ["a", "files.read", /^a__files_read-[0-9a-f]{16}$/],
    ["a", "x-0123456789abcdef", /^a__x-0123456789abcdef-[0-9a-f]{16}$/],
    ["a__b", "c", /^a_b-[0-9a-f]{8}__c$/],
    ["a_", "b", /^a-[0-9a-f]{8}__b$/],
    ["a-01234567", "b", /^a-01234567-[0-9a-f]{8}__b$/],
    ["k".repeat(64), "t".repeat(64), /^k{15}-[0-9a-f]{8}__t{21}-[0-9a-f]{16}$/],
  ])("of %s and %s can be read", (server, name, expected) => {
    const full = nameTool(prefixOf(server), name);
    if (typeof expected === "string") expect(full).toBe(expected);
    else expect(full).toMatch(expected);
  });

  test("tells a tool from one whose name differs by case only, and no server by case", () => {
    expect(nameTool("a", "Read")).not.toBe(nameTool("a", "read"));
    expect(prefixOf("a__b")).toBe(prefixOf("a__b").toLowerCase());
  });

  test.each(["", "read", "_read", SEPARATOR, "__read", "a__", "a__b c", "a__é", `a__${"b".repeat(64)}`])(
    "is none that %j is",
    (name) => expect(splitName(name)).toBeUndefined(),
  );
});
