// Tells a configured address of each new request for approval: signed JSON with a one-time link to the console's sign-in. What
// it answers decides nothing. Tried again for as long as somebody could still decide; never in the way of a call.
import { createHmac } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { ApprovalRequest } from "./approval.ts";

export type WebhookOptions = {
  readonly url: string;
  /** Signs each request; never sent. */
  readonly secret: string;
  readonly unixMs: () => number;
  /** Whether there is still something to decide. */
  readonly isPending: (id: string) => boolean;
  /** The gate's own log. */
  readonly log: (line: string) => void;
  /** How long each try may take; 10 s where it is not given. */
  readonly timeoutMs?: number;
  /** How long to wait before each further try; 1 s to 2 min where it is not given. */
  readonly pausesMs?: readonly number[];
};

export interface Webhook {
  /** @param link the whole one-time URL */
  tell(request: ApprovalRequest, link: string): void;
  /** Gives up what was not delivered. */
  close(): void;
}

export const SIGNATURE_HEADER = "regate-signature";
const TIMEOUT_MS = 10_000;
const PAUSES_MS = [1_000, 5_000, 20_000, 60_000, 120_000];
/** Deliveries under way, those that wait for their next try included. */
const MAX_DELIVERIES = 100;

export function createWebhook(options: WebhookOptions): Webhook {
  const { url, secret, unixMs, isPending, log, timeoutMs = TIMEOUT_MS, pausesMs = PAUSES_MS } = options;
  const closing = new AbortController();
  let deliveries = 0;

  /** Why it was not delivered; undefined where it was. */
  async function attempt(body: string): Promise<string | undefined> {
    try {
      const answer = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json", [SIGNATURE_HEADER]: sign(secret, unixMs(), body) },
        body,
        // a redirect could lead anywhere, with the link in its body
        redirect: "manual",
        signal: AbortSignal.any([closing.signal, AbortSignal.timeout(timeoutMs)]),
      });
      await answer.body?.cancel();
      return answer.ok ? undefined : `it answered with HTTP status ${answer.status}`;
    } catch (error) {
      return describe(error);
    }
  }

  async function deliver(id: string, body: string): Promise<void> {
    let problem = await attempt(body);
    for (const pauseMs of pausesMs) {
      if (problem === undefined || closing.signal.aborted) return;
      await sleep(pauseMs, undefined, { ref: false, signal: closing.signal }).catch(() => {});
      if (closing.signal.aborted || !isPending(id)) return;
      problem = await attempt(body);
    }
    if (problem !== undefined) log(`approvals: the webhook could not be told of ${id}: ${problem}`);
  }

  return {
    tell(request, link) {
      if (deliveries >= MAX_DELIVERIES)
        return log(
          `approvals: the webhook is not told of ${request.id}: ${MAX_DELIVERIES} others wait to be delivered`,
        );
      deliveries += 1;
      void deliver(request.id, bodyOf(request, link)).finally(() => {
        deliveries -= 1;
      });
    },
    close: () => closing.abort(),
  };
}

/** `t=UNIX_SECONDS,v1=HEX`: HMAC-SHA256 over the time, a dot and the body. */
export function sign(secret: string, unixMs: number, body: string): string {
  const time = Math.floor(unixMs / 1_000);
  return `t=${time},v1=${createHmac("sha256", secret).update(`${time}.${body}`).digest("hex")}`;
}

/** Without the arguments: they may hold what is nobody's business but the approver's, whom the console shows them. */
function bodyOf(request: ApprovalRequest, link: string): string {
  const { id, server, serverKey, tool, principal, session, reasons, rules, decisionId, revision } = request;
  return JSON.stringify({
    type: "approval.asked",
    id,
    server,
    server_key: serverKey,
    tool,
    principal,
    session,
    reasons,
    rules,
    decision_id: decisionId,
    bundle_revision: revision,
    asked: new Date(request.askedUnixMs).toISOString(),
    lapses: new Date(request.lapsesUnixMs).toISOString(),
    link,
  });
}

/** The cause that fetch hides. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return "it did not answer in time";
  const { cause } = error;
  return cause instanceof Error ? cause.message : error.message;
}
