// What an audit finds: as any finding, with the tool that it is about and the input that shows it.
import type { Finding } from "../finding.ts";

export type AuditFinding = Finding & {
  readonly server?: string;
  readonly tool?: string;
  /** The input that shows it. */
  readonly input?: unknown;
  /** The input that this one was made from. */
  readonly from?: unknown;
};
