// Rules for answers in a real gate: what a server answers loses its secrets or is refused, over HTTP and stdio, in both eras, with
// real SDK clients; and the record says so.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { connectV1, connectV2 } from "./harness-clients.ts";
import { fixturePath, startHttpFixture } from "./harness-fixtures.ts";
import { type Gate, operate, startGate } from "./harness-gate.ts";
import { makeTempDir, ROOT, runToEnd } from "./harness-process.ts";
import { textOf } from "./harness-wire.ts";

const KEY = "AKIAIOSFODNN7EXAMPLE";
const RULES = {
  "guardrails.rego": `package policy.guardrails

results contains {"id": "no-secrets", "action": "redact", "secrets": true, "reason": "Agents get no keys"}
`,
  "files.rego": `package policy.servers.files

rules["*"] contains {"id": "all", "action": "allow"}

results["*"] contains {"id": "no-private-keys", "action": "refuse", "reason": "Private keys are not for agents"} if {
	some secret in input.secrets
	secret.kind == "private_key"
}
`,
  "modern.rego": `package policy.servers.modern

rules["*"] contains {"id": "all", "action": "allow"}
`,
};

let gate: Gate;
let served: string;

beforeAll(async () => {
  const dir = makeTempDir();
  const rego = join(dir, "rego");
  for (const [name, text] of Object.entries(RULES)) writeIn(join(rego, "policy"), name, text);
  const bundle = join(dir, "bundle.tar.gz");
  const built = await runToEnd(process.execPath, [join(ROOT, "dist/main.js"), "build", rego, "-o", bundle]);
  expect(built).toMatchObject({ code: 0, stderr: "" });
  served = join(dir, "served");
  writeIn(served, "config.txt", `region = eu\nkey = ${KEY}\n`);
  writeIn(served, "id_rsa", "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----\n");
  writeIn(served, "plain.txt", "nothing of note\n");
  const { url } = await startHttpFixture("modern-server.mjs", ["--http", "0"]);
  const stdio = { command: process.execPath, args: [fixturePath("modern-server.mjs"), "--stdio"] };
  const files = { command: join(ROOT, "node_modules/.bin/mcp-server-filesystem"), args: [served] };
  gate = await startGate({
    bundle,
    servers: {
      files: { ...files, catalogue: "files" },
      modern: { url, catalogue: "modern" },
      "modern-stdio": { ...stdio, catalogue: "modern" },
    },
  });
});

function writeIn(folder: string, name: string, text: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), text);
}

describe("a client of the legacy era", () => {
  test("reads a file of the real filesystem server without the key in it, and none that holds a private key", async () => {
    const client = await connectV1(gate.url("files"));
    const read = async (name: string) =>
      client.callTool({ name: "read_text_file", arguments: { path: join(served, name) } });
    const redacted = await read("config.txt");
    expect(JSON.stringify(redacted)).not.toContain(KEY);
    expect(redacted).toMatchObject({
      content: [{ type: "text", text: "region = eu\nkey = **masked**\n" }],
      structuredContent: { content: "region = eu\nkey = **masked**\n" },
      _meta: {
        "regate/decision": { action: "redact_answer", redacted: ["/content/0/text", "/structuredContent/content"] },
      },
    });
    const refused = await read("id_rsa");
    expect(refused).toMatchObject({ isError: true, _meta: { "regate/decision": { action: "refuse_answer" } } });
    expect(textOf({ result: refused })).toMatch(
      /was called, but its answer is withheld\. Private keys are not for agents\./,
    );
    expect(await read("plain.txt")).toEqual({
      content: [{ type: "text", text: "nothing of note\n" }],
      structuredContent: { content: "nothing of note\n" },
    });
  });
});

describe.each(["modern", "modern-stdio"])("a client of the modern era, before %s,", (server) => {
  test("gets an answer without the key in it", async () => {
    const client = await connectV2(gate.url(server));
    const answer = await client.callTool({ name: "echo", arguments: { text: `the key is ${KEY}.` } });
    expect(answer).toMatchObject({
      content: [{ type: "text", text: "the key is **masked**." }],
      _meta: { "regate/decision": { action: "redact_answer", rules: ["policy.guardrails/no-secrets"] } },
    });
    expect(await client.callTool({ name: "echo", arguments: { text: "plain" } })).toMatchObject({
      content: [{ type: "text", text: "plain" }],
    });
  });
});

test("the record has what was masked and refused, joined to the decisions on the calls, and none of it; its chain holds", async () => {
  await gate.process.stop();
  const text = readFileSync(join(gate.dir, ".regate/decisions.jsonl"), "utf8");
  expect(text).not.toContain("MIIEow");
  const lines = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const results = lines.filter(({ path }) => path === "regate/result");
  expect(results.map(({ result }) => result.action)).toEqual(["redact", "refuse", "redact", "redact"]);
  expect(results[1]).toMatchObject({
    input: { server: "files", tool: "read_text_file", answer: "result" },
    result: { reasons: ["Private keys are not for agents"] },
    regate: {
      verdict: "refused",
      rules: [{ id: "policy.guardrails/no-secrets" }, { file: "policy/files.rego", row: 5 }],
    },
  });
  for (const { regate } of results) {
    expect(lines.filter(({ decision_id }) => decision_id === regate.decision)).toHaveLength(1);
  }
  expect(await operate(gate, "log", "verify")).toMatchObject({ code: 0 });
});
