// docs/errors.md has each sentence and each code that a client can be refused with, and no other.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../policy/support.ts";
import { codesOfCode, sentencesOfCode, sentencesOfDocs } from "./error-sentences.ts";

const page = readFileSync(join(ROOT, "docs/errors.md"), "utf8");

test("every sentence of the code is in docs/errors.md, and every one there is in the code", () => {
  const inCode = sentencesOfCode().toSorted();
  // where the code is read so badly that nothing is found, this says nothing
  expect(inCode.length).toBeGreaterThan(60);
  expect(sentencesOfDocs(page).toSorted()).toEqual(inCode);
});

test("every code that the gate answers its clients with is in docs/errors.md, and no other", () => {
  const codes = codesOfCode(["src/mcp/jsonrpc.ts", "src/mcp/message-headers.ts", "src/mcp/refusal.ts"]);
  // as the endpoint of all servers answers; the third code there is a server's own
  codes.push(...codesOfCode(["src/mcp/stdio-answers.ts"]).filter((code) => code !== -32021));
  const told = [...page.matchAll(/(?<![\d-])(-32\d{3}|100[1-9])(?!\d)/g)].map(([, code]) => Number(code));
  expect([...new Set(told)].toSorted()).toEqual(codes.toSorted());
});
