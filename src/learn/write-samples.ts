// Samples of a learned server: whole inputs as a gate would send them, each with the decision that the learned rules make of
// it.
import { RISK_OF } from "../gate/types.ts";
import { formatPath } from "../policy/build/packages.ts";
import { PLAIN_DECISION } from "../policy/decision-schema.ts";
import { formatJson } from "../scan/format-json.ts";
import { schemaNames } from "../scan/places.ts";
import type { LearnedServer, LearnedTool } from "./learned-server.ts";
import { NOT_SEEN_REASON, notSeenId } from "./write-rules.ts";
import { seenCalls, unseenTool } from "./write-tests.ts";

export type SampleFile = { readonly name: string; readonly text: string };

/** A Monday at noon. */
const TIME = { unix: 1_793_620_800, rfc3339: "2026-11-02T12:00:00Z", weekday: "Monday", hour: 12 };

/** One for each tool that was seen, and one for all that were not; names of files without folder. */
export function writeSamples(learned: LearnedServer): readonly SampleFile[] {
  const { server, tools } = learned;
  const names = schemaNames(tools.map(({ name }) => name));
  const packageText = formatPath(["policy", "servers", server]);
  const seen = tools.map((tool) => {
    const rule = `${packageText}/${tool.name}`;
    const limit = { rule, max: tool.max, window: 60, per: "session", over: "tool", cost: 1 };
    const decision = { action: "allow", ...PLAIN_DECISION, rules: [rule], rate_limits: [limit], redact: tool.redact };
    const [args = {}] = seenCalls(tool);
    return sampleOf(
      `${tool.name} as it was seen`,
      `seen-${names.get(tool.name)}`,
      inputOf(server, tool, args),
      decision,
    );
  });
  const other = unseenTool(learned);
  const denial = {
    action: "deny",
    ...PLAIN_DECISION,
    reasons: [NOT_SEEN_REASON],
    rules: [`${packageText}/${notSeenId(learned)}`],
    hidden: true,
  };
  // without a category, so that no default speaks: which ones there are is not known here
  const unseen = { server, tool: other, args: {} };
  return [...seen, sampleOf("A tool that was not seen", "not-seen", unseen, denial)];
}

function sampleOf(title: string, name: string, input: unknown, decision: unknown): SampleFile {
  return { name: `${name}.json`, text: formatJson({ title, input, decision }) };
}

/** As the gate would send it for a tool whose definition is the reviewed one. */
function inputOf(server: string, { name, category }: Pick<LearnedTool, "name" | "category">, args: unknown): unknown {
  // a category that nobody knows has defaults that deny, and learned rules have the tool's name
  const known = category ?? "Unknown";
  return {
    server,
    direction: "to_server",
    method: "tools/call",
    tool: name,
    args,
    category: known,
    risk: RISK_OF[known],
    severity: "low",
    session: "learned",
    principal: { id: "local", groups: [], claims: {} },
    time: TIME,
    definition: { catalogued: true, changed: false },
    history: { tools: {}, categories: {}, labels: {} },
  };
}
