// What the client gets of an answer that came whole, not as a stream. A request must get its answer: whatever else a server
// says in success is a fault of the server's. An error's body is for people, and kept as it is.
import { isRecord } from "./envelope.ts";
import { type ClientRequest, decodeUtf8 } from "./jsonrpc.ts";
import type { Screen, Screened } from "./upstream.ts";

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
const NO_ANSWER = "what it answered is no answer to this request";
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/** @param request what is answered; undefined where the client looks for no answer in the body */
export function screenWhole(
  answer: ReceivedAnswer,
  request: ClientRequest | undefined,
  screen: Screen,
): WholeAnswer | Promise<WholeAnswer> {
  const { status, isJson, body } = answer;
  if (!isJson || body.length === 0) {
    if (request !== undefined && status < 300) return fault("its answer is empty");
    return { kind: "send", body: screen.isStrict?.() === true ? NOTHING : body };
  }
  const text = decodeUtf8(startsWithMark(body) ? body.subarray(BYTE_ORDER_MARK.length) : body);
  if (text === undefined)
    return takeScreened(answer, request, "", { kind: "drop", problem: "its answer is not UTF-8" }, screen);
  const screened = screen(text);
  if (screened instanceof Promise) return screened.then((one) => takeScreened(answer, request, text, one, screen));
  return takeScreened(answer, request, text, screened, screen);
}

function takeScreened(
  { status, body }: ReceivedAnswer,
  request: ClientRequest | undefined,
  text: string,
  screened: Screened,
  screen: Screen,
): WholeAnswer {
  const isError = status >= 300;
  switch (screened.kind) {
    case "pass":
      if (request !== undefined && !isError && !answers(request, screened.id, text)) return fault(NO_ANSWER);
      return { kind: "send", body };
    case "replace":
      if (request !== undefined && !isError && !isAnswerTo(request, screened.text)) return fault(NO_ANSWER);
      return { kind: "send", body: Buffer.from(screened.text) };
    case "drop":
      if (isError) return { kind: "send", body: screen.isStrict?.() === true ? NOTHING : body };
      return request === undefined ? { kind: "send", body: NOTHING } : fault(screened.problem);
    case "refuse":
      return fault("it answered with a request, which is refused");
  }
}

/** @param id of the message, where the screen says so */
function answers(request: ClientRequest, id: string | number | undefined, text: string): boolean {
  return id === undefined ? isAnswerTo(request, text) : String(id) === String(request.id);
}

/** Whether `text`, which passed a screen, answers `request`. */
export function isAnswerTo(request: ClientRequest, text: string): boolean {
  const message: unknown = JSON.parse(text);
  // some servers answer to "1" where 1 asked, and clients take it
  return isRecord(message) && !("method" in message) && String(message.id) === String(request.id);
}

function startsWithMark(bytes: Uint8Array): boolean {
  return BYTE_ORDER_MARK.every((byte, at) => bytes[at] === byte);
}

function fault(problem: string): WholeAnswer {
  return { kind: "fault", problem };
}
