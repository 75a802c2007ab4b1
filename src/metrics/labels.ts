// The values of metric labels: each a series that Prometheus keeps, so that what an agent or a server can choose freely must
// not become one. Pure but for the table that it fills.
import type { Judged } from "../gate/gate.ts";

/** Stands for what is not named, so that the number of series stays bounded. */
export const OTHER = "(other)";
/** A tool that its server does not list, nor the catalogue: an agent may call any name. */
export const UNLISTED = "(unlisted)";

/** What a client may ask besides tools; any other method is `(other)`. */
const METHODS: ReadonlySet<string> = new Set([
  "initialize",
  "ping",
  "server/discover",
  "tools/list",
  "tools/call",
  "resources/list",
  "resources/read",
  "resources/templates/list",
  "resources/subscribe",
  "resources/unsubscribe",
  "subscriptions/listen",
  "prompts/list",
  "prompts/get",
  "completion/complete",
  "logging/setLevel",
  "tasks/get",
  "tasks/list",
  "tasks/result",
  "tasks/cancel",
  "tasks/update",
  "notifications/initialized",
  "notifications/cancelled",
  "notifications/progress",
  "notifications/roots/list_changed",
  "sampling/createMessage",
  "elicitation/create",
  "roots/list",
]);

/** Whether a value is one of the first `max` different ones. */
export function createBound(max: number): (value: string) => boolean {
  const known = new Set<string>();
  return (value) => {
    if (known.has(value)) return true;
    if (known.size >= max) return false;
    known.add(value);
    return true;
  };
}

export function methodLabel({ call }: Pick<Judged, "call">): string {
  return METHODS.has(call.method) ? call.method : OTHER;
}

/** Empty where the method names no tool. */
export function toolLabel({ call, verdict }: Judged): string {
  if (call.tool === undefined) return "";
  return call.definition === undefined && verdict.facts?.definition.catalogued !== true ? UNLISTED : call.tool;
}

/** On a server that is observed, what would have become of the call. */
export function verdictLabel({ verdict }: Judged): string {
  return verdict.kind === "forward" ? (verdict.instead?.kind ?? "forward") : verdict.kind;
}
