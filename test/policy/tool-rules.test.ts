// The Rego that the console offers, by the real OPA: it builds for every name, and does what its kind says.
import { beforeAll, describe, expect, test } from "vitest";
import { createEngine, type Engine } from "../../src/policy/engine.ts";
import {
  TOOL_RULE_KINDS,
  type ToolRuleKind,
  type ToolRuleOptions,
  writeToolRules,
} from "../../src/policy/tool-rules.ts";
import { buildFolder, faultsOf, makeFolder } from "./support.ts";

const AWKWARD: readonly (readonly [what: string, name: string])[] = [
  ["a plain name", "create_api_key"],
  ["quotes and a slash", 'we"ird/name'],
  ["backslashes", "a\\b\\u0041"],
  ["camelCase and dots", "gitHub.deleteFile"],
  ["a keyword", "import"],
  ["a value of Rego", "true"],
  ["no value of Rego", "null"],
  ["a name that YAML reads otherwise", "- yes: no # x"],
  ["blanks only", "   "],
  ["nothing", ""],
  ["a line break that ends the comment", "x\n}\npackage evil"],
  ["a brace and a backtick", "a{input.tool}`b"],
  ["a direction override and a zero width space", "delete\u202e\u200b"],
  ["look-alikes", "сreate_аpi_key"],
  ["characters beyond 16 bits", "🔑\u{e0041}"],
  ["300 characters", "n".repeat(300)],
  ["300 characters of another script", "名".repeat(300)],
  ["a star", "*"],
  ["a star within", "a*b"],
  ["the name of a member of every object", "__proto__"],
  ["a NUL", "a\u0000b"],
  ["escape codes", "\u001b[2Jcls\u0000\u007f"],
];

function write(change: Partial<ToolRuleOptions> & { readonly tool: string }) {
  return writeToolRules({
    server: "files",
    tools: [change.tool],
    isTaken: () => false,
    withPackage: true,
    limitAction: "allow",
    ...change,
  });
}

/** A server for each name and kind, so that one build holds them all. */
const serverOf = (index: number, kind: ToolRuleKind): string =>
  `${index}/"\\${kind}\u00fc.${AWKWARD[index]?.[1].replace(/[\p{C}]/gu, "")}`;

