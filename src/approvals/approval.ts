// The words of approvals: what is asked for, what became of it, and where that is kept. Types and words only.
import type { ApprovalState, Approved, Place } from "../gate/types.ts";

export { APPROVAL_STATES } from "../gate/types.ts";

/** Who decides by the operator key, whether through the console, a command or the API. */
export const OPERATOR = "operator";

/** One request for a person's approval of one call. */
export type ApprovalRequest = {
  /** UUID. */
  readonly id: string;
  readonly state: ApprovalState;
  /** The catalogue name of the server. */
  readonly server: string;
  /** Its key in the configuration: several servers may have one catalogue name. Undefined where none is configured. */
  readonly serverKey: string | undefined;
  /** The tool; for a request that is no `tools/call`, its method. */
  readonly tool: string;
  /** Canonical JSON of the arguments: sorted keys, numbers with their lexemes. From the agent: to be made showable. */
  readonly argsText: string;
  /** The same of what a tool's call tells the server beside name and arguments (`inputResponses`, `task`); undefined where it is nothing. */
  readonly besidesText: string | undefined;
  readonly principal: string;
  readonly session: string;
  readonly reasons: readonly string[];
  /** `<package>/<id>` of every matched rule. */
  readonly rules: readonly string[];
  /** UUID of the decision that asked, as in the decision log. */
  readonly decisionId: string;
  /** Of the bundle that asked. */
  readonly revision: string;
  /** Of the tool's definition, hex; undefined where the call names no listed tool. */
  readonly definitionSha256: string | undefined;
  readonly askedUnixMs: number;
  /** When it can no longer be decided or used. */
  readonly lapsesUnixMs: number;
  readonly decided: Approved | undefined;
};

/** What is asked, before it has an id. */
export type Question = Omit<
  ApprovalRequest,
  "id" | "state" | "serverKey" | "askedUnixMs" | "lapsesUnixMs" | "decided"
> & {
  readonly method: string;
  readonly direction: "to_server" | "from_server";
  readonly place: Place | undefined;
  readonly timeoutSeconds: number;
};

export type ApprovalOutcome =
  | { readonly kind: "done"; readonly request: ApprovalRequest }
  /** Nothing was changed. */
  | { readonly kind: "refused"; readonly problem: string; readonly remedy: string };

/** A request with what only the gate needs of it. */
export type Kept = {
  readonly request: ApprovalRequest;
  /** SHA-256 of everything that a call must have in common with it to go out on it. */
  readonly fingerprint: string;
  /** The same without the arguments: what a grant is bound to. */
  readonly scope: string;
  /** Until when it lets other calls of its scope through; undefined where it does not. */
  readonly grantUntilUnixMs: number | undefined;
  /** SHA-256 of the one-time link that was sent for it, hex. */
  readonly linkSha256: string | undefined;
  readonly linkUsed: boolean;
};

/** Where requests outlive a restart and kill -9. Each call returns when it is written, or throws. */
export interface ApprovalStore {
  add(kept: Kept): void;
  /** Writes state, decision, grant and link of a request that is there. */
  update(kept: Kept): void;
  drop(ids: readonly string[]): void;
  /** In the order in which they were added. */
  load(): readonly Kept[];
}

/** At once in one gate; later where many gates share their requests. */
export type Later<T> = T | Promise<T>;

/** What an operator does with requests; the agent's own channel has no way here. */
export interface Approvals {
  /** The newest first; at most a thousand. */
  list(filter?: { readonly state?: ApprovalState | undefined }): readonly ApprovalRequest[];
  find(id: string): ApprovalRequest | undefined;
  /**
   * Lets the call through, once; with `grantMinutes` (1 to 1,440) further calls of this tool in this session too, whatever
   * their arguments. Throws, or rejects, where that can't be written: nothing is approved then.
   * @param by who approves, as authenticated
   */
  approve(id: string, by: string, grantMinutes?: number): Later<ApprovalOutcome>;
  /** @param reason the agent is told; 1 to 1,000 characters */
  deny(id: string, by: string, reason: string): Later<ApprovalOutcome>;
  /** Takes the one-time link that was sent for a request. It is no authority: whoever calls this has authenticated who follows it. */
  followLink(id: string, link: string): Later<ApprovalOutcome>;
  /** Called after each change of any request. @returns what ends that */
  onChange(listener: () => void): () => void;
}

/** What a call finds. */
export type Found =
  /** It may go out: on an approval of its own, or on a grant that an earlier call got. */
  | { readonly kind: "through"; readonly request: ApprovalRequest; readonly byGrant: boolean }
  /** Pending, or denied and not to be asked again yet. */
  | { readonly kind: "standing"; readonly request: ApprovalRequest }
  | { readonly kind: "full"; readonly problem: string };

/** The requests themselves, for who lets calls wait for them. */
export interface Ledger {
  all(): Iterable<ApprovalRequest>;
  find(id: string): ApprovalRequest | undefined;
  /** Lets the call through on what stands for it, else asks; claims nothing but a grant. Throws where it can't be written. */
  ask(question: Question): Found;
  /** Uses an approval up: true once for each. Throws where that can't be written. */
  claim(id: string): boolean;
  /** The call that went out on it did not: it may be used again, where nothing has ended it meanwhile. */
  release(id: string): void;
  approve(id: string, by: string, grantMinutes: number | undefined): ApprovalOutcome;
  deny(id: string, by: string, reason: string): ApprovalOutcome;
  followLink(id: string, link: string): ApprovalOutcome;
  /** Ends what is pending, approved or granted, where `ended` says so. */
  void(ended: (request: ApprovalRequest) => boolean): void;
  /** Ends what has timed out. */
  lapse(): void;
  /** When the next request times out; undefined while none can. */
  nextLapseUnixMs(): number | undefined;
}
