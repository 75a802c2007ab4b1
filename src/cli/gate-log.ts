// The gate's own log on stderr, a line or a JSON object for each event: what it is told may quote servers and clients, so nothing in
// it can forge a line, move a cursor or show a secret. Never in the way of a call: what a reader does not take is dropped and counted.
import type { GateLogConfig } from "../config/schema.ts";
import { findSecrets, isSecretName } from "../log/secrets.ts";
import { escapeJson, showable } from "../mcp/showable.ts";

export type Level = GateLogConfig["level"];
export type GateLog = (line: string, level?: Level) => void;

export type GateLogOptions = GateLogConfig & {
  readonly write: (text: string) => void;
  /** Bytes that were written and that nobody has taken yet. */
  readonly backlogBytes: () => number;
  readonly unixMs: () => number;
  readonly pid: number;
  /** Texts that must not show, wherever they stand. */
  readonly secrets: readonly string[];
};

const RANKS = { info: 0, warn: 1, error: 2 } as const;
const MAX_LINE_CHARACTERS = 10_000;
const MAX_BACKLOG_BYTES = 1_048_576;
const SHORTEST_SECRET = 8;
const MASKED = "***";
const DEEPEST = 8;

/** What is told without a level is something that a person should look at: `warn`. */
export function createGateLog(options: GateLogOptions): GateLog {
  const { level: least, write, backlogBytes, secrets } = options;
  const form = options.format === "json" ? toJson(options) : toText;
  let dropped = 0;
  return (line, level = "warn") => {
    if (RANKS[level] < RANKS[least]) return;
    if (backlogBytes() > MAX_BACKLOG_BYTES) {
      dropped += 1;
      return;
    }
    if (dropped > 0) write(form(`${dropped} lines of this log were dropped: nobody read them`, "warn"));
    dropped = 0;
    write(form(mask(line.slice(0, MAX_LINE_CHARACTERS), secrets), level));
  };
}

function toText(line: string): string {
  // a stack has lines of its own: each begins as the gate's do
  return line
    .split("\n")
    .map((part) => `regate: ${showable(part, MAX_LINE_CHARACTERS)}\n`)
    .join("");
}

function toJson({ unixMs, pid }: GateLogOptions): (line: string, level: Level) => string {
  return (msg, level) => {
    const event = { time: new Date(unixMs()).toISOString(), level, name: "regate", pid, msg };
    return `${escapeJson(JSON.stringify(event))}\n`;
  };
}

function mask(line: string, secrets: readonly string[]): string {
  let text = line;
  for (const secret of secrets) text = text.replaceAll(secret, MASKED);
  for (const { start, end } of findSecrets(text).toReversed()) text = text.slice(0, start) + MASKED + text.slice(end);
  return text;
}

/** Each text that stands in a configuration under the name of a secret, and `more`; the longest first, as one may hold another. */
export function secretsIn(config: unknown, more: readonly (string | undefined)[]): readonly string[] {
  const found = new Set<string>();
  const add = (text: string | undefined): void => {
    // `Bearer TOKEN` too
    for (const part of text === undefined ? [] : [text, text.slice(text.lastIndexOf(" ") + 1)])
      if (part.length >= SHORTEST_SECRET) found.add(part);
  };
  const walk = (value: unknown, depth: number): void => {
    if (typeof value !== "object" || value === null || depth > DEEPEST) return;
    const entries: Iterable<[unknown, unknown]> = value instanceof Map ? value : Object.entries(value);
    for (const [key, inner] of entries) {
      if (typeof inner !== "string") walk(inner, depth + 1);
      else if (isSecretName(String(key), inner)) add(inner);
    }
  };
  walk(config, 0);
  for (const text of more) add(text);
  return [...found].sort((a, b) => b.length - a.length);
}
