// What the policy's rules for answers did to one answer, as a line of the decision log: what was masked or refused, by which
// rules, and on which decision. Nothing of the answer is in it but places. It is no decision on a call. Pure.
import type { Call } from "../gate/types.ts";
import { maskSecrets } from "./mask.ts";
import type { LineContext, RuleSite } from "./write-line.ts";

export const RESULT_PATH = "regate/result";

export type ResultEvent = {
  readonly kind: "redacted" | "refused";
  /** What it was; absent where that could not be told. */
  readonly said: "result" | "error" | "notification" | undefined;
  readonly about: Pick<Call, "server" | "method" | "session" | "principal"> & {
    readonly tool?: string | undefined;
    /** Of the decision on the call that it answers. */
    readonly decisionId: string | undefined;
  };
  readonly bundle: { readonly revision: string; readonly digest: string };
  readonly rules: readonly RuleSite[];
  readonly reasons: readonly string[];
  readonly malformed: readonly string[];
  /** JSON pointers. */
  readonly redacted: readonly string[] | undefined;
  /** Why it could not be judged. */
  readonly problem: string | undefined;
  /** True where the server is observed: the answer went on as it came. */
  readonly observed: boolean;
  readonly unixMs: number;
};

const MAX_POINTERS = 200;

/** @returns the line, without a line feed at its end and with none inside */
export function toResultLine(event: ResultEvent, { labels, maskedKeys }: LineContext): string {
  const { about, redacted } = event;
  const { server, tool, method, session, principal, decisionId } = about;
  const { value } = maskSecrets(
    {
      input: { server, tool, method, session, answer: event.said },
      result: {
        action: event.kind === "refused" ? "refuse" : "redact",
        reasons: event.reasons,
        rules: event.rules.map(({ id }) => id),
        malformed: event.malformed,
        redact: redacted?.slice(0, MAX_POINTERS),
      },
      regate: {
        verdict: event.kind,
        observed: event.observed || undefined,
        decision: decisionId,
        rules: event.rules,
        redacted: redacted?.length,
        problem: event.problem,
      },
    },
    { at: "", redact: [], maskedKeys },
  );
  return JSON.stringify({
    labels,
    bundles: { regate: event.bundle },
    path: RESULT_PATH,
    ...(typeof value === "object" && value !== null && value),
    requested_by: principal.id,
    timestamp: new Date(event.unixMs).toISOString(),
  });
}
