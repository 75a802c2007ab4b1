// Exchanges without a connection, and upstreams that only answer the gate's own requests: for what needs no more.
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { Definition, Definitions } from "../../src/mcp/definitions.ts";
import type { Exchange, OwnAnswer, Upstream } from "../../src/mcp/upstream.ts";

export const CALLER = {
  server: "test.server",
  session: "session-1",
  principal: { id: "ann", groups: [], claims: {} },
} as const;

export function exchangeOf(session: string = CALLER.session): Exchange & { readonly outgoing: ServerResponse } {
  const incoming = new IncomingMessage(new Socket());
  return {
    incoming,
    outgoing: new ServerResponse(incoming),
    principal: CALLER.principal,
    session: { kind: "none", name: session },
    era: "legacy",
    screen: () => ({ kind: "pass" }),
  };
}

/** An upstream that can only be asked; `asked` gets the params of each request. */
export function askable(answer: (paramsText: string) => OwnAnswer | Promise<OwnAnswer>) {
  const asked: string[] = [];
  const unasked = async () => {
    throw new Error("nothing is forwarded here");
  };
  const upstream: Upstream = {
    post: unasked,
    stream: unasked,
    end: unasked,
    state: () => ({ kind: "http", connections: 0 }),
    close: unasked,
    async request(_exchange, method, paramsText) {
      asked.push(`${method} ${paramsText}`);
      return await answer(paramsText);
    },
  };
  return { upstream, asked };
}

/** What is known of a tool where the server can't be asked. */
export async function lookup(definitions: Definitions, tool: string, session?: string): Promise<Definition> {
  const { upstream } = askable(() => ({ kind: "failed", problem: "nobody answers" }));
  return await definitions.lookup(tool, upstream, exchangeOf(session), undefined);
}
