// What the client gets of an answer that came whole, not as a stream. A request must get its answer: whatever else a server
// says in success is a fault of the server's. An error's body is for people, and kept as it is.
import { isRecord } from "./envelope.ts";
import type { ClientRequest } from "./jsonrpc.ts";
import type { Screen } from "./upstream.ts";

export type ReceivedAnswer = {
  /** HTTP status, 200 or above. */
  readonly status: number;
  readonly isJson: boolean;
  readonly body: Uint8Array;
};

export type WholeAnswer =
  | { readonly kind: "send"; readonly body: Uint8Array }
  /** The server failed to answer. */
  | { readonly kind: "fault"; readonly problem: string };

const NOTHING = new Uint8Array();

/** @param request what is answered; undefined where the client looks for no answer in the body */
export async function screenWhole(
  { status, isJson, body }: ReceivedAnswer,
  request: ClientRequest | undefined,
  screen: Screen,
): Promise<WholeAnswer> {
  const isError = status >= 300;
  if (!isJson || body.length === 0) {
    return request === undefined || isError ? { kind: "send", body } : fault("its answer is empty");
  }
  const text = decodeUtf8(body);
  const screened =
    text === undefined ? ({ kind: "drop", problem: "its answer is not UTF-8" } as const) : await screen(text);
  switch (screened.kind) {
    case "pass":
    case "replace": {
      const shown = screened.kind === "replace" ? screened.text : text;
      if (request !== undefined && !isError && !isAnswerTo(request, shown ?? ""))
        return fault("what it answered is no answer to this request");
      return { kind: "send", body: screened.kind === "replace" ? Buffer.from(screened.text) : body };
    }
    case "drop":
      if (isError) return { kind: "send", body };
      return request === undefined ? { kind: "send", body: NOTHING } : fault(screened.problem);
    case "refuse":
      return fault("it answered with a request, which is refused");
  }
}

/** Whether `text`, which passed a screen, answers `request`. */
export function isAnswerTo(request: ClientRequest, text: string): boolean {
  const message: unknown = JSON.parse(text);
  // some servers answer to "1" where 1 asked, and clients take it
  return isRecord(message) && !("method" in message) && String(message.id) === String(request.id);
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function fault(problem: string): WholeAnswer {
  return { kind: "fault", problem };
}
