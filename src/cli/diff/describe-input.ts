// The part of an input that a reader of a change needs: the arguments, and what else is not as for any plain call.

import type { Compared } from "../../policy/diff/change-table.ts";
import { listMembers, sliceMember } from "../../policy/json-member.ts";

/** What names the call, or comes with the tool; a report says it elsewhere. */
const NAMED = ["server", "tool", "method", "risk"];
/** What a field holds that nothing was tried with. */
const PLAIN: Readonly<Record<string, string>> = {
  direction: '"to_server"',
  session: '"probe"',
  principal: '{"id":"local","groups":[],"claims":{}}',
  history: '{"tools":{},"categories":{},"labels":{}}',
  args: "{}",
  params: "{}",
};
const NOON = '"hour":12';

/** Members of the input as JSON text, by name; `args` without arguments are left out too. */
export function listTelling({ inputs, origin }: Compared): readonly (readonly [field: string, json: string])[] {
  const members = listMembers(inputs.head).map(({ key, start, end }): [string, string] => [
    key,
    inputs.head.slice(start, end),
  ]);
  const isCatalogued = sliceMember(inputs.head, "definition")?.includes('"catalogued":true') === true;
  return members.filter(([field, json]) => {
    if (NAMED.includes(field) || PLAIN[field] === json) return false;
    if (field === "category" || field === "severity") return origin === "generated" && !isCatalogued;
    if (field === "definition") return json.includes('"changed":true');
    if (field === "time") return origin === "recorded" || (origin === "generated" && !isNoon(json));
    return field !== "session" || origin === "generated";
  });
}

/** As one line: `args {"path":"/etc"}, category "Read"`; `no arguments` where nothing tells it apart. */
export function describeInput(compared: Compared): string {
  const telling = listTelling(compared).map(([field, json]) => `${field} ${json}`);
  return telling.length === 0 ? "no arguments" : telling.join(", ");
}

function isNoon(timeJson: string): boolean {
  return timeJson.includes(NOON) && timeJson.includes('"Monday"');
}
