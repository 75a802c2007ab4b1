// What servers name themselves goes to the client under their prefix, and back as they wrote it.
import { expect, test } from "vitest";
import { toClient, toServer } from "../../../src/mcp/all/own-names.ts";
import { parseClientMessage } from "../../../src/mcp/jsonrpc.ts";

function parse(text: string) {
  const message = parseClientMessage(Buffer.from(text), { maxBytes: 10_000, maxDepth: 64 });
  if (message.kind === "refused") throw new Error(message.problem);
  return message;
}

test.each(["7", '"7"', '"a:b"', '"\\u0061\\"é"', "9007199254740993", "1.0"])(
  "a request with id %s is answered under the same",
  (id) => {
    const asked = `{ "id": ${id}, "jsonrpc":"2.0","method":"roots/list","params":{"_meta":{"progressToken":${id}},"x":[1,"\u2028"]}}`;
    const seen = toClient("files", asked);
    const { id: seenId, params } = JSON.parse(seen);
    expect(seenId).toBe(`files:${id}`);
    expect(params).toEqual({ _meta: { progressToken: `files:${id}` }, x: [1, "\u2028"] });
    const answer = parse(`{"jsonrpc":"2.0","result":{"roots":[]},"id":${JSON.stringify(seenId)}}`);
    expect(toServer(answer)).toEqual({ prefix: "files", text: `{"jsonrpc":"2.0","result":{"roots":[]},"id":${id}}` });
    const progress = `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":1,"progressToken":TOKEN}}`;
    expect(toServer(parse(progress.replace("TOKEN", () => JSON.stringify(seenId))))).toEqual({
      prefix: "files",
      text: progress.replace("TOKEN", () => id),
    });
  },
);

test("a server that takes its request back names it as the client knows it", () => {
  const text = '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":3,"reason":"late"}}';
  expect(toClient("a-b", text)).toBe(text.replace(":3,", ':"a-b:3",'));
});

test.each([
  '{"jsonrpc":"2.0","id":3,"result":{"id":3}}',
  '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":3,"progress":1}}',
  '{"jsonrpc":"2.0","method":"notifications/cancelled"}',
  "[1]",
])("%s goes to the client as it is", (text) => {
  expect(toClient("a", text)).toBe(text);
});

test.each([
  ["an id of the client's own", '{"jsonrpc":"2.0","id":3,"result":{}}'],
  ["no prefix", '{"jsonrpc":"2.0","id":":3","result":{}}'],
  ["no mark", '{"jsonrpc":"2.0","id":"files","result":{}}'],
  ["no scalar behind the mark", '{"jsonrpc":"2.0","id":"files:{}","result":{}}'],
  ["what would end the id", '{"jsonrpc":"2.0","id":"files:3,\\"method\\":\\"x\\"","result":{}}'],
  ["another notification", '{"jsonrpc":"2.0","method":"notifications/other","params":{"progressToken":"files:3"}}'],
  ["a request", '{"jsonrpc":"2.0","id":"files:3","method":"ping"}'],
])("a message with %s is for no server", (_, text) => {
  expect(toServer(parse(text))).toBeUndefined();
});
