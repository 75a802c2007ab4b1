// What judges while no bundle is in force yet: nothing. Every call is refused, and says why.
import type { LoadedPolicy } from "./active-policy.ts";

/** No bundle has it: theirs has at least one character of a build, and a digest. */
export const NO_REVISION = { revision: "none", digest: "" };

/** @param problem what is missing, in words for whoever calls */
export function createNoPolicy(problem: string): LoadedPolicy {
  const failed = { kind: "failed", problem, fuel: 0, bundle: undefined } as const;
  return {
    engine: {
      revision: NO_REVISION,
      wasm: new Uint8Array(),
      evaluate: () => failed,
      classify: () => failed,
      // what the policy that is awaited would mask is not known: so all of it; nor which answers it would keep back: so each
      hasMasks: true,
      mask: () => failed,
      judgesAnswers: true,
      judgeAnswer: () => failed,
    },
    bundle: {
      manifest: { revision: NO_REVISION.revision, roots: [], wasm: [] },
      packages: [],
      dataJson: new Uint8Array(),
    },
    judge: () => failed,
    rules: new Map(),
    conditions: undefined,
    readsHistory: false,
    answerRules: new Map([["none", { file: "none", row: 1, reads: ["*"] }]]),
    catalogue: {},
    servers: new Set(),
  };
}
