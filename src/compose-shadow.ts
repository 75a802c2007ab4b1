// The shadow, set on its parts: a second bundle that judges live calls beside the active one. A file that can't be taken is
// told and shown in the status; the gate goes on without a shadow, or with the one that it has.
import { inputOf, sitesOf } from "./compose-gate.ts";
import { composeJudging, type Judging } from "./compose-judging.ts";
import type { Live } from "./compose-live.ts";
import type { Judged } from "./gate/gate.ts";
import type { ReloadedShadow } from "./http/app.ts";
import { type ActivePolicy, loadActivePolicy } from "./policy/active-policy.ts";
import { createLiveClassifier } from "./policy/live-classifier.ts";
import { Problem } from "./problem.ts";
import { type Candidate, createShadow, type Judge, type Outcome, type Shadow } from "./shadow/shadow.ts";
import { createShadowLog } from "./shadow/shadow-log.ts";
import type { ShadowStatus } from "./status/status-schema.ts";

export type ShadowParts = {
  /** The bundle's file, absolute, and as the person named it. */
  readonly bundle: { readonly file: string; readonly shown: string };
  readonly active: ActivePolicy;
  readonly live: Live;
  readonly timezone: string;
  /** Where divergences are written, absolute. */
  readonly logFile: string;
  readonly maskedKeys: readonly string[];
  readonly log: (line: string, level?: "info") => void;
};

export type RunningShadow = Pick<Shadow, "offer"> & {
  /** Whether it looks at earlier calls. */
  readsHistory(): boolean;
  /** Reads the file again. Never rejects for what is wrong with it. */
  reload(): Promise<ReloadedShadow>;
  status(): ShadowStatus;
  close(): Promise<void>;
};

type Taken = { readonly policy: ActivePolicy; readonly judging: Judging; since: string };

/** Never rejects for what is wrong with the file. */
export async function composeShadow(parts: ShadowParts): Promise<RunningShadow> {
  const { bundle, active, live, timezone, log } = parts;
  let taken: Taken | undefined;
  let problem: string | undefined;

  const take = async (): Promise<ReloadedShadow> => {
    try {
      const policy = await loadActivePolicy(bundle.file, bundle.shown);
      const classify = createLiveClassifier(policy);
      const judging = composeJudging({ policy, classify, argumentCheck: live.argumentCheck, timezone });
      taken = { policy, judging, since: nowText() };
      problem = undefined;
      log(`shadow: revision ${revisionOf(policy)} judges beside the active policy; it refuses nothing`, "info");
      return { kind: "taken", revision: revisionOf(policy) };
    } catch (error) {
      problem = error instanceof Problem ? error.lines.join("; ") : String(error);
      log(`shadow: nothing judges beside the active policy, for the bundle can't be taken: ${problem}`);
      return { kind: "none", problem };
    }
  };
  await take();

  const divergences = createShadowLog({
    file: parts.logFile,
    maskedKeys: new Set(parts.maskedKeys.map((name) => name.toLowerCase())),
    sitesOf: (decision, side) =>
      sitesOf(decision, (side === "active" ? active : (taken?.policy ?? active)).current.rules),
    masksReasons: (judged) =>
      [active, taken?.policy].some((policy) => policy !== undefined && masksReasons(policy, judged, timezone)),
    onProblem: log,
  });
  const shadow = createShadow({
    candidate: () => taken && candidateOf(taken),
    active: () => judgeOf(active),
    onDiverged: (diverged) => divergences.write(diverged),
    later: setImmediate,
  });

  return {
    offer: shadow.offer,
    readsHistory: () => taken?.policy.current.readsHistory === true,
    async reload() {
      if (taken === undefined) return await take();
      const result = await taken.policy.reload();
      problem = result.kind === "kept" ? result.problem : undefined;
      switch (result.kind) {
        case "swapped":
          taken.since = nowText();
          log(`shadow: revision ${result.to.revision} judges in the place of ${result.from.revision}`, "info");
          return { kind: "swapped", from: result.from.revision, to: result.to.revision };
        case "unchanged":
          return { kind: "unchanged", revision: result.revision.revision };
        case "kept":
          log(`shadow: revision ${result.revision.revision} stays, for the bundle can't be taken: ${result.problem}`);
          return { kind: "kept", revision: result.revision.revision, problem: result.problem };
      }
    },
    status() {
      const { judged, dropped, divergences: counts, top } = shadow.read();
      return {
        file: bundle.shown,
        policy: taken && { ...taken.policy.current.engine.revision, file: bundle.shown, since: taken.since },
        problem,
        judged,
        dropped,
        divergences: counts,
        top: top.map(({ decisionId, ...row }) => ({ ...row, what: [...row.what], decision_id: decisionId })),
        log: parts.logFile,
        lost: divergences.lost(),
      };
    },
    close: () => divergences.close(),
  };
}

function candidateOf({ policy, judging }: Taken): Candidate {
  return { ...judgeOf(policy), judge: (judged) => judgeAgain(policy, judging, judged) };
}

function judgeOf({ current: { engine, rules, conditions } }: ActivePolicy): Judge {
  return { revision: engine.revision, rules, conditions };
}

function judgeAgain(policy: ActivePolicy, judging: Judging, { call, verdict, startedUnixMs }: Judged): Outcome {
  const { history } = verdict;
  // it was not told, and is not guessed
  if (history === undefined && policy.current.readsHistory) throw new Error("the history of this call is not known");
  const facts = judging.describe(call);
  if (judging.checkArguments(call) !== undefined) return { kind: "unfit" };
  return judging.evaluate(call, facts, startedUnixMs, history);
}

/** They may quote what the policy masks; where it can't say what that is, they might. */
function masksReasons({ current: { engine } }: ActivePolicy, judged: Judged, timezone: string): boolean {
  const masks = engine.mask(inputOf(judged, timezone));
  return masks.kind === "failed" || masks.pointers.some((pointer) => pointer.startsWith("/result/reasons"));
}

function revisionOf(policy: ActivePolicy): string {
  return policy.current.engine.revision.revision;
}

function nowText(): string {
  return new Date().toISOString();
}