describe("the rules for one tool", () => {
  let engine: Engine;
  beforeAll(async () => {
    const files = AWKWARD.flatMap(([, tool], index) =>
      TOOL_RULE_KINDS.map((kind) => {
        return [`policy/${index}-${kind}.rego`, write({ server: serverOf(index, kind), tool })[kind]] as const;
      }),
    );
    const { bundle } = await buildFolder(await makeFolder(Object.fromEntries(files)));
    engine = await createEngine(bundle);
  });

  const judge = (index: number, kind: ToolRuleKind, tool: string) => {
    const server = serverOf(index, kind);
    // without a category no defaults speak: what is decided comes from the rule
    const evaluation = engine.evaluate(JSON.stringify({ server, tool, args: {} }));
    if (evaluation.kind === "failed") throw new Error(evaluation.problem);
    const { action, hidden, rate_limits } = evaluation.decision;
    return { action, hidden, limits: rate_limits.map(({ max, window, per, over }) => ({ max, window, per, over })) };
  };

  test.each(AWKWARD.map(([what, name], index) => [what, name, index] as const))(
    "say what they are to say of %s, and of no other tool",
    (_, tool, index) => {
      const limits = [{ max: 10, window: 60, per: "session", over: "tool" }];
      expect(judge(index, "allow", tool)).toEqual({ action: "allow", hidden: false, limits: [] });
      expect(judge(index, "rate_limit", tool)).toEqual({ action: "allow", hidden: false, limits });
      expect(judge(index, "require_approval", tool).action).toBe("require_approval");
      expect(judge(index, "deny", tool)).toEqual({ action: "deny", hidden: true, limits: [] });
      for (const kind of TOOL_RULE_KINDS) {
        expect(judge(index, kind, `${tool}x`)).toEqual({ action: "deny", hidden: false, limits: [] });
      }
    },
  );

  test.each(AWKWARD)("are plain ASCII for %s, each on lines of its own", (_, tool) => {
    for (const text of Object.values(write({ tool, withPackage: false }))) {
      expect(text).toMatch(/^[\t\n\x20-\x7e]+$/);
      expect(text.split("\n").length).toBeLessThan(10);
    }
  });

  test("stand together in one package: of all tools and kinds, beside rules of the same id", async () => {
    const tools = AWKWARD.map(([, tool]) => tool);
    const taken = new Set(["create-api-key-denied", "create-api-key-denied-2"]);
    const texts = tools.flatMap((tool) =>
      Object.values(write({ tool, tools, withPackage: false, isTaken: (id) => taken.has(id) })),
    );
    const theirs = [...taken].map((id) => `rules.x contains {"id": "${id}", "action": "deny"}\n`);
    const source = ["package policy.servers.files\n", ...theirs, ...texts].join("\n");
    const { bundle } = await buildFolder(await makeFolder({ "policy/files.rego": source }));
    const ids = [...bundle.rules].filter(([, { server }]) => server === "files").map(([id]) => id);
    expect(ids).toHaveLength(2 + 4 * tools.length);
    expect(ids).toContain("policy.servers.files/create-api-key-denied-3");
  });

  test("are what a person would have written", () => {
    expect(write({ tool: "delete_asset", server: "a.b" }).deny).toBe(`package policy.servers["a.b"]

# METADATA
# title: delete_asset is denied
rules.delete_asset contains {
	"id": "delete-asset-denied",
	"action": "deny",
	"reason": "This tool is not for agents",
	"hide": true,
}
`);
  });

  test("have ids in kebab-case, told apart by a hash only where they must be", () => {
    const idOf = (tool: string, tools: readonly string[]) => /"id": "(.*)"/.exec(write({ tool, tools }).allow)?.[1];
    expect(idOf("getUserByID", ["getUserByID", "x"])).toBe("get-user-by-id-allowed");
    const twins = ["a_b", "a-b", "aB", "a/b"];
    const ids = twins.map((tool) => idOf(tool, twins));
    expect(new Set(ids).size).toBe(4);
    for (const id of ids) expect(id).toMatch(/^a-b-[0-9a-f]{8}-allowed$/);
    expect(idOf("n".repeat(300), [])).toMatch(/^n{60}-[0-9a-f]{8}-allowed$/);
  });

  test("with a limit can leave what speaks already as it is", async () => {
    const server = (text: string) => `package policy.servers.x\n\n${text}`;
    const inherit = write({ tool: "t", withPackage: false, limitAction: "inherit" }).rate_limit;
    const limit = write({ tool: "t", withPackage: false, limitAction: "limit" }).rate_limit;
    const allow = 'rules.t contains {"id": "a", "action": "allow"}\n\n';
    const decide = async (source: string, category: string) => {
      const { bundle } = await buildFolder(await makeFolder({ "policy/x.rego": server(source) }));
      const input = { server: "x", tool: "t", category, risk: "High", severity: "high", args: {} };
      const evaluation = (await createEngine(bundle)).evaluate(JSON.stringify(input));
      if (evaluation.kind === "failed") throw new Error(evaluation.problem);
      return [evaluation.decision.action, evaluation.decision.rate_limits.length];
    };
    expect(await decide(inherit, "Execute")).toEqual(["require_approval", 2]);
    expect(await decide(inherit, "Read")).toEqual(["allow", 1]);
    expect(await decide(`${allow}${limit}`, "Destructive")).toEqual(["allow", 1]);
  });

  test("are no rules where two have one id: the test above can fail", async () => {
    const twice = write({ tool: "t", withPackage: false }).allow;
    const faults = await faultsOf({ "policy/x.rego": `package policy.servers.x\n\n${twice}\n${twice}` });
    expect(faults.join()).toContain("is there twice");
  });
});
