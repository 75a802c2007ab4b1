// What a server sends: the parser never throws and never changes a byte; and a list of tools from which a name was taken has it
// for no reader any more.
import { expect } from "vitest";
import { parseServerMessage } from "../../../src/mcp/jsonrpc.ts";
import { listedTools, mayHoldTools, withoutTools } from "../../../src/mcp/list-filter.ts";
import { type Form, pythonJson } from "../python.ts";
import { lenientForm, membersOf, READERS } from "../readers.ts";
import type { Target } from "../target.ts";

const SEEDS = [
  '{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"keep","inputSchema":{}},{"name":"hide"},{"name":"also"}],"nextCursor":"c"}}',
  '{"jsonrpc":"2.0","id":1,"result":{"cacheScope":"public","tools":[{"name":"hide"}],"ttlMs":1}}',
  '{"jsonrpc":"2.0","id":"q","method":"sampling/createMessage","params":{"messages":[],"maxTokens":1}}',
  '{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}',
  '{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"\\ud83d\\ude00 1e999"}]}}',
];
const WORDS = [
  ...[
    '"tools"',
    '"Tools"',
    '"tool\\u0073"',
    '"toolſ"',
    '"name"',
    '"Name"',
    '"hide"',
    '"h\\u0069de"',
    '"result"',
    '"Result"',
  ],
  ...['{"name":"hide"}', ",", ":", "[", "]", "{", "}", '"', "\\", "\\ud800", "1e400", '"__proto__"', "null", "\n"],
];

export const serverMessage: Target = {
  name: "server-message",
  seeds: SEEDS.map((seed) => Buffer.from(seed)),
  words: WORDS,
  runs: 1_500,
  async check(input) {
    const text = Buffer.from(input).toString("utf8");
    const message = parseServerMessage(text);
    if (message.kind === "unreadable") return void expect(message.problem).not.toBe("");
    expect(message.text).toBe(text);
    expect(message.value).toEqual(JSON.parse(text));
    const form = lenientForm(text);
    expect(form).toEqual(await pythonJson(Buffer.from(text)));
    const isSeen = READERS.some((reader) => toolsBy(reader, form) !== undefined);
    if (isSeen) expect(mayHoldTools(text)).toBe(true);
    const listed = listedTools(text);
    // what lists nothing is not looked at further, so that nobody may find a list in it
    if (listed.kind === "none") return void expect(isSeen).toBe(false);
    if (listed.kind !== "tools") return;
    const shown = withoutTools(text, new Set(["hide"]));
    for (const reader of READERS) expect(toolsBy(reader, lenientForm(shown)) ?? []).not.toContain("hide");
  },
};

/** The names of the tools that a reader finds in a message; undefined where it finds no list. */
function toolsBy({ get }: (typeof READERS)[number], form: Form | undefined): unknown[] | undefined {
  const result = membersOf(get(membersOf(form) ?? [], "result"));
  const tools = result === undefined ? undefined : get(result, "tools");
  if (tools?.[0] !== "a") return undefined;
  return tools[1].map((tool) => get(membersOf(tool) ?? [], "name")?.[1]);
}
