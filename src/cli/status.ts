// `regate status`: what the running gate says of itself, in one look: which policy judges, what each server's calls became,
// and where a shadow judges otherwise. It asks the gate, and changes nothing.
import { parseArgs } from "node:util";
import { showable } from "../mcp/showable.ts";
import { describeOutcomes } from "../status/describe-outcomes.ts";
import {
  type ServerStatus,
  type ShadowStatus,
  type Status,
  type StoreStatus,
  statusSchema,
} from "../status/status-schema.ts";
import type { CommandIo } from "./command.ts";
import { askAsOperator } from "./operator-request.ts";
import { showFreeze } from "./show-freeze.ts";

const LABEL_WIDTH = 9;
const MAX_CHANGED_SHOWN = 5;
const SHOWN_DIGEST_CHARS = 16;

export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { config: { type: "string", short: "c", default: "regate.yaml" }, json: { type: "boolean" } },
  });
  const { value: status, url } = await askAsOperator(
    {
      config: values.config,
      method: "GET",
      path: "/v1/status",
      schema: statusSchema,
      what: "its status",
      remedy: "start it with regate serve",
    },
    io,
  );
  io.stdout(values.json === true ? `${JSON.stringify(status, undefined, 2)}\n` : formatStatus(status, url));
  return 0;
}

function formatStatus(status: Status, url: string): string {
  const { policy, bundle, log, servers, shadow, store } = status;
  const observed = servers.filter(({ mode }) => mode === "observe").map(({ key }) => key);
  return [
    `Regate ${status.version} at ${url}, since ${status.started}`,
    ...(observed.length > 0 ? [`OBSERVED, NOTHING IS REFUSED: ${observed.join(", ")}`] : []),
    ...status.frozen.map((one) => `FROZEN: ${showFreeze(one)}`),
    label("policy", describePolicy(policy)),
    ...formatBundle(bundle),
    label("log", `${log.file}, ${describeLog(log)}`),
    ...(store === undefined ? [] : [label("store", describeStore(store))]),
    ...(shadow === undefined ? [] : formatShadow(shadow)),
    "",
    ...(servers.length === 0 ? ["No servers are configured."] : servers.flatMap(formatServer)),
    "",
  ].join("\n");
}

function describePolicy({ revision, digest, file, since }: Status["policy"]): string {
  if (digest === "") return `NONE, EVERY CALL IS REFUSED until a bundle comes from ${file}`;
  return `revision ${revision} (${file}), since ${since}, sha256 ${digest.slice(0, SHOWN_DIGEST_CHARS)}`;
}

function formatBundle({ last_request: asked, code, message, http_code: http }: Status["bundle"]): string[] {
  const when = asked === undefined ? "" : `asked for last ${asked}`;
  if (code === undefined) return when === "" ? [] : [label("bundle", `${when}: in order`)];
  const status = http === undefined ? "" : ` (HTTP ${http})`;
  return [
    label("bundle", `${when === "" ? "" : `${when}: `}${code}${status}`),
    label("", showable(message ?? "", 1_000)),
  ];
}

function describeLog({ lost, failing, on_failure: onFailure }: Status["log"]): string {
  const missing = lost === 0 ? "no decision is missing" : `${plural(lost, "decision")} missing`;
  if (!failing) return missing;
  return `${missing}, AND IT CAN'T BE WRITTEN NOW: ${onFailure === "refuse" ? "calls are refused" : "decisions are being lost"}`;
}

function describeStore({ url, problem, local_share: share }: StoreStatus): string {
  if (problem === undefined) return `${url}, in use`;
  const meanwhile =
    share === undefined ? "calls with limits are refused" : `this gate counts by itself, ${share} of each limit`;
  return `${url}, OUT OF REACH: ${meanwhile} (${showable(problem, 500)})`;
}

function formatShadow(shadow: ShadowStatus): string[] {
  const { policy, problem, judged, dropped, divergences, top } = shadow;
  const { looser, stricter, other } = divergences;
  const what =
    policy === undefined
      ? `none judges (${shadow.file})`
      : `revision ${policy.revision} (${policy.file}), since ${policy.since}`;
  const counts = `${plural(judged, "call")} judged beside, ${dropped} left out: ${looser} looser, ${stricter} stricter, ${other} other`;
  return [
    label("shadow", what),
    ...(problem === undefined ? [] : [label("", `can't be taken: ${problem}`)]),
    ...(policy === undefined ? [] : [label("", counts)]),
    ...top.map((row) =>
      label(
        "",
        `${row.change.padEnd(8)} ${showable(row.tool)} on ${row.server}: ${row.active} -> ${row.shadow}${describeWhat(row)}, ${plural(row.calls, "call")}, e.g. ${row.decision_id}`,
      ),
    ),
    ...(looser + stricter + other > 0
      ? [label("", `each is a line of ${shadow.log}${describeLost(shadow.lost)}`)]
      : []),
  ];
}

/** Where both sides read alike. */
function describeWhat({ active, shadow, what }: ShadowStatus["top"][number]): string {
  return active === shadow ? ` (other ${what.join(", ")})` : "";
}

function describeLost(lost: number): string {
  return lost === 0 ? "" : `, ${lost} of them missing`;
}

function formatServer(server: ServerStatus): string[] {
  const { key, catalogue, mode, changed_tools: changed } = server;
  const name = key === catalogue ? key : `${key} (${catalogue})`;
  const shown = changed
    .slice(0, MAX_CHANGED_SHOWN)
    .map((tool) => showable(tool))
    .join(", ");
  const more = changed.length > MAX_CHANGED_SHOWN ? ` and ${changed.length - MAX_CHANGED_SHOWN} more` : "";
  return [
    `${name}${mode === "observe" ? "  OBSERVED: nothing is refused" : ""}`,
    label("calls", describeOutcomes(server)),
    label(
      "sessions",
      `${server.sessions} in the last hour${server.last_call ? `, last call ${server.last_call}` : ""}`,
    ),
    label("server", describeUpstream(server.upstream)),
    ...(server.has_rules
      ? []
      : [label("policy", "no rules of its own: the defaults of each tool's category judge it")]),
    ...(server.arguments === "loose" ? [label("args", "not held against the server's schemas")] : []),
    ...(changed.length > 0 ? [label("changed", `not the tools that were reviewed: ${shown}${more}`)] : []),
  ];
}

function describeUpstream(upstream: ServerStatus["upstream"]): string {
  if (upstream.kind === "stdio") return `${plural(upstream.processes, "process", "processes")} running`;
  const { connections, last_status: last } = upstream;
  const answered = last === undefined ? "no answer to the last request, if there was one" : `last answer ${last}`;
  return `${plural(connections, "connection")}, ${answered}`;
}

function label(name: string, text: string): string {
  return `  ${name.padEnd(LABEL_WIDTH)}${text}`;
}

function plural(count: number, noun: string, nouns = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : nouns}`;
}
