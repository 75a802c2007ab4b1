// subscriptions/listen of a client of all servers (2026-07-28): acknowledged at once, whichever servers are there, then told of
// every change of tools at any of them. What else it asks to be told of is not offered here.
import { setTimeout as sleep } from "node:timers/promises";
import type { Principal } from "../../gate/types.ts";
import { isRecord } from "../envelope.ts";
import { type ClientRequest, INVALID_PARAMS, parseServerMessage } from "../jsonrpc.ts";
import type { Outgoing, RequestHead } from "../outgoing.ts";
import { SUBSCRIPTION_ID_KEY } from "../protocol-keys.ts";
import { errorAnswer } from "../refusal.ts";
import { accepts, answerFault, sessionHeaders } from "../stdio-answers.ts";
import { writeJson } from "../write-answer.ts";
import { openClientStream } from "./client-stream.ts";
import type { Claims, Link } from "./link.ts";
import type { SharedSession } from "./shared-session.ts";

export type Subscription = {
  readonly session: SharedSession;
  readonly principal: Principal;
  readonly expiresUnixMs: number | undefined;
  readonly incoming: RequestHead;
  readonly outgoing: Outgoing;
  readonly message: ClientRequest;
  readonly claims: Claims;
};

const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;
/** So often is looked whether there are other servers. */
const LOOK_MS = 1_000;

/** Resolves when the client is gone. */
export async function listenForChanges(subscription: Subscription): Promise<void> {
  const { session, incoming, outgoing, message } = subscription;
  const asked = isRecord(message.params?.value) ? message.params.value.notifications : undefined;
  if (!isRecord(asked)) {
    const problem = '"params.notifications" must be an object';
    return writeJson(outgoing, 200, errorAnswer(message.idText, INVALID_PARAMS, problem));
  }
  if (!accepts(incoming.headers.accept, "text/event-stream"))
    return answerFault(outgoing, 406, "the client must accept text/event-stream");
  const wantsTools = asked.toolsListChanged === true;
  const stream = openClientStream(outgoing, sessionHeaders(incoming), subscription.expiresUnixMs);
  const notify = (method: string, params: string): void =>
    stream.send(
      `{"jsonrpc":"2.0","method":"notifications/${method}","params":{${params}"_meta":{"${SUBSCRIPTION_ID_KEY}":${message.idText}}}}`,
    );
  notify("subscriptions/acknowledged", `"notifications":${wantsTools ? '{"toolsListChanged":true}' : "{}"},`);
  if (!wantsTools) return stream.over;
  const detach = session.attach({ changed: () => notify("tools/list_changed", "") });
  const gone = new AbortController();
  void followAll(subscription, gone.signal);
  await stream.over;
  gone.abort();
  detach();
}

async function followAll(subscription: Subscription, gone: AbortSignal): Promise<void> {
  const { session } = subscription;
  const followed = new WeakSet<Link>();
  while (!gone.aborted) {
    for (const link of session.links()) {
      if (followed.has(link)) continue;
      followed.add(link);
      void follow(subscription, link, gone);
    }
    await sleep(LOOK_MS, undefined, { signal: gone, ref: false }).catch(() => {});
  }
}

/** One subscription after the other, for as long as the client listens and the server is there. */
async function follow({ session, principal, claims }: Subscription, link: Link, gone: AbortSignal): Promise<void> {
  for (let failures = 0; !gone.aborted && session.links().includes(link); failures += 1) {
    const goesOn = await link.subscribe(principal, claims, gone, (text) => {
      const message = parseServerMessage(text);
      if (message.kind !== "notification") return;
      const isBack = message.method === "notifications/subscriptions/acknowledged" && failures > 0;
      if (isBack || message.method === "notifications/tools/list_changed") session.changed();
      failures = 0;
    });
    if (!goesOn) return;
    const waitMs = Math.min(FIRST_RETRY_MS * 2 ** failures, LONGEST_RETRY_MS);
    await sleep(waitMs, undefined, { signal: gone, ref: false }).catch(() => {});
  }
}
