import { expect, test } from "vitest";
import { createUrlAskers } from "../../src/mcp/url-askers.ts";

const HEADERS = { "mcp-protocol-version": "2025-11-25" };
const declared = (elicitation: unknown) => ({ capabilities: { elicitation } });

test("a client that declared it is shown a URL, in its own session", () => {
  const askers = createUrlAskers();
  askers.learn("s", declared({ url: {} }));
  expect(askers.includes("s", HEADERS)).toBe(true);
  expect(askers.includes("s-2", HEADERS)).toBe(false);
});

test.each([
  declared({}),
  declared({ form: {} }),
  declared({ url: true }),
  declared(undefined),
  {},
  undefined,
  "capabilities",
])("a client that declared %j is not", (params) => {
  const askers = createUrlAskers();
  askers.learn("s", params);
  expect(askers.includes("s", HEADERS)).toBe(false);
});

test.each([[{}], [{ "mcp-protocol-version": "2025-06-18" }]])(
  "a request of an older revision is not: %j",
  (headers) => {
    const askers = createUrlAskers();
    askers.learn("s", declared({ url: {} }));
    expect(askers.includes("s", headers)).toBe(false);
  },
);

test("ten thousand sessions are remembered, the newest", () => {
  const askers = createUrlAskers();
  for (let n = 0; n <= 10_000; n += 1) askers.learn(`s-${n}`, declared({ url: {} }));
  expect([askers.includes("s-0", HEADERS), askers.includes("s-1", HEADERS)]).toEqual([false, true]);
});
