// Starts the servers of test/fixtures, and reads what the recording ones wrote down.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { StdioEntry } from "./harness-gate.ts";
import { makeTempDir, ROOT, type Running, run, waitFor } from "./harness-process.ts";

export function fixturePath(name: string): string {
  return join(ROOT, "test/fixtures", name);
}

/** Starts a fixture that prints its URL on line 1 of stdout. */
export async function startHttpFixture(
  name: string,
  args: readonly string[] = [],
): Promise<{ url: string; process: Running }> {
  const started = run(process.execPath, [fixturePath(name), ...args]);
  const [url] = await started.printed(/^http:\/\/\S+$/m);
  return { url, process: started };
}

const ENTRY = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("request"),
    method: z.string(),
    url: z.string(),
    headers: z.record(z.string(), z.union([z.string(), z.array(z.string())])),
    body: z.base64(),
  }),
  z.object({ kind: z.literal("line"), body: z.base64() }),
  z.object({ kind: z.literal("call"), tool: z.unknown() }),
  z.object({ kind: z.literal("cancelled"), id: z.unknown(), reason: z.unknown() }),
  z.object({ kind: z.literal("disconnected"), id: z.unknown() }),
  z.object({ kind: z.literal("start"), pid: z.int() }),
  z.object({ kind: z.literal("end"), pid: z.int() }),
]);
type Entry = z.infer<typeof ENTRY>;

export type Recording = {
  /** Everything that reached the server so far, in order. */
  readonly entries: () => Entry[];
  /** How often the server carried out a call of `tool` (of any, without it). */
  readonly calls: (tool?: string) => number;
  /** The bodies (HTTP) or lines (stdio) received so far, as text. */
  readonly bodies: () => string[];
  /** Waits for the first entry of a kind that `matches`. */
  readonly until: <Kind extends Entry["kind"]>(
    kind: Kind,
    matches?: (entry: Extract<Entry, { kind: Kind }>) => boolean,
  ) => Promise<Extract<Entry, { kind: Kind }>>;
};

/** The recording HTTP server; flags as in recording-http-server.mjs. */
export async function startRecorder(...flags: readonly string[]): Promise<Recording & { readonly url: string }> {
  const log = join(makeTempDir(), "recorded.jsonl");
  const { url } = await startHttpFixture("recording-http-server.mjs", ["--log", log, ...flags]);
  return { url, ...readRecording(log) };
}

/** The recording stdio server, to be started by the gate; flags as in recording-stdio-server.mjs. */
export function prepareStdioRecorder(...flags: readonly string[]): Recording & { readonly entry: StdioEntry } {
  const log = join(makeTempDir(), "recorded.jsonl");
  const args = [fixturePath("recording-stdio-server.mjs"), "--log", log, ...flags];
  return { entry: { command: process.execPath, args }, ...readRecording(log) };
}

function readRecording(file: string): Recording {
  const entries = (): Entry[] =>
    existsSync(file)
      ? readFileSync(file, "utf8")
          .split("\n")
          .filter((line) => line !== "")
          .map((line) => ENTRY.parse(JSON.parse(line)))
      : [];
  return {
    entries,
    calls: (tool) =>
      entries().filter((entry) => entry.kind === "call" && (tool === undefined || entry.tool === tool)).length,
    bodies: () =>
      entries().flatMap((entry) =>
        entry.kind === "request" || entry.kind === "line" ? [Buffer.from(entry.body, "base64").toString("utf8")] : [],
      ),
    until: (kind, matches = () => true) =>
      waitFor(`a "${kind}" of the recording server`, () =>
        entries()
          .filter((entry) => isOfKind(entry, kind))
          .find(matches),
      ),
  };
}

function isOfKind<Kind extends Entry["kind"]>(entry: Entry, kind: Kind): entry is Extract<Entry, { kind: Kind }> {
  return entry.kind === kind;
}
