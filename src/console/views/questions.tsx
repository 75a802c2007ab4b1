// What people ask of a tool, each with an answer that holds for this tool and this policy, now.
import type { Child } from "hono/jsx";
import type { Answer } from "./answers-facts.tsx";
import { RiskAnswer, WhatAnswer } from "./answers-facts.tsx";
import { BlockAnswer, LimitAnswer, PolicyAnswer } from "./answers-policy.tsx";
import { DecidesAnswer, LiveAnswer, ServerAnswer } from "./answers-standing.tsx";

export type Question = {
  readonly id: string;
  /** In the list of what is on the page. */
  readonly short: string;
  readonly ask: (name: Child) => Child;
  readonly Answer: Answer;
};

export const QUESTIONS: readonly Question[] = [
  { id: "what", short: "What it does", ask: (name) => <>What does {name} do?</>, Answer: WhatAnswer },
  { id: "risk", short: "Risk level", ask: (name) => <>What is the risk level of {name}?</>, Answer: RiskAnswer },
  { id: "decides", short: "Deciding rule", ask: () => "Which rule decides it now?", Answer: DecidesAnswer },
  {
    id: "policy",
    short: "Enforce a policy",
    ask: (name) => <>How do I enforce a policy on {name}?</>,
    Answer: PolicyAnswer,
  },
  { id: "limit", short: "Rate-limit it", ask: (name) => <>Can I rate-limit {name}?</>, Answer: LimitAnswer },
  { id: "block", short: "Block it", ask: (name) => <>How do I block {name}?</>, Answer: BlockAnswer },
  { id: "server", short: "Which server", ask: (name) => <>Which server provides {name}?</>, Answer: ServerAnswer },
  {
    id: "definition",
    short: "Reviewed or changed",
    ask: () => "Is its definition the one that was reviewed?",
    Answer: LiveAnswer,
  },
];
