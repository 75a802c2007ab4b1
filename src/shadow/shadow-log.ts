// Each divergence of the shadow as a line of a file of its own, beside the decision log, which has the call itself by the same
// decision id. Bounded: a full file is put aside, and the one before it goes. What can't be written is counted, and told once.
import { appendFile, rename, stat } from "node:fs/promises";
import type { Decision } from "../gate/types.ts";
import { maskSecrets } from "../log/mask.ts";
import type { RuleSite } from "../log/write-line.ts";
import { type Diverged, describe, type Outcome } from "./shadow.ts";

export type ShadowLogOptions = {
  /** Absolute; its folder is there. */
  readonly file: string;
  /** Names, in lower case, that are masked besides the built-in ones. */
  readonly maskedKeys: ReadonlySet<string>;
  /** Where the rules of a decision stand, on either side. */
  readonly sitesOf: (decision: Decision | undefined, side: "active" | "shadow") => readonly RuleSite[];
  /** Whether the policy keeps the reasons of this call's decision out of the log, or some of them. */
  readonly masksReasons: (judged: Diverged["judged"]) => boolean;
  readonly onProblem: (problem: string) => void;
  readonly maxBytes?: number;
};

export interface ShadowLog {
  write(diverged: Diverged): void;
  lost(): number;
  /** All that was given is written, or counted as lost. */
  close(): Promise<void>;
}

const MAX_BYTES = 16_777_216;
const MAX_WAITING_LINES = 1_000;

export function createShadowLog({ maxBytes = MAX_BYTES, ...options }: ShadowLogOptions): ShadowLog {
  let waiting: Diverged[] = [];
  let writing: Promise<void> | undefined;
  let bytes: number | undefined;
  let lost = 0;
  let failing = false;

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        const lines = batch.map((diverged) => `${toLine(diverged, options)}\n`).join("");
        // what failed may have left half a line
        await append(failing ? `\n${lines}` : lines);
        failing = false;
      } catch (error) {
        lost += batch.length;
        bytes = undefined;
        if (!failing) options.onProblem(`${options.file}: divergences can't be written (${messageOf(error)})`);
        failing = true;
      }
    }
    writing = undefined;
  }

  async function append(lines: string): Promise<void> {
    bytes ??= await sizeOf(options.file);
    if (bytes > 0 && bytes + Buffer.byteLength(lines) > maxBytes) {
      await rename(options.file, `${options.file}.1`);
      bytes = 0;
    }
    await appendFile(options.file, lines, { mode: 0o600 });
    bytes += Buffer.byteLength(lines);
  }

  return {
    write(diverged) {
      if (waiting.length >= MAX_WAITING_LINES) lost += 1;
      else waiting.push(diverged);
      writing ??= writeAll();
    },
    lost: () => lost,
    async close() {
      await writing;
    },
  };
}

function toLine(
  { judged, change, active, shadow, shadowRevision }: Diverged,
  { sitesOf, maskedKeys, masksReasons }: ShadowLogOptions,
): string {
  const { call, verdict, startedUnixMs } = judged;
  const side = (outcome: Outcome, name: "active" | "shadow") => {
    const decision = outcome.kind === "decided" ? outcome.decision : undefined;
    return { outcome: describe(outcome), rules: sitesOf(decision, name), decision };
  };
  // reasons may quote arguments
  const { value } = maskSecrets(
    {
      decision_id: verdict.id,
      timestamp: new Date(startedUnixMs).toISOString(),
      server: call.server,
      tool: call.tool,
      method: call.method,
      change: change.kind,
      parts: change.parts,
      active: { ...verdict.bundle, ...side(active, "active") },
      shadow: { ...shadowRevision, ...side(shadow, "shadow") },
    },
    { at: "", redact: masksReasons(judged) ? reasonsIn(change) : [], maskedKeys },
  );
  return JSON.stringify(value);
}

/** Where a line has them, as JSON pointers. */
function reasonsIn({ parts }: Diverged["change"]): readonly string[] {
  const changed = parts.flatMap(({ what }, index) =>
    what === "reasons" ? [`/parts/${index}/base`, `/parts/${index}/head`] : [],
  );
  return ["/active/decision/reasons", "/shadow/decision/reasons", ...changed];
}

async function sizeOf(file: string): Promise<number> {
  return await stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
