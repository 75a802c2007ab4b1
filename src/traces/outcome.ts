// What an answer says of how its request went, in the words of OpenTelemetry's conventions for MCP. Looks, and keeps nothing of it.
import { isRecord } from "../mcp/envelope.ts";
import { parseJson } from "../mcp/parse-json.ts";

/** `error.type`, and the code of a JSON-RPC error; both undefined where it went well. */
export type AnswerOutcome = { readonly errorType: string | undefined; readonly code: string | undefined };

export const WENT_WELL: AnswerOutcome = { errorType: undefined, code: undefined };
/** A tool result with `isError`. */
export const TOOL_ERROR: AnswerOutcome = { errorType: "tool_error", code: undefined };

/** A longer answer is not looked into: it is taken for one that went well. */
const MAX_READ_CHARS = 262_144;
/** Of most answers this is all that has to be known. */
const MAY_SAY_MORE = /"(?:error|isError|method)"/;

export function errorOutcome(code: number): AnswerOutcome {
  return { errorType: String(code), code: String(code) };
}

/** Undefined where the text is no answer. @param text one JSON-RPC message */
export function readOutcome(text: string): AnswerOutcome | undefined {
  if (text.length > MAX_READ_CHARS) return WENT_WELL;
  if (!MAY_SAY_MORE.test(text)) return text.includes('"result"') ? WENT_WELL : undefined;
  const message = parseJson(text);
  if (!isRecord(message) || "method" in message) return undefined;
  if (isRecord(message.error)) return errorOutcome(Number(message.error.code));
  if (!isRecord(message.result)) return undefined;
  return message.result.isError === true ? TOOL_ERROR : WENT_WELL;
}
