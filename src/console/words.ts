// What the words of a catalogue and a decision mean, in sentences for people. Pure text.
import type { Action, Category, Decision, Evaluation, RateLimit, Risk, Severity } from "../gate/types.ts";
import type { ToolState } from "./tools.ts";

export const CATEGORY_MEANS: Readonly<Record<Category, string>> = {
  Read: "It returns data and changes nothing.",
  Write: "It creates or changes something, and that can be undone.",
  Execute: "It runs code, commands, queries of the caller's own or workflows, or drives a browser.",
  Financial: "It moves money, or creates or changes what is owed.",
  Destructive: "It deletes, or changes something beyond undoing.",
  Unknown: "Nobody has reviewed or classified it.",
};

export const RISK_MEANS: Readonly<Record<Risk, string>> = {
  Low: "the class of tools that only read",
  Medium: "the class of tools whose changes can be undone",
  High: "the class of tools that run code or move money",
  Critical: "the class of tools whose changes can't be undone",
  Unknown: "the class of tools that nobody has reviewed",
};

export const SEVERITY_MEANS: Readonly<Record<Severity, string>> = {
  low: "its definition gives no further cause for care",
  medium: "its definition gives some further cause for care",
  high: "its definition gives more cause for care than its category alone",
  critical: "its definition gives the gravest cause for care",
};

/** What a signal says was found in the definition; one that is not here speaks by its name. */
const SIGNAL_MEANS = new Map([
  ["account_wide", "changes something for a whole account"],
  ["bulk", "works on many things at once"],
  ["credentials", "handles keys, tokens or passwords"],
  ["deletes", "deletes, or can be told to"],
  ["destructive_hint", "is destructive by its server's own word"],
  ["fetches_url", "takes an address to fetch from, or to send to"],
  ["hidden_text", "has text that does not show"],
  ["instructs_model", "has text that instructs the model"],
  ["long_text", "has more text than anyone reads"],
  ["malformed", "has a definition that is not well-formed"],
  ["many_actions", "does several kinds of things, by what it is told"],
  ["money", "deals with money"],
  ["no_description", "has no description"],
  ["open_world", "reaches beyond its server, by its server's own word"],
  ["overwrites", "overwrites what is there"],
  ["runs_code", "runs code or commands"],
  ["runs_query", "runs queries of the caller's own"],
  ["sends_out", "sends data out"],
  ["steers_model", "has text that steers the model"],
  ["unclear", "could be of several categories"],
  ["unusual_name", "has a name that may pass for another"],
]);

export function describeSignal(signal: string): string | undefined {
  return SIGNAL_MEANS.get(signal);
}

/** `no_description` as `no description`. */
export function nameSignal(signal: string): string {
  return signal.replaceAll("_", " ");
}

/**
 * How the gate treats a tool, as a badge shows it: `refused` is a policy that comes to no decision, `depends` one that denies a
 * call without arguments and may permit another.
 */
export type Treatment = Action | "limited" | "depends" | "refused";

export const TREATMENT_NAMES: Readonly<Record<Treatment, string>> = {
  allow: "Allowed",
  limited: "Allowed, limited",
  require_approval: "Needs approval",
  depends: "Depends on the call",
  deny: "Denied",
  refused: "Refused",
};

export function treatmentOf(evaluation: Evaluation): Treatment {
  if (evaluation.kind === "failed") return "refused";
  const { action, rate_limits } = evaluation.decision;
  return action === "allow" && rate_limits.length > 0 ? "limited" : action;
}

/** A decision as the end of a sentence that a tool begins. */
export function describeDecision({ action, hidden, rate_limits }: Decision): string {
  const limits = rate_limits.length === 0 ? "" : `, within ${countOf(rate_limits.length, "limit")}`;
  switch (action) {
    case "allow":
      return `is allowed${limits}`;
    case "require_approval":
      return `waits for a person's approval${limits}`;
    case "deny":
      return hidden ? "is denied, and left out of tools/list" : "is denied";
  }
}

/** A decision's action as a sentence of the policy's. */
export function describeDecisionAction(action: string): string {
  switch (action) {
    case "allow":
      return "The policy allows it.";
    case "require_approval":
      return "The policy wants a person's approval.";
    case "deny":
      return "The policy denies it.";
    default:
      return `The policy says ${action}.`;
  }
}

const WHOSE = { session: "in each session", principal: "for each principal", everyone: "for everyone together" };
const COUNTED = {
  tool: "",
  category: ", counted over all tools of the category",
  server: ", counted over all tools of the server",
  all: ", counted over all servers",
};

/** `10 calls per 60 s in each session`. */
export function describeLimit({ max, window, per, over, cost }: RateLimit): string {
  const what = cost === 1 ? countOf(max, "call") : countOf(max, "token");
  const each = cost === 1 ? "" : `; this call takes ${cost}`;
  return `${what} per ${window} s ${WHOSE[per]}${COUNTED[over]}${each}`;
}

export const STATE_NAMES: Readonly<Record<ToolState, string>> = {
  reviewed: "As reviewed",
  changed: "Changed",
  uncatalogued: "Not reviewed",
  gone: "No longer listed",
  documented: "Documented only",
  unseen: "Not seen yet",
};

export function countOf(count: number, noun: string): string {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}
