// What a policy does, as far as inputs show it: for each tool and method the ways in which generated inputs and samples are
// judged, and the rules that any of them reaches. It finds nothing wrong: that is for whoever reads it.
import type { Evaluation } from "../../gate/types.ts";
import { type ComparedPolicy, isPermitted, namesOf, wayOf } from "../../policy/diff/compare-policies.ts";
import { sliceMember } from "../../policy/json-member.ts";
import { searchInputs } from "../../policy/probe/search.ts";
import { listTargets, OTHER, type Target } from "../../policy/probe/targets.ts";
import type { Sample } from "../../policy/samples.ts";
import type { KnownTools } from "../known-tools.ts";

/** One way in which inputs are judged, with the first of them. */
export type Way = { readonly inputText: string; readonly evaluation: Evaluation; readonly inputs: number };

export type Observed = {
  readonly target: Target;
  /** That of a plain call comes first. */
  readonly ways: readonly Way[];
  /** False where there was more to try than may be tried. */
  readonly isComplete: boolean;
};

export type Observation = {
  readonly targets: readonly Observed[];
  readonly samples: readonly { readonly sample: Sample; readonly evaluation: Evaluation }[];
  /** `<package>/<id>` of each rule that any input reached. */
  readonly reached: ReadonlySet<string>;
  readonly generated: number;
};

export function observe(policy: ComparedPolicy, samples: readonly Sample[], known: KnownTools): Observation {
  const reached = new Set<string>();
  const evaluate = (inputText: string): Evaluation => {
    const evaluation = policy.evaluate(inputText);
    for (const rule of rulesOf(evaluation)) reached.add(rule);
    return evaluation;
  };
  let generated = 0;
  const targets = listTargets([policy]).map((target): Observed => {
    const ways = new Map<string, Way>();
    const judge = ([inputText = ""]: readonly string[]) => {
      const evaluation = evaluate(inputText);
      const way = JSON.stringify(wayOf(evaluation));
      // a tool that nobody knows may be of any category, and each is to be seen
      const key = target.label.tool === OTHER ? `${sliceMember(inputText, "category")} ${way}` : way;
      const found = ways.get(key);
      ways.set(key, { inputText, evaluation, ...found, inputs: (found?.inputs ?? 0) + 1 });
      return { way, isPermitted: isPermitted(evaluation) };
    };
    const schema = known.arguments.get(`${target.server}/${target.tool}`)?.schema;
    const searched = searchInputs(target, [policy], judge, { schemas: schema === undefined ? [] : [schema] });
    generated += searched.inputs;
    return { target, ways: [...ways.values()], isComplete: searched.complete };
  });
  const judged = samples.map((sample) => ({ sample, evaluation: evaluate(sample.inputText) }));
  return { targets, samples: judged, reached, generated };
}

/** The rules that had a say, the malformed ones included: the library names them before what is wrong with them. */
function rulesOf(evaluation: Evaluation): readonly string[] {
  if (evaluation.kind === "failed") return [];
  const { rules, malformed } = evaluation.decision;
  return [...rules, ...malformed.map((fault) => fault.slice(0, fault.lastIndexOf(": ")))];
}

/** What a report names a sample's tool by. */
export function namesOfSample({ inputText }: Sample): { readonly server: string; readonly tool: string } {
  return namesOf(JSON.parse(inputText));
}
