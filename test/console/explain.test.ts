// What a tool's page says that one more rule would do is what OPA makes of it: each offered rule is put into the policy, built,
// and judged.
import { beforeAll, describe, expect, test } from "vitest";
import { viewPolicy } from "../../src/compose-console.ts";
import { type Explanation, explainTool, ownId } from "../../src/console/explain.ts";
import type { PolicyView } from "../../src/console/ports.ts";
import type { Decision } from "../../src/gate/types.ts";
import type { Files } from "../policy/support.ts";
import { listAll, loadPolicyOf } from "./support.ts";

const KINDS = ["allow", "rate_limit", "require_approval", "deny"] as const;

type Case = {
  readonly what: string;
  readonly category: string;
  readonly risk: string;
  /** The server's package, below its first line; absent where there is none. */
  readonly rules?: string;
  readonly limitAction: Explanation["limitAction"];
  readonly stricter: readonly string[];
  readonly silenced: readonly string[];
  readonly defaultsSilent: boolean;
  readonly treatment: Explanation["treatment"];
  readonly mayBeStricter?: boolean;
};

const NONE = { stricter: [], silenced: [], defaultsSilent: false } as const;
const NAMED = { ...NONE, defaultsSilent: true } as const;

const CASES: readonly Case[] = [
  {
    ...NONE,
    what: "allowed by the defaults",
    treatment: "allow",
    category: "Read",
    risk: "Low",
    limitAction: "inherit",
    silenced: ["read-allowed"],
  },
  {
    ...NONE,
    what: "limited by the defaults",
    treatment: "limited",
    category: "Write",
    risk: "Medium",
    limitAction: "inherit",
    silenced: ["write-limited"],
  },
  {
    ...NONE,
    what: "approved by the defaults, within a limit",
    treatment: "require_approval",
    category: "Execute",
    risk: "High",
    limitAction: "inherit",
    silenced: ["execute-limited", "severe-execution"],
  },
  {
    ...NONE,
    what: "denied by the defaults",
    treatment: "deny",
    category: "Destructive",
    risk: "Critical",
    limitAction: "allow",
    silenced: ["destruction-denied"],
  },
  {
    ...NAMED,
    what: "allowed by its package",
    treatment: "allow",
    category: "Destructive",
    risk: "Critical",
    rules: 'rules.t contains {"id": "a", "action": "allow"}',
    limitAction: "limit",
  },
  {
    ...NAMED,
    what: "approved by its package",
    treatment: "require_approval",
    category: "Read",
    risk: "Low",
    rules: 'rules.t contains {"id": "a", "action": "require_approval"}',
    limitAction: "limit",
    stricter: ["a"],
  },
  {
    ...NAMED,
    what: "denied by its package",
    treatment: "deny",
    category: "Read",
    risk: "Low",
    rules: 'rules.t contains {"id": "a", "action": "deny"}\n\nrules.t contains {"id": "b", "action": "allow"}',
    limitAction: "allow",
    stricter: ["a"],
  },
  {
    ...NAMED,
    what: "permitted by its package for some calls",
    treatment: "depends",
    category: "Read",
    risk: "Low",
    rules: 'rules.t contains {"id": "a", "action": "allow"} if input.args.x == 1',
    limitAction: "limit",
  },
  {
    ...NONE,
    what: "handed to the defaults by its package",
    treatment: "allow",
    category: "Read",
    risk: "Low",
    rules: 'rules.t contains {"id": "a", "action": "inherit"}',
    limitAction: "limit",
    silenced: ["read-allowed"],
  },
  {
    ...NAMED,
    what: "allowed by a rule for every tool",
    treatment: "allow",
    category: "Write",
    risk: "Medium",
    rules: 'rules["*"] contains {"id": "a", "action": "allow"}',
    limitAction: "limit",
  },
  {
    ...NONE,
    what: "limited by a rule for every tool",
    treatment: "limited",
    category: "Read",
    risk: "Low",
    rules: 'rules["*"] contains {"id": "a", "action": "limit", "rate_limit": {"max": 1, "window": 1}}',
    limitAction: "inherit",
    silenced: ["read-allowed"],
  },
  {
    ...NAMED,
    what: "denied by its package unless a call holds what it must",
    treatment: "depends",
    category: "Read",
    risk: "Low",
    rules: `rules.t contains {"id": "a", "action": "allow"}

rules.t contains {"id": "b", "action": "deny"} if not _small

_small if input.args.x < 3`,
    limitAction: "limit",
    stricter: ["b"],
  },
  {
    ...NAMED,
    what: "named by its package for denying only",
    treatment: "deny",
    category: "Read",
    risk: "Low",
    rules: 'rules.t contains {"id": "a", "action": "deny"} if input.args.x == 1',
    limitAction: "allow",
  },
  {
    ...NAMED,
    what: "allowed by its package, and denied to some calls",
    treatment: "allow",
    mayBeStricter: true,
    category: "Read",
    risk: "Low",
    rules: `rules.t contains {"id": "a", "action": "allow"}

rules.t contains {"id": "b", "action": "deny"} if input.args.x == 1`,
    limitAction: "limit",
  },
];

