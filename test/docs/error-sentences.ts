// What the gate's code says to its clients, and what docs/errors.md says that it says. Variable parts are `...` in both.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../policy/support.ts";

/** Where a client's request is refused over HTTP, or as a message. */
const TRANSPORT_FILES = [
  "src/http/app.ts",
  "src/http/auth.ts",
  "src/http/bearer.ts",
  "src/http/mcp-route.ts",
  "src/http/operator-check.ts",
  "src/http/origin.ts",
  "src/http/relay-route.ts",
  "src/mcp/http-refusals.ts",
  "src/mcp/jsonrpc.ts",
  "src/mcp/message-headers.ts",
  "src/mcp/param-headers.ts",
  "src/mcp/read-body.ts",
  "src/mcp/session-names.ts",
];
const VERDICT_FILE = "src/mcp/refusal.ts";
const VERDICT_SENTENCE =
  /^(?:Policy violation|Rate limit|Invalid arguments|Approval|Regate could not|The server|This call takes|Try again|Calling it)/;

/** A literal of several words that is said, not logged or thrown. */
const SAID =
  /(?:refuse\(asked, "[a-z_]+", |refuse\((?:[^"`()]*(?:\([^)]*\))?,\s*)?|writeRefusal\([^"`]*, \d+, |, "[a-z_]+", |mismatch\(|problem:\s*|\w+ =\s+|return |[?:] |errorAnswer\([^`)]*[A-Z_]+, )(?:`((?:[^`\\]|\\.)*)`|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')/g;
/** No header that is sent. */
const SEVERAL_WORDS = /^(?!Bearer )\S+ \S+ /;

export function sentencesOfCode(): string[] {
  const said = TRANSPORT_FILES.flatMap((file) => literalsOf(file).filter((text) => SEVERAL_WORDS.test(text)));
  const verdicts = [...readSource(VERDICT_FILE).matchAll(/`((?:[^`\\]|\\.)*)`|"((?:[^"\\]|\\.)*)"/g)]
    .map(([, template, plain]) => blank(template ?? plain ?? ""))
    .filter((text) => VERDICT_SENTENCE.test(text));
  return [...new Set([...said, ...verdicts])];
}

/** The first cells of the page's tables of sentences. */
export function sentencesOfDocs(page: string): string[] {
  return [...page.matchAll(/^\| `([^`]+)` \| /gm)].map(([, sentence = ""]) => sentence);
}

/** JSON-RPC codes that the code writes out. */
export function codesOfCode(files: readonly string[]): number[] {
  const found = files.flatMap((file) => [...readSource(file).matchAll(/= (-32\d{3}|100[1-9]);/g)]);
  return [...new Set(found.map(([, code]) => Number(code)))];
}

function literalsOf(file: string): string[] {
  return [...readSource(file).matchAll(SAID)].map(([, ...texts]) =>
    blank(texts.find((text) => text !== undefined) ?? ""),
  );
}

function blank(text: string): string {
  return text.replaceAll(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, "...").replaceAll(/\\(.)/g, "$1");
}

function readSource(file: string): string {
  return readFileSync(join(ROOT, file), "utf8").replaceAll(/^\s*(?:\/\/|\/?\*).*$/gm, "");
}
