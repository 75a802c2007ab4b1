import { expect, test } from "vitest";
import type { Question } from "../../src/approvals/approval.ts";
import { fingerprintsOf } from "../../src/approvals/fingerprint.ts";
import { QUESTION } from "./support.ts";

const OWN = fingerprintsOf(QUESTION);

test.each([
  { server: "other" },
  { place: { key: "files", id: "place-2" } },
  { place: undefined },
  { direction: "from_server" },
  { method: "resources/read" },
  { tool: "write_files" },
  { principal: "bob" },
  { session: "session-2" },
  { revision: "r2" },
  { definitionSha256: "cd" },
  { definitionSha256: undefined },
] satisfies Partial<Question>[])("a call that differs in %j is another one, for a grant too", (change) => {
  const other = fingerprintsOf({ ...QUESTION, ...change });
  expect(other.fingerprint).not.toBe(OWN.fingerprint);
  expect(other.scope).not.toBe(OWN.scope);
});

test("a call that differs in its arguments is another one, but not for a grant", () => {
  const other = fingerprintsOf({ ...QUESTION, argsText: '{"path":"/etc/passwd "}' });
  expect(other.fingerprint).not.toBe(OWN.fingerprint);
  expect(other.scope).toBe(OWN.scope);
});

test("a call that differs in what stands beside its arguments is another one, but not for a grant", () => {
  const other = fingerprintsOf({ ...QUESTION, besidesText: '{"task":{}}' });
  expect(other.fingerprint).not.toBe(OWN.fingerprint);
  expect(other.scope).toBe(OWN.scope);
});

test("a call is the same whatever it is asked for, by which decision and for how long", () => {
  const change = { reasons: [], rules: [], decisionId: "decision-2", timeoutSeconds: 1 };
  expect(fingerprintsOf({ ...QUESTION, ...change })).toEqual(OWN);
});

test("no two calls share a name by where one of its parts ends", () => {
  const one = fingerprintsOf({ ...QUESTION, principal: "a", session: "bc" });
  const other = fingerprintsOf({ ...QUESTION, principal: "ab", session: "c" });
  expect(one.fingerprint).not.toBe(other.fingerprint);
});
