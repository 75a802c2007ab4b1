// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of clients are what is tested
// Whatever a client's file looks like (comments, tabs, line ends, a mark at the beginning, commas at the end), what wrap writes is
// what a client reads, and unwrap gives the same bytes back.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { JsonText } from "../../../src/cli/wrap/json-text.ts";
import { planWrap } from "../../../src/cli/wrap/plan.ts";
import { restore } from "../../../src/cli/wrap/restore.ts";
import { makeTempDir } from "../../e2e/harness-process.ts";

let dir: string;
beforeAll(() => {
  dir = makeTempDir();
});

const eol = fc.constantFrom("\n", "\r\n");
const space = fc.constantFrom(
  "",
  " ",
  "\t",
  "\n  ",
  "\r\n\t",
  ' // a comment, "with" {braces}\n',
  "/* , } ] */",
  "/* two\n lines */ ",
);
const word = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.constantFrom('"', "\\", "// no comment", "/* none */", ",}", "[,]", "ключ", "😀", "__proto__", "a b"),
);
const name = fc.oneof(word, fc.stringMatching(/^[a-z]{1,8}$/));
/** Any JSON, for what the client says besides servers. */
const other = fc.jsonValue({ maxDepth: 2 });
const server = fc.oneof(
  fc.record(
    {
      type: fc.constantFrom("stdio", "http", "sse", "other"),
      command: fc.constantFrom("npx", "node", "${HOME}/bin", "${input:x}"),
      args: fc.array(fc.constantFrom("-y", "some-server", "--token", "s3cret-s3cret", "${X:-y}", "stdio"), {
        maxLength: 4,
      }),
      env: fc.dictionary(fc.stringMatching(/^[A-Z]{1,6}$/), fc.constantFrom("v", "${env:TOKEN}")),
      disabled: fc.boolean(),
      alwaysAllow: other,
    },
    { requiredKeys: ["command"] },
  ),
  fc.record(
    {
      type: fc.constantFrom("http", "sse"),
      url: fc.constantFrom("https://a.example/mcp", "http://a.example", "https://a.example/sse", "${URL}"),
      headers: fc.dictionary(fc.constantFrom("Authorization", "X-A"), fc.constantFrom("Bearer x", "Bearer ${T}")),
    },
    { requiredKeys: ["url"] },
  ),
  other,
);
const unique = { selector: ([key]: [string, unknown]) => key, maxLength: 5 };
const servers = fc.uniqueArray(fc.tuple(name, server), unique);
const file = fc.record({
  field: fc.constantFrom("mcpServers", "servers"),
  servers,
  project: fc.option(servers),
  others: fc.uniqueArray(fc.tuple(name, other), unique),
  isLast: fc.boolean(),
});

/** Writes JSON as people do: what lies between the parts comes from `gaps`, the last comma from `commas`. */
function write(value: unknown, gap: () => string, comma: () => string): string {
  const join = (parts: string[], open: string, close: string): string =>
    `${open}${parts.map((part) => `${gap()}${part}${gap()}`).join(",")}${parts.length > 0 ? comma() : gap()}${gap()}${close}`;
  if (Array.isArray(value))
    return join(
      value.map((item) => write(item, gap, comma)),
      "[",
      "]",
    );
  if (value instanceof Map) {
    const members = [...value].map(
      ([key, item]) => `${JSON.stringify(key)}${gap()}:${gap()}${write(item, gap, comma)}`,
    );
    return join(members, "{", "}");
  }
  if (typeof value === "object" && value !== null) return write(new Map(Object.entries(value)), gap, comma);
  return JSON.stringify(value);
}

function cycle(values: readonly string[]): () => string {
  let at = 0;
  return () => values[at++ % values.length] ?? "";
}

describe("a client's file", () => {
  test("is wrapped into what a client reads, and unwrapped to the same bytes", () => {
    const path = join(dir, "mcp.json");
    let wrapped = 0;
    fc.assert(
      fc.property(
        file,
        fc.array(space, { minLength: 1, maxLength: 7 }),
        fc.array(fc.constantFrom("", ","), { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        eol,
        (content, gaps, commas, hasMark, end) => {
          const reserved = ["mcpServers", "servers", "projects", "mcp"];
          const own: [string, unknown][] = [[content.field, new Map(content.servers)]];
          if (content.project !== null)
            own.push(["projects", new Map([["/p", new Map([["mcpServers", new Map(content.project)]])]])]);
          const others = content.others.filter(([key]) => !reserved.includes(key));
          const whole = new Map(content.isLast ? [...others, ...own] : [...own, ...others]);
          const text = `${hasMark ? "\uFEFF" : ""}${write(whole, cycle(gaps), cycle(commas))}${end}`;
          writeFileSync(path, text);
          const config = join(dir, "regate.yaml");
          const launch = { command: "/usr/bin/node", args: ["/opt/regate/dist/main.js"] };
          const files = [{ file: path, folder: dir }];
          const plan = () => planWrap({ files, config, servers: new Map(), env: {}, home: "/home/x", launch }).files[0];
          const first = plan();
          if (first === undefined) throw new Error("the file was not read");
          // bytes that are no text never come out of a string that fast-check makes of lone halves
          const before = first.read.text;
          const after = new JsonText(first.after, path);
          for (const entry of first.entries) {
            const member = after.members(entry.path.slice(0, -1))?.find((one) => one.name === entry.path.at(-1));
            if (entry.outcome === "wrapped") expect(member?.value).toEqual(entry.after);
            if (entry.outcome === "wrapped") wrapped += 1;
          }
          writeFileSync(path, first.after);
          const second = plan();
          expect(second?.after).toBe(first.after);
          expect(restore(after, new JsonText(first.backup, path)).text).toBe(before);
        },
      ),
      { numRuns: 100 },
    );
    expect(wrapped).toBeGreaterThan(30);
  });
});
