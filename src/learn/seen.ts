// What agents were seen to do, gathered from decision logs one line at a time: which tools of which servers, with which
// arguments, how often. In bounded memory; what is beyond the bounds is counted. Nothing is concluded here.
import { z } from "zod";
import { CATEGORIES, type Category } from "../gate/types.ts";
import type { LoggedDecision } from "../log/logged-decision.ts";
import { newArgument, type SeenArgument, seeArgument } from "./seen-argument.ts";

export type SeenTool = {
  calls: number;
  /** Calls that had arguments of which the log cut the names, or was no object. */
  unreadable: number;
  readonly arguments: Map<string, SeenArgument>;
  readonly sessions: Set<string>;
  /** Most calls of one session within a minute. */
  peak: number;
  category: Category | undefined;
  /** What the policy in force kept out of the log: JSON pointers into args. */
  readonly redact: Set<string>;
  /** Calls that went out only because the server was observed, by what would have become of them. */
  readonly letThrough: Map<string, number>;
};

export type SeenServer = {
  readonly tools: Map<string, SeenTool>;
  readonly sessions: Set<string>;
  /** Calls that were refused, by what became of them: they are not among what was seen. */
  readonly refused: Map<string, number>;
  /** Calls of tools beyond the bound. */
  otherCalls: number;
};

export type Seen = {
  readonly servers: Map<string, SeenServer>;
  calls: number;
  firstUnixMs: number | undefined;
  lastUnixMs: number | undefined;
};

/** Times of one session's last calls of one tool; those before `from` are over. */
type Recent = { times: number[]; from: number };

const redactSchema = z.looseObject({ redact: z.array(z.string()) });
const MINUTE_MS = 60_000;
const MAX_SERVERS = 200;
const MAX_TOOLS = 500;
const MAX_ARGUMENTS = 40;
const MAX_SESSIONS = 100_000;
/** Of all tools, that have called within the last minute. */
const MAX_SESSIONS_AT_ONCE = 20_000;
/** Times that are over are let go of in pieces. */
const MAX_OVER = 1_000;

export class Gatherer {
  readonly seen: Seen = { servers: new Map(), calls: 0, firstUnixMs: undefined, lastUnixMs: undefined };
  /** By server, tool and session; the one that is quiet for longest comes first. */
  readonly #recent = new Map<string, Recent>();

  add(decision: LoggedDecision): void {
    const { input, verdict, observed } = decision;
    const { server: name, tool, method = "tools/call", direction = "to_server" } = input;
    if (typeof tool !== "string" || method !== "tools/call" || direction !== "to_server" || verdict === "asked") return;
    const server = this.#serverOf(name);
    if (server === undefined) return;
    if (verdict !== "forward" && !observed) {
      count(server.refused, verdict);
      return;
    }
    const atUnixMs = Date.parse(decision.timestamp);
    this.seen.calls += 1;
    this.seen.firstUnixMs = Math.min(this.seen.firstUnixMs ?? atUnixMs, atUnixMs);
    this.seen.lastUnixMs = Math.max(this.seen.lastUnixMs ?? atUnixMs, atUnixMs);
    const session = typeof input.session === "string" ? input.session : "";
    if (server.sessions.size < MAX_SESSIONS) server.sessions.add(session);
    const seen = toolOf(server, tool);
    if (seen === undefined) {
      server.otherCalls += 1;
      return;
    }
    seen.calls += 1;
    if (seen.sessions.size < MAX_SESSIONS) seen.sessions.add(session);
    seen.category = CATEGORIES.find((category) => category === input.category) ?? seen.category;
    if (verdict !== "forward") count(seen.letThrough, verdict);
    for (const pointer of redactedBy(decision)) if (seen.redact.size < MAX_ARGUMENTS) seen.redact.add(pointer);
    // the answer to a server's question takes no token of its own
    if (!decision.continued) seen.peak = Math.max(seen.peak, this.#countRecent([name, tool, session], atUnixMs));
    seeArguments(seen, decision);
  }

  #serverOf(name: string): SeenServer | undefined {
    const known = this.seen.servers.get(name);
    if (known !== undefined || this.seen.servers.size >= MAX_SERVERS) return known;
    const server = { tools: new Map(), sessions: new Set<string>(), refused: new Map(), otherCalls: 0 };
    this.seen.servers.set(name, server);
    return server;
  }

  /** How many calls the session made of the tool in the minute that ends now, with this one. */
  #countRecent(names: readonly string[], atUnixMs: number): number {
    const key = JSON.stringify(names);
    const recent = this.#recent.get(key) ?? { times: [], from: 0 };
    recent.times.push(atUnixMs);
    while ((recent.times[recent.from] ?? atUnixMs) <= atUnixMs - MINUTE_MS) recent.from += 1;
    if (recent.from > MAX_OVER) {
      recent.times = recent.times.slice(recent.from);
      recent.from = 0;
    }
    this.#recent.delete(key);
    this.#recent.set(key, recent);
    const [quietest] = this.#recent.size > MAX_SESSIONS_AT_ONCE ? this.#recent.keys() : [];
    if (quietest !== undefined) this.#recent.delete(quietest);
    return recent.times.length - recent.from;
  }
}

function toolOf({ tools }: SeenServer, name: string): SeenTool | undefined {
  const known = tools.get(name);
  if (known !== undefined || tools.size >= MAX_TOOLS) return known;
  const tool: SeenTool = {
    calls: 0,
    unreadable: 0,
    arguments: new Map(),
    sessions: new Set(),
    peak: 0,
    category: undefined,
    redact: new Set(),
    letThrough: new Map(),
  };
  tools.set(name, tool);
  return tool;
}

function seeArguments(tool: SeenTool, { input, unreadable }: LoggedDecision): void {
  const { args = {} } = input;
  const hidden = unreadable.filter(([root]) => root === "args").map(([, ...path]) => path);
  // names that the log does not hold, or arguments as a whole
  const isCut = hidden.some((path) => path.length === 0 || (path.length === 1 && !hasKey(args, path[0] ?? "")));
  if (isCut || typeof args !== "object" || args === null || Array.isArray(args)) {
    tool.unreadable += 1;
    return;
  }
  const entries = Object.entries(args);
  if (entries.length > MAX_ARGUMENTS) tool.unreadable += 1;
  for (const [name, value] of entries.slice(0, MAX_ARGUMENTS)) {
    const argument = tool.arguments.get(name) ?? newArgument();
    if (!tool.arguments.has(name) && tool.arguments.size >= MAX_ARGUMENTS) {
      tool.unreadable += 1;
      continue;
    }
    tool.arguments.set(name, argument);
    seeArgument(
      argument,
      value,
      hidden.some(([first]) => first === name),
    );
  }
}

function redactedBy({ result }: LoggedDecision): readonly string[] {
  const parsed = redactSchema.safeParse(result);
  return parsed.success ? parsed.data.redact : [];
}

function hasKey(args: unknown, key: string): boolean {
  return typeof args === "object" && args !== null && Object.hasOwn(args, key);
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
