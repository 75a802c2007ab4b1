// A small policy repository of a user's own, in which every step of `regate test` is well, and what becomes of it when files
// are changed.
import { STEPS, type StepName } from "../../src/check/finding.ts";
import { run } from "../../src/cli/test.ts";
import type { Files } from "../policy/support.ts";
import { makeFolder } from "../policy/support.ts";

export const RULES = `# METADATA
# title: Notes
# scope: package
# schemas:
#   - input: schema.input
package policy.servers.notes

# METADATA
# title: Ten notes a minute
rules.write contains {
	"id": "ten-a-minute",
	"action": "allow",
	"rate_limit": {"max": 10, "window": 60},
}

# METADATA
# title: Drafts only
# scope: rule
# schemas:
#   - input.args: schema.tools.notes.write
rules.write contains {
	"id": "drafts-only",
	"action": "deny",
	"reason": "Only drafts are written",
} if not input.args.mode == "draft"
`;

export const TEST = `package policy.servers.notes_test

import data.regate

_decide(args) := decision if {
	decision := regate.decision with input as {"server": "notes", "tool": "write", "args": args}
}

test_a_draft_is_allowed if _decide({"path": "a", "mode": "draft"}).action == "allow"

test_what_is_no_draft_is_denied if {
	every args in [{}, {"mode": "final"}, {"mode": 1}] { _decide(args).action == "deny" }
}
`;

const DECISION = {
  action: "allow",
  reasons: [],
  rules: ["policy.servers.notes/ten-a-minute"],
  malformed: [],
  rate_limits: [
    { rule: "policy.servers.notes/ten-a-minute", max: 10, window: 60, per: "session", over: "tool", cost: 1 },
  ],
  approval: { timeout: 300, hold: 25 },
  labels: [],
  redact: [],
  hidden: false,
};

/** A sample: the one of the repository, with these fields. */
export function sample(fields: object = {}, decision: object = {}): string {
  const input = { server: "notes", tool: "write", args: { path: "a", mode: "draft" } };
  return JSON.stringify({ title: "A draft", input, decision: { ...DECISION, ...decision }, ...fields });
}

const TOOL = { category: "Write", risk: "Medium", severity: "low", signals: [], rationale: "Writes a note." };

export const GOOD: Files = {
  "rego/policy/servers/notes/notes.rego": RULES,
  "rego/policy/servers/notes/notes_test.rego": TEST,
  "rego/catalogue/notes/data.json": JSON.stringify({ title: "Notes", tools: { write: TOOL } }),
  "schemas/tools/notes/write.json": JSON.stringify({
    type: "object",
    properties: {
      path: { type: "string" },
      mode: { type: "string", enum: ["draft", "final"] },
      size: { type: "number" },
    },
    required: ["path"],
  }),
  "test/samples/notes/draft.json": sample(),
};

export type Tested = { readonly exitCode: number; readonly stdout: string; readonly stderr: string };

/** Runs `regate test` in a folder with these files. */
export async function testFiles(files: Files, ...args: string[]): Promise<Tested> {
  return testIn(await makeFolder(files), args);
}

export async function testIn(cwd: string, args: readonly string[], env = process.env): Promise<Tested> {
  let stdout = "";
  let stderr = "";
  const exitCode = await run(args, {
    stdout: (text) => {
      stdout += text;
    },
    stderr: (text) => {
      stderr += text;
    },
    env,
    cwd,
    stdin: async () => new Uint8Array(),
  });
  return { exitCode, stdout, stderr };
}

/** The options that leave only these steps. */
export function only(...steps: readonly StepName[]): string[] {
  return STEPS.filter((step) => !steps.includes(step)).flatMap((step) => ["--skip", step]);
}

/** The repository with another text for its rules. */
export function withRules(text: string): Files {
  return { ...GOOD, "rego/policy/servers/notes/notes.rego": text };
}

/** What was found, as the person reads it. */
export function linesOf({ stdout }: Tested): readonly string[] {
  return stdout
    .split("\n")
    .filter((line) => line.startsWith("  "))
    .map((line) => line.trim());
}
