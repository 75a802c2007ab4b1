// What a call must have in common with a request for approval to go out on it. Any difference is another call.
import { createHash } from "node:crypto";
import type { Question } from "./approval.ts";

export type Fingerprints = {
  /** Of this one call. */
  readonly fingerprint: string;
  /** Of all calls of this tool in this session, whatever their arguments. */
  readonly scope: string;
};

export function fingerprintsOf(question: Question): Fingerprints {
  const { server, place, direction, method, tool, principal, session, revision, definitionSha256 } = question;
  const { argsText, besidesText } = question;
  const called = [server, place?.id ?? null, direction, method, tool];
  const bound = [...called, principal, session, revision, definitionSha256 ?? null];
  return { fingerprint: hashOf([...bound, argsText, besidesText ?? null]), scope: hashOf(bound) };
}

/** As JSON, so that no two lists have the same text. */
function hashOf(parts: readonly (string | null)[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}
