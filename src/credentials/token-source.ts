// The token that the gate has for one server, by client credentials: fetched when it is first needed, again before it expires, and
// once where the server refuses it. One request at a time, and none after another where they fail. Problems quote no secret.
import { z } from "zod";
import type { OAuthClient } from "../config/oauth-schema.ts";
import { fetchText } from "../fetch-text.ts";
import type { LiveText } from "./live-text.ts";

export interface TokenSource {
  /** Rejects where there is none, with a reason for the log. */
  current(): string | Promise<string>;
  /** One to use in the place of `refused`; undefined where there is no other. Never rejects. */
  renew(refused: string): Promise<string | undefined>;
}

export type TokenSourceOptions = Omit<OAuthClient, "clientSecret"> & {
  readonly clientSecret: LiveText;
  readonly monotonicMs: () => number;
  /** Told once, until one could be had again. */
  readonly onProblem: (problem: string) => void;
};

const TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 65_536;
/** After one that failed, and between two for a server that refuses whatever it is sent. */
export const PAUSE_MS = 5_000;
const UNSAID_LIFETIME_S = 3_600;
const LONGEST_LIFETIME_S = 86_400;

const tokenSchema = z.object({
  access_token: z.string().regex(/^[\x21-\x7e]{1,16384}$/),
  token_type: z.string().regex(/^bearer$/i),
  expires_in: z.coerce.number().positive().optional(),
});
const errorSchema = z.object({ error: z.string().regex(/^[a-z_]{1,64}$/) });

type Token = {
  readonly text: string;
  readonly fetchedMs: number;
  readonly refreshMs: number;
  readonly untilMs: number;
};

export function createTokenSource(options: TokenSourceOptions): TokenSource {
  const { monotonicMs, onProblem, clientSecret } = options;
  let token: Token | undefined;
  let fetching: Promise<string> | undefined;
  let failed: { readonly untilMs: number; readonly error: Error } | undefined;

  function fetchOne(): Promise<string> {
    fetching ??= ask(options, clientSecret.read(), monotonicMs())
      .then((got) => {
        token = got;
        failed = undefined;
        return got.text;
      })
      .catch((error: Error) => {
        if (failed === undefined) onProblem(error.message);
        failed = { untilMs: monotonicMs() + PAUSE_MS, error };
        throw error;
      })
      .finally(() => {
        fetching = undefined;
      });
    return fetching;
  }

  const mayAsk = (): boolean => fetching === undefined && (failed === undefined || failed.untilMs <= monotonicMs());

  return {
    current() {
      const nowMs = monotonicMs();
      if (token === undefined || token.untilMs <= nowMs) {
        if (fetching !== undefined || failed === undefined || failed.untilMs <= nowMs) return fetchOne();
        return Promise.reject(failed.error);
      }
      // the next calls go on with this one meanwhile
      if (token.refreshMs <= nowMs && mayAsk()) fetchOne().catch(() => {});
      return token.text;
    },
    async renew(refused) {
      if (token !== undefined && token.text !== refused) return token.text;
      const isNew = token !== undefined && monotonicMs() - token.fetchedMs < PAUSE_MS;
      if (fetching === undefined && (isNew || !mayAsk())) return undefined;
      const fresh = await fetchOne().catch(() => undefined);
      return fresh === refused ? undefined : fresh;
    },
  };
}

async function ask(options: TokenSourceOptions, secret: string, nowMs: number): Promise<Token> {
  const { tokenUrl, clientId, clientAuth, scope, resource } = options;
  const form = new URLSearchParams({ grant_type: "client_credentials" });
  if (scope !== undefined) form.set("scope", scope);
  if (resource !== undefined) form.set("resource", resource);
  const headers: Record<string, string> = { "content-type": "application/x-www-form-urlencoded" };
  if (clientAuth === "post") {
    form.set("client_id", clientId);
    form.set("client_secret", secret);
  } else {
    const pair = `${encodeURIComponent(clientId)}:${encodeURIComponent(secret)}`;
    headers.authorization = `Basic ${Buffer.from(pair).toString("base64")}`;
  }
  const answer = await fetchText(tokenUrl, {
    method: "POST",
    headers,
    body: form.toString(),
    timeoutMs: TIMEOUT_MS,
    maxBytes: MAX_ANSWER_BYTES,
  });
  if (answer.kind === "failed") throw new Error(answer.problem);
  const body = parse(answer.text);
  if (answer.status !== 200) {
    const said = errorSchema.safeParse(body).data?.error;
    throw new Error(`it answered with HTTP status ${answer.status}${said === undefined ? "" : ` (${said})`}`);
  }
  const parsed = tokenSchema.safeParse(body);
  if (!parsed.success) throw new Error("what it answered is no bearer token");
  const { access_token: text, expires_in: said = UNSAID_LIFETIME_S } = parsed.data;
  const lifetimeMs = Math.min(said, LONGEST_LIFETIME_S) * 1_000;
  return { text, fetchedMs: nowMs, refreshMs: nowMs + lifetimeMs * 0.8, untilMs: nowMs + lifetimeMs * 0.95 };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
