// `regate diff [BASE [HEAD]]`: which decisions change between two policies, by generated inputs, samples and recorded calls. It
// changes nothing, and asks no gate.
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { comparePolicies } from "../policy/diff/compare-policies.ts";
import { Replay } from "../policy/diff/replay.ts";
import { readSamples, type Sample } from "../policy/samples.ts";
import { Problem } from "../problem.ts";
import type { CommandIo } from "./command.ts";
import { readAcknowledgements } from "./diff/acknowledgements.ts";
import { writeJson } from "./diff/json.ts";
import { writeMarkdown } from "./diff/markdown.ts";
import { replayFiles } from "./diff/replay-files.ts";
import { composeReport, FAIL_ON, type FailOn, type Report } from "./diff/report.ts";
import { gatherSchemas, openSides, type SideRequest, type Sides } from "./diff/sides.ts";
import { writeText } from "./diff/text.ts";
import { paint } from "./paint.ts";

const FORMATS: ReadonlyMap<string, (report: Report) => string> = new Map([
  ["text", writeText],
  ["json", writeJson],
  ["markdown", writeMarkdown],
]);

/** What became of a decision stands before it. */
const CHANGE = /^( {4})(looser|stricter|other)(?= )/gm;

type Options = SideRequest & {
  readonly samples: string | undefined;
  readonly replay: readonly string[];
  readonly acknowledge: readonly string[];
  readonly write: (report: Report) => string;
  readonly failOn: FailOn | undefined;
};

/** @returns 0, or 1 where a change of the kind of `--fail-on` is not acknowledged */
export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const options = readOptions(args);
  const sides = await openSides(options, io);
  const acknowledgements = await readAcknowledgements(sides, options.acknowledge, io);
  const policies = { base: sides.base.policy, head: sides.head.policy };
  const comparison = comparePolicies(policies, await gatherSamples(sides, options, io), gatherSchemas(sides));
  const replay = options.replay.length === 0 ? undefined : new Replay(policies, comparison.table);
  const files = replay === undefined ? [] : await replayFiles(options.replay, replay, io);
  const replayed = replay === undefined ? undefined : { result: replay.result(), files };
  const report = composeReport(sides, comparison, replayed, acknowledgements, options.failOn);
  io.stdout(options.write === writeText ? paint(io, writeText(report), CHANGE) : options.write(report));
  return report.failing.length > 0 ? 1 : 0;
}

function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      policy: { type: "string", default: "rego" },
      "merge-base": { type: "boolean", default: false },
      samples: { type: "string" },
      replay: { type: "string", multiple: true, default: [] },
      format: { type: "string", default: "text" },
      json: { type: "boolean", default: false },
      "fail-on": { type: "string" },
      acknowledge: { type: "string", multiple: true, default: [] },
    },
  });
  const [base = "HEAD", head = ".", ...others] = positionals;
  if (others.length > 0) throw new Problem([`regate diff: two sides at a time, not ${positionals.join(", ")}`]);
  const format = values.json ? "json" : values.format;
  const write = FORMATS.get(format);
  const failOn = FAIL_ON.find((kind) => kind === values["fail-on"]);
  const faults = [
    ...(write === undefined ? [`--format ${values.format}: must be one of ${[...FORMATS.keys()].join(", ")}`] : []),
    ...(values["fail-on"] !== undefined && failOn === undefined
      ? [`--fail-on ${values["fail-on"]}: must be one of ${FAIL_ON.join(", ")}`]
      : []),
  ];
  const [fault, ...more] = faults;
  if (fault !== undefined || write === undefined) throw new Problem([fault ?? "", ...more]);
  const { policy, samples, replay, acknowledge } = values;
  return { base, head, policy, isFromMergeBase: values["merge-base"], samples, replay, acknowledge, write, failOn };
}

/** Those of both sides and of a folder that is named, each input once. */
async function gatherSamples({ base, head }: Sides, { samples }: Options, io: CommandIo): Promise<readonly Sample[]> {
  if (samples !== undefined && !existsSync(resolve(io.cwd, samples))) {
    throw new Problem([`--samples ${samples}: no such folder; name the one that holds them, such as test/samples`]);
  }
  const named = samples === undefined ? [] : await readSamples(resolve(io.cwd, samples), samples);
  const all = [...base.samples, ...head.samples, ...named];
  return [...new Map(all.map((sample) => [sample.inputText, sample])).values()];
}
