// Policy for servers and tools that nobody calls: every tool catalogued, and with two rules.
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

const ENTRY = {
  category: "Write",
  risk: "Medium",
  severity: "medium",
  signals: [],
  rationale: "",
  parameters: {},
  description: "",
};

/** Writes packages `server-0`, `server-1`, ... with tools `tool_0`, `tool_1`, ... each. @param rego the policy's root */
export async function writePackages(rego: string, servers: number, tools: number): Promise<void> {
  const rules = Array.from({ length: tools }, (_, t) => rulesFor(t)).join("\n");
  const catalogue = Object.fromEntries(Array.from({ length: tools }, (_, t) => [`tool_${t}`, ENTRY]));
  for (let s = 0; s < servers; s++) {
    const head = `# METADATA\n# scope: package\n# title: Server ${s}\npackage policy.servers["server-${s}"]\n\n`;
    await write(join(rego, `policy/servers/server-${s}/server-${s}.rego`), `${head}${rules}`);
    const data = { title: `Server ${s}`, tools: catalogue };
    await write(join(rego, `catalogue/server-${s}/data.json`), JSON.stringify(data));
  }
}

function rulesFor(t: number): string {
  return `rules.tool_${t} contains {"id": "limit-${t}", "action": "allow", "rate_limit": {"max": 10, "window": 60}}
rules.tool_${t} contains {"id": "deny-${t}", "action": "deny", "reason": "not there"} if input.args.path == "/etc"
`;
}

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}
