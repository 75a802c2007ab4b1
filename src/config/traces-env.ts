// Where spans go, from the environment variables that OpenTelemetry has for it: off, unless an endpoint is set. Every fault at
// once, by the variable's name and without its value, which may be secret.
import { Problem } from "../problem.ts";
import { nearestWord } from "./suggest.ts";

export type TracesConfig = {
  /** Where spans are POSTed. */
  readonly url: string;
  /** With them; the values may be secret. */
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly serviceName: string;
  /** Further attributes of the resource. */
  readonly resource: Readonly<Record<string, string>>;
  readonly sampler: { readonly ratio: number; readonly parentBased: boolean };
  readonly delayMs: number;
  readonly maxQueued: number;
  readonly maxBatch: number;
};

const PATH = "v1/traces";
const DEFAULT_SAMPLER = "parentbased_always_on";
const SAMPLERS: readonly string[] = ["always_on", "always_off", "traceidratio"].flatMap((name) => [
  name,
  `parentbased_${name}`,
]);
const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Undefined where no spans are wanted. @throws Problem */
export function readTracesConfig(env: NodeJS.ProcessEnv): TracesConfig | undefined {
  const own = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || undefined;
  const base = env.OTEL_EXPORTER_OTLP_ENDPOINT || undefined;
  if (own === undefined && base === undefined) return undefined;
  if (env.OTEL_SDK_DISABLED?.toLowerCase() === "true" || env.OTEL_TRACES_EXPORTER === "none") return undefined;

  const faults: string[] = [];
  const fault = (name: string, problem: string): undefined => void faults.push(`${name} ${problem}`);
  /** The one for traces counts before the one for all signals. */
  const either = (name: string): { readonly name: string; readonly text: string } | undefined => {
    for (const one of [`OTEL_EXPORTER_OTLP_TRACES_${name}`, `OTEL_EXPORTER_OTLP_${name}`]) {
      const text = env[one];
      if (text !== undefined && text !== "") return { name: one, text };
    }
    return undefined;
  };
  const number = (given: { name: string; text: string } | undefined, max: number, unset: number): number => {
    if (given === undefined) return unset;
    const value = Number(given.text);
    if (/^\d+$/.test(given.text) && value >= 1 && value <= max) return value;
    fault(given.name, `must be a whole number from 1 to ${max}`);
    return unset;
  };
  const setting = (name: string) => (env[name] ? { name, text: env[name] } : undefined);
  const pairs = (given: { name: string; text: string } | undefined): Record<string, string> =>
    given === undefined
      ? {}
      : (readPairs(given.text) ?? fault(given.name, "must be KEY=VALUE, with commas between, as in a=1,b=2") ?? {});

  const exporter = env.OTEL_TRACES_EXPORTER;
  if (exporter !== undefined && exporter !== "" && exporter !== "otlp")
    fault("OTEL_TRACES_EXPORTER", "must be otlp or none: the gate has no other");
  const protocol = either("PROTOCOL");
  if (protocol !== undefined && protocol.text !== "http/protobuf")
    fault(
      protocol.name,
      "must be http/protobuf, the one that the gate speaks; OTEL_TRACES_EXPORTER=none turns its spans off",
    );
  const endpoint = own ?? base ?? "";
  const endpointName = own === undefined ? "OTEL_EXPORTER_OTLP_ENDPOINT" : "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
  const url =
    readUrl(endpoint, own === undefined ? PATH : undefined) ??
    fault(endpointName, "must be an http:// or https:// URL, as in http://127.0.0.1:4318");
  const headersGiven = either("HEADERS");
  const headers = pairs(headersGiven);
  if (headersGiven !== undefined && !Object.entries(headers).every(isHeader))
    fault(headersGiven.name, "must have names and values that HTTP headers can have");
  const sampler = readSampler(env, fault);
  const { "service.name": named, ...resource } = pairs(setting("OTEL_RESOURCE_ATTRIBUTES"));
  const config = {
    url: url ?? "",
    headers,
    timeoutMs: number(either("TIMEOUT"), 600_000, 10_000),
    serviceName: env.OTEL_SERVICE_NAME || named || "regate",
    resource,
    sampler,
    delayMs: number(setting("OTEL_BSP_SCHEDULE_DELAY"), 600_000, 5_000),
    maxQueued: number(setting("OTEL_BSP_MAX_QUEUE_SIZE"), 1_000_000, 2_048),
    maxBatch: number(setting("OTEL_BSP_MAX_EXPORT_BATCH_SIZE"), 100_000, 512),
  };
  if (config.maxBatch > config.maxQueued)
    fault("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", `must not be above OTEL_BSP_MAX_QUEUE_SIZE (${config.maxQueued})`);
  const [first, ...more] = faults;
  if (first !== undefined) throw new Problem([first, ...more]);
  return config;
}

function readUrl(text: string, below: string | undefined): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  // fetch takes no credentials in a URL: they go into headers
  if ((url.protocol !== "http:" && url.protocol !== "https:") || url.username !== "" || url.password !== "")
    return undefined;
  if (below !== undefined) url.pathname = `${url.pathname.replace(/\/$/, "")}/${below}`;
  return url.href;
}

/** As W3C Baggage has them, without properties; undefined where they are none. */
function readPairs(text: string): Record<string, string> | undefined {
  const pairs: [string, string][] = [];
  for (const part of text.split(",")) {
    if (part.trim() === "") continue;
    const at = part.indexOf("=");
    const key = part.slice(0, at).trim();
    const value = decoded(part.slice(at + 1).trim());
    if (at < 1 || key === "" || value === undefined) return undefined;
    pairs.push([key, value]);
  }
  return Object.fromEntries(pairs);
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function isHeader([name, value]: readonly [string, string]): boolean {
  return HEADER_NAME.test(name) && /^[\x20-\x7e]*$/.test(value);
}

function readSampler(env: NodeJS.ProcessEnv, fault: (name: string, problem: string) => void): TracesConfig["sampler"] {
  const name = env.OTEL_TRACES_SAMPLER || DEFAULT_SAMPLER;
  if (!SAMPLERS.includes(name)) {
    const near = nearestWord(name, SAMPLERS);
    const hint = near === undefined ? "" : `; did you mean ${near}?`;
    fault("OTEL_TRACES_SAMPLER", `must be one of ${SAMPLERS.join(", ")}${hint}`);
  }
  const text = env.OTEL_TRACES_SAMPLER_ARG;
  const given =
    text === undefined || text === "" ? 1 : /^(?:0|1|0?\.\d+|[01]\.\d*)$/.test(text) ? Number(text) : Number.NaN;
  if (name.endsWith("traceidratio") && !(given >= 0 && given <= 1))
    fault("OTEL_TRACES_SAMPLER_ARG", "must be a number from 0 to 1, the share of traces that is recorded");
  const ratio = name.endsWith("always_on") ? 1 : name.endsWith("always_off") ? 0 : given;
  return { ratio, parentBased: name.startsWith("parentbased_") };
}
