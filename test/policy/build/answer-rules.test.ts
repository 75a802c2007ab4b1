// Rules for answers in a build: what of them is refused, with file, row and remedy, and what the bundle knows of the others.
import { describe, expect, test } from "vitest";
import { buildFolder, faultsOf, makeFolder } from "../support.ts";

const ALLOW = 'rules["*"] contains {"id": "all", "action": "allow"}\n';
const own = (text: string): string => `package policy.servers.files\n\n${ALLOW}\n${text}\n`;
const FAULTS: readonly (readonly [string, string, string])[] = [
  [
    "an action of calls",
    'results.read contains {"id": "a", "action": "deny"}',
    "rego/policy/f.rego:5: rule a: action must be one of redact, refuse",
  ],
  [
    "a redaction of nothing",
    'results.read contains {"id": "a", "action": "redact"}',
    'rego/policy/f.rego:5: rule a redacts nothing: write "secrets": true, or "redact": ["/content/0/text"]',
  ],
  [
    "an unknown field",
    'results.read contains {"id": "a", "action": "redact", "secret": true}',
    'rego/policy/f.rego:5: rule a has an unknown field "secret" (did you mean "secrets"?)',
  ],
  [
    "a kind of secret that is none",
    'results.read contains {"id": "a", "action": "redact", "secrets": ["jwts"]}',
    "rego/policy/f.rego:5: rule a: secrets must be true, or an array of kinds of secrets (docs/results.md lists them), on a rule that redacts",
  ],
  [
    "an id that a rule on calls has",
    'results.read contains {"id": "all", "action": "refuse"}',
    "rego/policy/f.rego:5: the id all is there twice in policy.servers.files, first at policy/f.rego:3",
  ],
  [
    "a rule that is no set",
    'results.read := {"id": "a", "action": "refuse"}',
    'rego/policy/f.rego:5: not a set of rules; write `results.NAME contains {...}`, or `results["*"]` for every tool',
  ],
  [
    "a `not` that silences it",
    'results.read contains {"id": "a", "action": "refuse"} if not startswith(input.args.path, "/srv/")',
    "rego/policy/f.rego:5: rule a is not there when the field is missing; write the condition as a helper: `not _ok` with `_ok if startswith(...)`",
  ],
  [
    "a look at what no answer has",
    'results.read contains {"id": "a", "action": "refuse"} if input.history.labels.x',
    "rego/policy/f.rego:5: rule a looks at input.history, which no answer has: write it for calls",
  ],
  [
    "a rule on calls that looks at the answer, through a helper",
    'rules.read contains {"id": "a", "action": "deny"} if _bad\n\n_bad if count(input.secrets) > 0',
    "rego/policy/f.rego:5: rule a looks at input.secrets, which no call has yet; write it for answers: `results` in the place of `rules`",
  ],
];

describe("a rule for answers", () => {
  test.each(FAULTS)("is refused for %s", async (_title, rule, fault) => {
    expect(await faultsOf({ "policy/f.rego": own(rule) })).toContain(fault);
  });

  test("is refused in the defaults, which have none", async () => {
    const text = 'package policy.defaults\n\nresults.Read contains {"id": "a", "action": "refuse"}\n';
    expect(await faultsOf({ "policy/d.rego": text })).toContain(
      "rego/policy/d.rego:3: defaults have no results; write them in a server's package, or in policy.guardrails",
    );
  });

  test("is in the bundle with its place and what it looks at, apart from the rules on calls", async () => {
    const text = own(`# METADATA
# title: Owners
results.list contains {"id": "o", "action": "redact", "redact": ["/a"]} if input.result.a`);
    const { bundle } = await buildFolder(await makeFolder({ "policy/f.rego": text }));
    expect([...bundle.rules.keys()].filter((id) => id.includes("servers"))).toEqual(["policy.servers.files/all"]);
    expect([...bundle.answerRules]).toMatchObject([
      [
        "policy.servers.files/o",
        { file: "policy/f.rego", row: 7, title: "Owners", server: "files", tool: "list", reads: ["result"] },
      ],
    ]);
    expect(bundle.manifest.wasm.map(({ entrypoint }) => entrypoint)).toContain("regate/result");
  });
});
