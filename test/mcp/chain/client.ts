// A legacy session over the chain, by hand: exactly the requests that a test names go out.
import {
  type Answer,
  callBody,
  type EventStream,
  type Message,
  messagesOf,
  openStream,
  post,
} from "../../e2e/harness-wire.ts";
import type { Chain } from "./chain.ts";

export const INITIALIZE =
  '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}';

export type Session = {
  readonly id: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  post(body: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** The response to a `tools/call`. */
  call(tool: string, args?: unknown): Promise<Message>;
  stream(headers?: Readonly<Record<string, string>>, body?: string): Promise<EventStream>;
};

/** Sends initialize, and nothing else. */
export async function openSession({ url }: Pick<Chain, "url">): Promise<Session> {
  const { headers: answered } = await post(url, INITIALIZE);
  const id = answered["mcp-session-id"];
  if (Array.isArray(id)) throw new Error("two session ids");
  const own = { "mcp-protocol-version": "2025-11-25", ...(id !== undefined && { "mcp-session-id": id }) };
  return {
    id,
    headers: own,
    post: (body, headers) => post(url, body, { ...own, ...headers }),
    async call(tool, args = {}) {
      const answer = await post(url, callBody("call", tool, args), own);
      const response = (await messagesOf(answer)).at(-1);
      if (response === undefined) throw new Error(`nothing was answered, but ${answer.status}`);
      return response;
    },
    stream: (headers, body) => openStream(url, { ...own, ...headers }, body),
  };
}
