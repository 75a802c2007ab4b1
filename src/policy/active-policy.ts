// Holds the policy that judges now: reads a bundle, starts its engine, tries it, and only then puts it in the place of the
// last one. A bundle that can't be taken changes nothing. When to look again is for the caller.
import type { Classified, Revision } from "../gate/types.ts";
import { Problem } from "../problem.ts";
import type { AnswerRules } from "./answer-rules.ts";
import { bareCall } from "./bare-call.ts";
import { type Bundle, readBundle } from "./bundle.ts";
import type { Catalogue } from "./catalogue.ts";
import { type Conditions, mayRead, readConditions } from "./conditions.ts";
import { createEngine, type Engine } from "./engine.ts";
import { composeInput } from "./input.ts";
import { createJudge, type Judge } from "./judge.ts";
import { listServers, type RuleIndex } from "./rule-index.ts";

/** A tool that no server has: what speaks for all tools judges it, and any decision will do. */
const TRIAL_TOOL = "regate_trial";

/** One policy, ready to judge. */
export type LoadedPolicy = {
  readonly engine: Engine;
  /** What the bundle says of itself, and its data as the engine has it. */
  readonly bundle: Pick<Bundle, "manifest" | "packages" | "dataJson">;
  /** Judges calls with that engine. */
  readonly judge: Judge;
  /** Where each rule stands in its source, by id. */
  readonly rules: RuleIndex;
  /** What is known of their conditions; undefined where the bundle does not say. */
  readonly conditions: Conditions | undefined;
  /** Whether any of its rules looks at `input.history`; true where that is not known. */
  readonly readsHistory: boolean;
  /** Those that speak to answers; none where answers pass unseen. */
  readonly answerRules: AnswerRules;
  readonly catalogue: Catalogue;
  /** Catalogue names of the servers that a package of the policy speaks for. */
  readonly servers: ReadonlySet<string>;
};

export type Reload =
  /** `from` is what no-policy.ts says where it is the first one. */
  | { readonly kind: "swapped"; readonly from: Revision; readonly to: Revision }
  | { readonly kind: "unchanged"; readonly revision: Revision }
  /** The bundle can't be taken: the last one goes on judging. `problem` names file and remedy, on one line. */
  | { readonly kind: "kept"; readonly revision: Revision; readonly problem: string };

export interface ActivePolicy {
  /** The policy that judges now: take it once where catalogue and engine must be of one bundle. */
  readonly current: LoadedPolicy;
  /** Classifies a tool by its definition, with the policy that is active now. */
  classify(definitionText: string): Classified;
  /** Reads the file again. Never rejects for what is wrong with it; calls wait for each other. */
  reload(): Promise<Reload>;
}

/**
 * @param file absolute
 * @param shown the file as the person named it
 * @throws Problem where the first bundle can't be taken
 */
export async function loadActivePolicy(file: string, shown = file): Promise<ActivePolicy> {
  let current = await loadPolicy(file, shown);
  let reloading: Promise<unknown> = Promise.resolve();

  const reload = async (): Promise<Reload> => {
    const from = current.engine.revision;
    try {
      const bundle = await readBundle(file, shown);
      if (bundle.digest === from.digest) return { kind: "unchanged", revision: from };
      current = await startPolicy(bundle);
      return { kind: "swapped", from, to: current.engine.revision };
    } catch (error) {
      const problem = error instanceof Problem ? error.lines.join("; ") : String(error);
      return { kind: "kept", revision: from, problem };
    }
  };

  return {
    get current() {
      return current;
    },
    classify: (definitionText) => current.engine.classify(definitionText),
    reload() {
      const next = reloading.then(reload);
      reloading = next;
      return next;
    },
  };
}

/** @throws Problem where the bundle can't be read, started, can't classify a tool or judge a plain call to each of its servers */
export async function loadPolicy(file: string, shown = file): Promise<LoadedPolicy> {
  return startPolicy(await readBundle(file, shown));
}

/** @throws Problem as loadPolicy */
export async function startPolicy(bundle: Bundle): Promise<LoadedPolicy> {
  const starting = createEngine(bundle);
  // read while the module is compiled
  const indexed = readConditions(bundle.conditions);
  const engine = await starting;
  const classified = engine.classify(JSON.stringify({ name: TRIAL_TOOL }));
  if (classified.kind === "failed") {
    throw new Problem([`${bundle.shown}: ${classified.problem}; build the bundle again with \`regate build\``]);
  }
  const servers = listServers(bundle.rules);
  for (const server of servers) {
    const evaluation = engine.evaluate(composeInput(bareCall(server, TRIAL_TOOL, "trial"), undefined, { unixMs: 0 }));
    if (evaluation.kind === "failed") {
      throw new Problem([`${bundle.shown}: server ${server}: ${evaluation.problem}; mend its rules`]);
    }
  }
  if (engine.judgesAnswers !== bundle.answerRules.size > 0) {
    throw new Problem([
      `${bundle.shown}: its rules for answers and its index of them differ; build the bundle again with \`regate build\``,
    ]);
  }
  const { rules, answerRules, catalogue, manifest, packages, dataJson } = bundle;
  // an index that passes over a rule is none: that rule would not get what it reads
  const conditions = [...rules.keys()].every((id) => indexed?.rules.has(id)) ? indexed : undefined;
  const readsHistory = mayRead(conditions, "history");
  const judge = createJudge(engine, { rules, conditions });
  const own = { manifest, packages, dataJson };
  return {
    engine,
    bundle: own,
    judge,
    rules,
    conditions,
    readsHistory,
    answerRules,
    catalogue,
    servers: new Set(servers),
  };
}
