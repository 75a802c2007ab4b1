// `regate why DECISION`: a logged decision explained by its id: rules with file and row, the input, the nearest input that is
// let through, or when it would be; or, `--as-test`, the Rego test that pins it. It reads the log and a bundle, and asks no gate.
import { existsSync } from "node:fs";
import { relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { defaultBundle } from "../bundles/default-bundle.ts";
import { locateFiles } from "../config/config.ts";
import { findDecision } from "../log/find-decision.ts";
import type { NamedLog } from "../log/log-files.ts";
import { readBundle } from "../policy/bundle.ts";
import { openPolicy } from "../policy/diff/compare-policies.ts";
import { Problem } from "../problem.ts";
import type { CommandIo } from "./command.ts";
import { explain } from "./why/explain.ts";
import { toJson } from "./why/format-json.ts";
import { formatExplanation } from "./why/format-text.ts";
import { writePinTest } from "./why/pin-test.ts";

const DEFAULT_CONFIG = "regate.yaml";

/** @returns 0 where the decision was found */
export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      config: { type: "string", short: "c" },
      log: { type: "string", multiple: true },
      bundle: { type: "string", short: "b" },
      "as-test": { type: "boolean" },
      json: { type: "boolean" },
    },
  });
  const [id, ...others] = positionals;
  if (id === undefined || others.length > 0) {
    throw new Problem(["regate why: give one decision's id, as a refusal and the decision log name it"]);
  }
  if (values.json === true && values["as-test"] === true) throw new Problem(["regate why: --as-test has no --json"]);
  const places = locate(values, io);
  const decision = await findDecision(id, places.logs);
  const bundle = await readBundle(places.bundle, places.shownBundle);
  const explanation = explain(decision, await openPolicy(bundle, false), places.shownBundle);
  if (values["as-test"] === true) {
    const { test, warnings } = writePinTest(explanation);
    for (const warning of warnings) io.stderr(`${warning}\n`);
    io.stdout(test);
  } else if (values.json === true) io.stdout(`${JSON.stringify(toJson(explanation), undefined, 2)}\n`);
  else io.stdout(formatExplanation(explanation));
  return 0;
}

type Places = { readonly logs: readonly NamedLog[]; readonly bundle: string; readonly shownBundle: string };

/** Of the configuration, where there is one, unless they are named. */
function locate(
  {
    config,
    log = [],
    bundle,
  }: { readonly config?: string; readonly log?: readonly string[]; readonly bundle?: string },
  { cwd }: CommandIo,
): Places {
  const file = config ?? DEFAULT_CONFIG;
  const isThere = config !== undefined || existsSync(resolve(cwd, file));
  const located = isThere ? locateFiles(file, cwd) : undefined;
  const show = (path: string): string => (relative(cwd, path).startsWith("..") ? path : relative(cwd, path));
  if (located === undefined && log.length === 0) {
    throw new Problem([
      `there is no ${DEFAULT_CONFIG} here that says where the decision log is: name it with --log FILE`,
    ]);
  }
  const logs =
    log.length > 0
      ? log.map((shown) => ({ file: resolve(cwd, shown), shown }))
      : [located?.log ?? ""].map((path) => ({ file: path, shown: show(path) }));
  const path = bundle === undefined ? (located?.bundle ?? defaultBundle(resolve(cwd, file))) : resolve(cwd, bundle);
  return { logs, bundle: path, shownBundle: bundle ?? show(path) };
}
