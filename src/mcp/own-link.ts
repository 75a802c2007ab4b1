// A connection of Regate's own to one server, with no client behind it: what `regate scan` lists through. The two kinds of it
// are stdio-own-link.ts and http-own-link.ts; this file is what they share. Nothing is judged here, and no tool is called.
import { isRecord } from "./envelope.ts";
import { parseServerMessage, type ServerMessage } from "./jsonrpc.ts";
import type { Era } from "./message-headers.ts";
import { errorAnswer } from "./refusal.ts";
import { showable } from "./showable.ts";
import type { OwnAnswer } from "./upstream.ts";

export interface OwnLink {
  /** Sends a request and waits for its answer. Never rejects. */
  ask(method: string, paramsText: string): Promise<OwnAnswer>;
  /** Sends a notification without params. */
  tell(method: string): Promise<void>;
  /** What every message from now on is of. */
  speak(era: Era, version: string): void;
  /** How often the server has said that its tools changed. */
  readonly listChanges: number;
  /** Ends the session and what was started for it; resolves when that is gone. */
  close(): Promise<void>;
}

/** The version and era as last told, and what comes unasked. */
export class OwnSide {
  era: Era = "legacy";
  version: string | undefined;
  listChanges = 0;

  /** @param send delivers the answer to a request of the server's */
  constructor(readonly send: (text: string) => unknown) {}

  /** Takes a message that answers no request. */
  take(message: ServerMessage): void {
    if (message.kind === "notification" && message.method === "notifications/tools/list_changed") this.listChanges += 1;
    if (message.kind === "request") this.send(replyTo(message.method, message.idText));
  }
}

/** The methods whose answer is known without a person or a model. */
const REPLIES: ReadonlyMap<string, string> = new Map([
  ["ping", "{}"],
  ["roots/list", '{"roots":[]}'],
  ["elicitation/create", '{"action":"decline"}'],
]);

function replyTo(method: string, idText: string): string {
  const resultText = REPLIES.get(method);
  if (resultText !== undefined) return `{"jsonrpc":"2.0","id":${idText},"result":${resultText}}`;
  return errorAnswer(idText, -32601, "this client only lists tools");
}

/** The result of an answer, or why there is none. `refused`: the server did answer, and will not have this request. */
export type Result =
  | { readonly kind: "result"; readonly value: Readonly<Record<string, unknown>> }
  | { readonly kind: "failed"; readonly problem: string; readonly refused: boolean };

export function resultOf(method: string, answer: OwnAnswer): Result {
  if (answer.kind === "failed") {
    const { status = 500 } = answer;
    return { kind: "failed", problem: answer.problem, refused: status < 500 && status !== 401 && status !== 403 };
  }
  const message = parseServerMessage(answer.text);
  const { result } = message.kind === "response" && isRecord(message.value) ? message.value : {};
  if (isRecord(result)) return { kind: "result", value: result };
  const error = message.kind === "response" ? message.error : undefined;
  if (error === undefined) return { kind: "failed", problem: `it answered ${method} with no result`, refused: false };
  const problem = `it answered ${method} with error ${error.code}: ${showable(error.message)}`;
  return { kind: "failed", problem, refused: true };
}
