// What the client may see of what the server sends: tools/list loses the hidden tools wherever such an answer comes, the
// server's own requests are judged, and a message that can't be read for certain is kept back.
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Gate } from "../gate/gate.ts";
import type { Call } from "../gate/types.ts";
import type { Continuations } from "./continuations.ts";
import type { Definitions, Since } from "./definitions.ts";
import { isRecord } from "./envelope.ts";
import { type InputRequests, inputRequestsOf, mayAskForInput } from "./input-requests.ts";
import { parseServerMessage, type ServerMessage } from "./jsonrpc.ts";
import { type ListedTool, listedTools, mayHoldTools, withoutTools } from "./list-filter.ts";
import { isLastPage } from "./list-pages.ts";
import { refusalError, upstreamError } from "./refusal.ts";
import { type AnswerScreenOptions, screenAnswer } from "./screen-answer.ts";
import type { Screen, Screened } from "./upstream.ts";

/** What every call of one exchange begins from. */
export type Caller = Pick<Call, "server" | "place" | "session" | "principal" | "observed">;

export type ScreenOptions = {
  readonly gate: Gate;
  readonly definitions: Definitions;
  readonly continuations: Continuations;
  /** Whose exchange it is. */
  readonly caller: Caller;
  /** The call that is being answered, where there is one. */
  readonly call: Call | undefined;
  /** Has answers judged by rules of the policy for them. */
  readonly answers?: Omit<AnswerScreenOptions, "caller"> | undefined;
  /** Which answers may come: the one to this request, none, or any (a stream that is resumed). */
  readonly expects?: { readonly id: string | number } | "none" | "any";
};

/** `since`: when the list was asked for that an answer may hold. */
type Screening = ScreenOptions & { readonly since: Since | undefined };

type Answer = Extract<ServerMessage, { readonly kind: "response" }>;

/** After so many tools of a list were judged, or so long, other calls get their turn: to classify one may take milliseconds. */
const TOOLS_PER_TURN = 50;
const MS_PER_TURN = 10;
const PASS: Screened = { kind: "pass" };

export function createScreen(options: ScreenOptions): Screen {
  const { caller, answers, expects = "any" } = options;
  const screen = createMessageScreen(options);
  const speaks = (): boolean => answers?.judge.speaksAt(caller.server) === true;
  const screenText: Screen = (text) => {
    const message = parseServerMessage(text);
    if (message.kind === "response" && !isExpected(message.id, expects))
      return { kind: "drop", problem: "an answer to no request of this exchange" };
    const screened = screen(text, message);
    if (answers === undefined || !speaks() || (message.kind !== "response" && message.kind !== "notification"))
      return screened;
    return Promise.resolve(screened).then((one) => screenAnswer({ ...answers, caller }, message, one));
  };
  return Object.assign(screenText, { isStrict: speaks });
}

/** A server that does not know which request failed says so under no id; some answer to "1" where 1 asked. */
function isExpected(id: string | number | undefined, expects: NonNullable<ScreenOptions["expects"]>): boolean {
  if (id === undefined || expects === "any") return true;
  return expects !== "none" && String(id) === String(expects.id);
}

function createMessageScreen(
  options: ScreenOptions,
): (text: string, message: ServerMessage) => Screened | Promise<Screened> {
  const { definitions, caller, call } = options;
  const since = call?.method === "tools/list" ? definitions.since(caller.session) : undefined;
  return (text, message) => {
    switch (message.kind) {
      case "unreadable":
        return { kind: "drop", problem: message.problem };
      case "notification":
        if (message.method === "notifications/tools/list_changed") definitions.forget(caller.session);
        return PASS;
      case "request":
        return screenRequest(options, message.idText, message.method, message.params);
      case "response":
        if (message.id === undefined || message.idText === undefined) return PASS;
        if (message.error !== undefined || !(mayHoldTools(text) || mayAskForInput(text)))
          return { kind: "pass", id: message.id };
        return screenResult({ ...options, since }, message.idText, message);
    }
  };
}

/** A result may hold tools, and questions too. */
async function screenResult(options: Screening, idText: string, answer: Answer): Promise<Screened> {
  const filtered = await filterList(options, idText, answer);
  const asked = inputRequestsOf(answer.text, answer.root);
  switch (asked.kind) {
    case "none":
      return filtered;
    case "malformed":
      return { kind: "drop", problem: `it asks for input, but ${asked.problem}` };
    case "asked":
      return screenQuestions(options, idText, asked, filtered);
  }
}

/** A request of the server's own, such as sampling: denied ones are answered by the gate. */
async function screenRequest(
  options: ScreenOptions,
  idText: string,
  method: string,
  params: Call["params"],
): Promise<Screened> {
  const verdict = await options.gate.judge({
    ...options.caller,
    direction: "from_server",
    method,
    ...(params !== undefined && { params }),
  });
  if (verdict.kind === "forward") return PASS;
  return { kind: "refuse", replyText: refusalError(verdict, { server: options.caller.server, method }, idText) };
}

/** Takes in the definitions of a list and leaves out the hidden tools; passes what holds no list. */
async function filterList(options: Screening, idText: string, { text, root }: Answer): Promise<Screened> {
  const listed = listedTools(text, root);
  if (listed.kind === "none") return PASS;
  if (listed.kind === "malformed") {
    return {
      kind: "replace",
      text: upstreamError(idText, options.caller.server, `it sent a malformed list of tools: ${listed.problem}`),
    };
  }
  const place = { isFirst: asksForFirstPage(options.call), isLast: isLastPage(listed) };
  options.definitions.learn(options.caller.session, listed.tools, place, options.since);
  const filtered = withoutTools(text, await hiddenOf(options, listed.tools), root);
  return filtered === text ? PASS : { kind: "replace", text: filtered };
}

function asksForFirstPage(call: Call | undefined): boolean {
  const params = call?.params?.value;
  return call?.method === "tools/list" && !(isRecord(params) && Object.hasOwn(params, "cursor"));
}

/** The names of those that the caller may not see. */
async function hiddenOf(options: ScreenOptions, tools: readonly ListedTool[]): Promise<ReadonlySet<string>> {
  const hidden = new Set<string>();
  let [judged, sinceMs] = [0, performance.now()];
  for (const { name, sha256, text } of tools) {
    if (judged >= TOOLS_PER_TURN || performance.now() - sinceMs >= MS_PER_TURN) {
      await nextTurn();
      [judged, sinceMs] = [0, performance.now()];
    }
    judged += 1;
    const call: Call = {
      ...options.caller,
      direction: "to_server",
      method: "tools/call",
      tool: name,
      definition: { sha256, text },
    };
    if (options.gate.hides(call)) hidden.add(name);
  }
  return hidden;
}

/** In the modern era the server asks through its answer: each question is judged like a request of its own. */
async function screenQuestions(
  options: ScreenOptions,
  idText: string,
  { requests, requestState }: Extract<InputRequests, { kind: "asked" }>,
  permitted: Screened,
): Promise<Screened> {
  for (const { method, params } of requests) {
    const screened = await screenRequest(options, idText, method, params);
    if (screened.kind === "refuse") return { kind: "replace", text: screened.replyText };
  }
  const { call, continuations } = options;
  if (call !== undefined && requestState !== undefined) continuations.remember(call, requestState);
  return permitted;
}
