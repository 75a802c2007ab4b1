// Has what a server says judged by the policy's rules for answers, after everything else was done to it: the answers to calls
// that return content, and notifications. What can't be told to a call does not pass where such rules may speak.
import type { About, AnswerJudge, JudgedAnswer, Said } from "./answers.ts";
import { type JsonNode, MAX_DEPTH, memberOf, scanJson } from "./json-scan.ts";
import { parseServerMessage, type ServerMessage } from "./jsonrpc.ts";
import type { RecentCalls } from "./recent-calls.ts";
import { answerRefusal } from "./refusal.ts";
import type { Screened } from "./upstream.ts";

export type AnswerScreenOptions = {
  readonly judge: AnswerJudge;
  readonly recent: RecentCalls;
  readonly caller: Pick<About, "server" | "session" | "principal" | "observed">;
  /** The request that is answered in this exchange, where there is one. */
  readonly own: { readonly id: string | number; readonly about: About } | undefined;
  readonly era: "legacy" | "modern";
};

type Response = Extract<ServerMessage, { readonly kind: "response" }>;
type Notification = Extract<ServerMessage, { readonly kind: "notification" }>;

/** What comes back from these says what there is. Any other answer may be text for a model, of a method of the server's own too. */
const UNJUDGED: ReadonlySet<string> = new Set([
  "initialize",
  "logging/setLevel",
  "ping",
  "prompts/list",
  "resources/list",
  "resources/subscribe",
  "resources/templates/list",
  "resources/unsubscribe",
  "server/discover",
  "subscriptions/listen",
  "tools/list",
]);
const TASKS = "tasks/";

/** @param screened what became of the message so far */
export async function screenAnswer(
  options: AnswerScreenOptions,
  message: Response | Notification,
  screened: Screened,
): Promise<Screened> {
  if (screened.kind === "drop" || screened.kind === "refuse") return screened;
  if (message.kind === "notification") return screenNotification(options, message, screened);
  const text = screened.kind === "replace" ? screened.text : message.text;
  const response = screened.kind === "replace" ? parseServerMessage(text) : message;
  if (response.kind !== "response") return screened;
  const { judge } = options;
  const about = aboutOf(options, response);
  if (about === undefined) {
    const unknown: About = { ...options.caller, method: "unknown", decisionId: undefined, facts: undefined };
    return take(options, response, screened, unknown, await judge.refuse(unknown, "It answers no call that is known"));
  }
  const said = saidIn(response);
  if (said === undefined) return screened;
  if (about.method.startsWith(TASKS) && judge.speaksByTool(about.server) && holdsAnswer(said.node)) {
    return take(options, response, screened, about, await judge.refuse(about, "Which tool it is of can't be known"));
  }
  if (UNJUDGED.has(about.method)) return screened;
  if (!judge.speaksTo(about.server, about.tool)) return screened;
  return take(options, response, screened, about, await judge.judge(about, said));
}

function aboutOf({ own, recent, caller }: AnswerScreenOptions, { id }: Response): About | undefined {
  if (own !== undefined && (id === undefined || String(id) === String(own.id))) return own.about;
  return id === undefined ? undefined : recent.find(caller.session, id);
}

function take(
  { era }: AnswerScreenOptions,
  { idText = "null" }: Response,
  screened: Screened,
  about: About,
  judged: JudgedAnswer,
): Screened {
  switch (judged.kind) {
    case "pass":
      return screened;
    case "redacted":
      return { kind: "replace", text: judged.text };
    case "refused":
      return { kind: "replace", text: answerRefusal(judged.data, about, idText, era) };
  }
}

async function screenNotification(
  { judge, caller, own }: AnswerScreenOptions,
  { method, text }: Notification,
  screened: Screened,
): Promise<Screened> {
  const scan = scanJson(text, { maxDepth: MAX_DEPTH, tolerant: true });
  const root = scan.kind === "scanned" && scan.root.kind === "object" ? scan.root : undefined;
  const node = root && memberOf(root, "params");
  if (root === undefined || node === undefined) return screened;
  const about: About = { ...caller, method, decisionId: own?.about.decisionId, facts: undefined };
  const isOfTask = method.startsWith(`notifications/${TASKS}`) && holdsAnswer(node);
  if (!isOfTask && !judge.speaksTo(about.server, undefined)) return screened;
  const judged =
    isOfTask && judge.speaksByTool(about.server)
      ? await judge.refuse(about, "Which tool it is of can't be known")
      : await judge.judge(about, { kind: "notification", text, root, node });
  switch (judged.kind) {
    case "pass":
      return screened;
    case "redacted":
      return { kind: "replace", text: judged.text };
    case "refused":
      return { kind: "drop", problem: `${method} is refused by the policy: ${judged.data.reasons.join("; ")}` };
  }
}

function saidIn({ text, root, error }: Response): Said | undefined {
  const node = memberOf(root, error === undefined ? "result" : "error");
  return node && { kind: error === undefined ? "result" : "error", text, root, node };
}

/** Whether it may be, or hold, what a tool answered. */
function holdsAnswer(node: JsonNode): boolean {
  if (node.kind !== "object") return false;
  return ["content", "structuredContent", "result", "error"].some((key) => memberOf(node, key) !== undefined);
}
