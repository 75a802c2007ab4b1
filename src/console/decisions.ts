// The decisions that the console still has, and what a person filters them by. Lines are read only as far as a page needs.
import { readDecision, type SeenDecision } from "./decision-line.ts";
import type { LineFeed } from "./ports.ts";

/** An empty string filters nothing; a value that there is not finds nothing. */
export type DecisionFilter = {
  readonly server: string;
  readonly tool: string;
  readonly verdict: string;
  readonly principal: string;
  readonly session: string;
  /** A part of a rule's id. */
  readonly rule: string;
};

export const DECISION_FIELDS = ["server", "tool", "verdict", "principal", "session", "rule"] as const;

/** A verdict's name in the query that stands for all that are no `forward`. */
export const REFUSED = "refused";

export type FoundDecisions = {
  readonly items: readonly SeenDecision[];
  readonly page: number;
  readonly hasMore: boolean;
};

const PAGE_SIZE = 50;
const MAX_VALUE_CHARS = 400;

export function readDecisionFilter(query: (name: string) => string | undefined): DecisionFilter {
  const text = (name: string): string => (query(name) ?? "").trim().slice(0, MAX_VALUE_CHARS);
  return {
    server: text("server"),
    tool: text("tool"),
    verdict: text("verdict"),
    principal: text("principal"),
    session: text("session"),
    rule: text("rule"),
  };
}

/** @param given the page as a person asked for it */
export function findDecisions(feed: LineFeed, filter: DecisionFilter, given: string | undefined): FoundDecisions {
  const page = /^[1-9]\d{0,5}$/.test(given ?? "") ? Number(given) : 1;
  const items: SeenDecision[] = [];
  let left = (page - 1) * PAGE_SIZE;
  for (const line of feed.recent()) {
    const decision = readDecision(line);
    if (decision === undefined || !fits(decision, filter)) continue;
    if (left > 0) left -= 1;
    else if (items.length < PAGE_SIZE) items.push(decision);
    else return { items, page, hasMore: true };
  }
  return { items, page, hasMore: false };
}

export function findDecision(feed: LineFeed, id: string): SeenDecision | undefined {
  for (const line of feed.recent()) {
    if (!line.text.includes(id)) continue;
    const decision = readDecision(line);
    if (decision?.id === id) return decision;
  }
  return undefined;
}

function fits(decision: SeenDecision, { server, tool, verdict, principal, session, rule }: DecisionFilter): boolean {
  const name = decision.tool ?? decision.method;
  return (
    (server === "" || decision.server === server) &&
    (tool === "" || name.toLowerCase().includes(tool.toLowerCase())) &&
    (verdict === "" || decision.verdict === verdict || (verdict === REFUSED && isRefusal(decision.verdict))) &&
    (principal === "" || decision.principal === principal) &&
    (session === "" || decision.session === session) &&
    (rule === "" || decision.rules.some(({ id }) => id.includes(rule)))
  );
}

function isRefusal(verdict: string): boolean {
  return verdict !== "forward" && verdict !== "asked";
}
