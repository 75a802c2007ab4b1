// Replay of decision logs by `regate diff`: calls per second and peak memory at 10,000 and 1,000,000 lines, against what the bare
// engine takes to judge the same inputs. Two logs: one in which no two calls are alike for the rules, and one as agents write
// them, in which most arguments are no rule's business.
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { cp, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { run } from "./processes.ts";

const LINES = [10_000, 1_000_000];
const CHUNK_LINES = 2_000;

const childSchema = z.object({
  calls: z.int(),
  left: z.int(),
  us: z.number(),
  bareUs: z.number(),
  peakMiB: z.number(),
});

export async function benchReplay(): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), "regate-bench-"));
  try {
    const bundles = await buildBundles(scratch);
    console.log("Replay of a decision log by `regate diff` (two bundles, each judges every call)");
    for (const kind of ["distinct", "usual"] as const) {
      console.log(`  ${kind} calls`);
      for (const lines of LINES) await benchLog(scratch, bundles, kind, lines);
    }
    console.log("");
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

type Bundles = { readonly base: string; readonly head: string };
type Kind = "distinct" | "usual";

/** The shipped policy, and one with another guardrail: no call is known to be unchanged without being judged. */
async function buildBundles(scratch: string): Promise<Bundles> {
  const [base, head] = [join(scratch, "base"), join(scratch, "head")];
  for (const dir of [base, head]) await cp("rego", dir, { recursive: true });
  await writeFile(
    join(head, "policy/guardrails.rego"),
    `package policy.guardrails

rules contains {"id": "no-drafts", "action": "deny"} if not _is_no_draft

_is_no_draft if not input.args.path

_is_no_draft if not endswith(input.args.path, "7.draft")
`,
  );
  for (const dir of [base, head]) await run("node", ["dist/main.js", "build", dir, "-o", `${dir}.tar.gz`]);
  return { base: `${base}.tar.gz`, head: `${head}.tar.gz` };
}

async function benchLog(scratch: string, bundles: Bundles, kind: Kind, lines: number): Promise<void> {
  const log = join(scratch, `${kind}.jsonl`);
  await writeLog(log, kind, lines);
  const { size } = await stat(log);
  const { stdout } = await promisify(execFile)("node", [
    "bench/out/bench/replay-child.js",
    bundles.base,
    bundles.head,
    log,
  ]);
  await rm(log);
  const taken = childSchema.parse(JSON.parse(stdout));
  if (taken.calls !== lines || taken.left > 0) throw new Error(`not all of ${lines} lines were replayed: ${stdout}`);
  const { us, bareUs, peakMiB } = taken;
  console.log(
    `    ${lines.toLocaleString("en-US").padStart(9)} lines (${(size / 2 ** 20).toFixed(0)} MiB)  ${us.toFixed(1)} us a call, ` +
      `${Math.round(1e6 / us).toLocaleString("en-US")} calls/s; the bare engines ${(2 * bareUs).toFixed(1)} us for both judgements, ` +
      `ratio ${(us / bareUs / 2).toFixed(2)}; peak memory ${peakMiB.toFixed(0)} MiB`,
  );
}

async function writeLog(file: string, kind: Kind, lines: number): Promise<void> {
  const stream = createWriteStream(file);
  for (let from = 0; from < lines; from += CHUNK_LINES) {
    const chunk = Array.from({ length: Math.min(CHUNK_LINES, lines - from) }, (_, i) => `${lineOf(kind, from + i)}\n`);
    if (!stream.write(chunk.join(""))) await once(stream, "drain");
  }
  stream.end();
  await once(stream, "finish");
}

const DIGEST = "0".repeat(64);

/** As src/log/log-line.ts writes it. */
function lineOf(kind: Kind, number: number): string {
  const { history, ...input } = inputOf(kind, number);
  const rule = "policy.defaults/read-allowed";
  return JSON.stringify({
    labels: { id: "b4803e84-9fe6-4c15-a812-1103bd2d1121", version: "0.1.0" },
    decision_id: `7f3a0000-0000-4000-8000-${String(number).padStart(12, "0")}`,
    bundles: { regate: { revision: "7124d2ea1fa2", digest: DIGEST } },
    path: "regate/decision",
    input,
    result: {
      action: "allow",
      reasons: [],
      rules: [rule],
      malformed: [],
      rate_limits: [],
      approval: { timeout: 300, hold: 25 },
      labels: [],
      redact: [],
      hidden: false,
    },
    requested_by: "local",
    timestamp: "2026-11-02T12:00:00.000Z",
    metrics: { timer_regate_judge_ns: 61_234, counter_regate_fuel: 9_123 },
    masked: ["/input/args/token"],
    regate: {
      verdict: "forward",
      server: input.server,
      tool: input.tool,
      method: "tools/call",
      session: input.session,
      rules: [{ id: rule, file: "policy/defaults/defaults.rego", row: 13 }],
      definition_sha256: DIGEST,
    },
  });
}

function inputOf(kind: Kind, number: number) {
  const isDistinct = kind === "distinct" || number % 20 === 0;
  const path = isDistinct ? `/srv/projects/${number}/report-${number % 977}.txt` : undefined;
  return {
    server: isDistinct ? "filesystem" : "awslabs.aws-iot-sitewise-mcp-server",
    tool: isDistinct ? "read_text_file" : ["list_assets", "describe_asset", "create_asset"][number % 3],
    direction: "to_server",
    method: "tools/call",
    session: `5f0c${number % 1_000}`,
    principal: { id: "local", groups: [], claims: {} },
    category: "Read",
    risk: "Low",
    severity: "low",
    definition: { catalogued: true, changed: false },
    time: { unix: 1_793_620_800 + number, rfc3339: "2026-11-02T12:00:00Z", weekday: "Monday", hour: 12 },
    history: { tools: {}, categories: {}, labels: {} },
    args: {
      ...(path !== undefined && { path }),
      token: "**masked**",
      asset_id: `asset-${number}`,
      note: "a text that no rule reads ".repeat(4),
    },
  };
}
