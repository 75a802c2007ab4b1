// The ways to see what is hidden. The gullible server describes its denied tool as something that nobody may call: who reads
// that has seen it.
import { expect } from "vitest";
import { MODERN_VERSION, openStream } from "../../e2e/harness-wire.ts";
import { expandMessage } from "../bytes.ts";
import type { Caller } from "../callers.ts";
import type { Stage } from "../stage.ts";

export const HIDDEN_TEXT = "Nobody may call this";
const PLAIN = { headers: {}, query: "", method: "tools/list", name: "" };

export async function hiddenByResuming(stage: Stage, main: Caller): Promise<void> {
  const list = '{"jsonrpc":"2.0","id":<<id>>,"method":"tools/list","params":{<<meta>>}}';
  await main.send(Buffer.from(expandMessage(list, { id: "to-be-replayed", era: stage.era })), PLAIN);
  const headers = main.session?.headers ?? { ...stage.bearer("main"), "mcp-protocol-version": MODERN_VERSION };
  const stream = await openStream(stage.url, { ...headers, "last-event-id": "0" });
  const replayed: string[] = [];
  for (let event = await stream.next(); event !== undefined; event = await stream.next()) replayed.push(event.data);
  expect(replayed.join("\n")).toContain("to-be-replayed");
  expect(replayed.join("\n")).toContain("Answers its arguments");
  expect(replayed.join("\n")).not.toContain(HIDDEN_TEXT);
}

export async function hiddenByOtherLists(stage: Stage, main: Caller): Promise<void> {
  const lists = [
    '{"jsonrpc":"2.0","id":<<id>>,"method":"tools/list","params":{<<meta>>}}',
    '{"jsonrpc":"2.0","id":<<id>>,"method":"tools/list","params":{<<meta>>,"cursor":"0","all":true,"hidden":true}}',
    '{"jsonrpc":"2.0","id":7,"method":"tools/list","params":{<<meta>>}}',
    '{"jsonrpc":"2.0","id":"denied","method":"tools/list","params":{<<meta>>,"name":"denied"}}',
    '{"jsonrpc":"2.0","id":<<id>>,"method":"Tools/List","params":{<<meta>>}}',
    '{"jsonrpc":"2.0","id":<<id>>,"method":"tools\\/list","params":{<<meta>>}}',
    '[{"jsonrpc":"2.0","id":<<id>>,"method":"tools/list","params":{<<meta>>}}]',
    '{"jsonrpc":"2.0","method":"tools/list","params":{<<meta>>}}',
  ];
  const texts: string[] = [];
  for (const list of lists) {
    texts.push(await main.send(Buffer.from(expandMessage(list, { id: "a-list", era: stage.era })), PLAIN));
  }
  expect(texts.join("\n")).not.toContain(HIDDEN_TEXT);
  // or nothing was shown at all
  if (stage.column !== "client") expect(texts[0]).toContain("Answers its arguments");
}
