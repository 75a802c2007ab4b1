// The plainest call there is, for asking a policy what it thinks of a tool when nobody calls it: no arguments, no definition.
import type { Call } from "../gate/types.ts";

/** @param session names who asks, where a policy looks */
export function bareCall(server: string, tool: string, session: string): Call {
  const principal = { id: "local", groups: [], claims: {} };
  return { server, tool, method: "tools/call", direction: "to_server", session, principal };
}