const serverOf = (index: number): string => `server_${index}`;

function sourcesOf(added: (index: number) => string | undefined): Files {
  const files = CASES.flatMap(({ category, risk, rules }, index) => {
    const tools = { t: { category, risk, severity: "high" } };
    const own = rules === undefined ? [] : [`package policy.servers.${serverOf(index)}\n\n${rules}\n`];
    const text = [...own, ...[added(index)].filter((part) => part !== undefined)].join("\n");
    return [
      [`catalogue/${serverOf(index)}/data.json`, JSON.stringify({ tools })],
      ...(text === "" ? [] : [[`policy/${serverOf(index)}.rego`, text]]),
    ];
  });
  return Object.fromEntries(files);
}

async function view(added: (index: number) => string | undefined = () => undefined): Promise<PolicyView> {
  const policy = await loadPolicyOf(sourcesOf(added));
  return viewPolicy(policy.current, listAll(policy, {}), "UTC");
}

function decide(policy: PolicyView, index: number): Decision {
  const { evaluation } = policy.judge({ server: serverOf(index), tool: "t" });
  if (evaluation.kind === "failed") throw new Error(evaluation.problem);
  return evaluation.decision;
}

describe("a tool that is", () => {
  let now: readonly Explanation[];
  let before: readonly Decision[];
  let after: ReadonlyMap<string, readonly Decision[]>;
  beforeAll(async () => {
    const policy = await view();
    now = CASES.map((_, index) => explainTool(policy, { server: serverOf(index), tool: "t" }));
    before = CASES.map((_, index) => decide(policy, index));
    const built = await Promise.all(
      KINDS.map(async (kind) => {
        const changed = await view((index) => now[index]?.rego[kind]);
        return [kind, CASES.map((_, index) => decide(changed, index))] as const;
      }),
    );
    after = new Map(built);
  });

  test.each(CASES.map((given, index) => ({ ...given, index })))("$what is explained so", (given) => {
    const explained = now[given.index];
    if (explained === undefined) throw new Error("not explained");
    expect(explained.treatment).toBe(given.treatment);
    expect(explained.mayBeStricter).toBe(given.mayBeStricter ?? false);
    expect(explained.limitAction).toBe(given.limitAction);
    expect(explained.meets.stricter.map(({ id }) => ownId(id))).toEqual(given.stricter);
    expect(explained.meets.silenced.map(({ id }) => ownId(id))).toEqual(given.silenced);
    expect(explained.defaultsSilent).toBe(given.defaultsSilent);
  });

  test.each(CASES.map((given, index) => ({ ...given, index })))(
    "$what becomes what its page says",
    ({ index, stricter }) => {
      const [was, allowed, limited, approved, denied] = [
        before[index],
        after.get("allow")?.[index],
        after.get("rate_limit")?.[index],
        after.get("require_approval")?.[index],
        after.get("deny")?.[index],
      ];
      // "A deny wins over every other rule"
      expect(denied).toMatchObject({ action: "deny", hidden: true });
      // "Not enough by itself", else it lets the tool through
      expect(allowed?.action).toBe(stricter.length > 0 ? was?.action : "allow");
      // "Adds a limit" and changes nothing else, or lets through within it
      const { limitAction } = CASES[index] ?? {};
      if (was?.action === "deny" && limitAction === "allow")
        expect(limited?.action).toBe(stricter.length > 0 ? "deny" : "allow");
      else {
        expect(limited?.action).toBe(was?.action);
        expect(limited?.rate_limits).toHaveLength((was?.rate_limits.length ?? 0) + 1);
      }
      // "Wins over every rule that allows", unless something denies
      expect(approved?.action).toBe(was?.action === "deny" && stricter.length > 0 ? "deny" : "require_approval");
    },
  );
});
