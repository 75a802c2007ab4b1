// The words that the gate's parts share: a call, the policy's decision on it, and the gate's verdict.
// Types only, and the constants that belong to them: nothing here runs, reads a clock or knows a transport.

export const CATEGORIES = ["Read", "Write", "Execute", "Financial", "Destructive", "Unknown"] as const;
export type Category = (typeof CATEGORIES)[number];

/** The class that comes with the category: Read Low, Write Medium, Execute and Financial High, Destructive Critical. */
export type Risk = "Low" | "Medium" | "High" | "Critical" | "Unknown";

/** What one tool's own definition adds to its category. */
export type Severity = "low" | "medium" | "high" | "critical";

export const RISK_OF: Readonly<Record<Category, Risk>> = {
  Read: "Low",
  Write: "Medium",
  Execute: "High",
  Financial: "High",
  Destructive: "Critical",
  Unknown: "Unknown",
};

/** Who the caller proved to be; `local` where the gate is unauthenticated on loopback. */
export type Principal = {
  readonly id: string;
  readonly groups: readonly string[];
  readonly claims: Readonly<Record<string, unknown>>;
};

/** A JSON value as it was received: `text` is the exact slice of the body (numbers keep their lexemes), `value` its parse. */
export type ReceivedJson = { readonly text: string; readonly value: unknown };

/** A tool's definition as its server listed it. */
export type ListedDefinition = {
  /** SHA-256 (hex) of its canonical form. */
  readonly sha256: string;
  /** As it was received. */
  readonly text: string;
};

/** Which of the configured servers it is: several may have one catalogue name. */
export type Place = {
  /** Its key in the configuration. */
  readonly key: string;
  /** Names the key and where the server is reached: an approval is bound to it. */
  readonly id: string;
};

/** One request that is to be judged, parsed strictly and attributed; what the policy does not need is not here. */
export type Call = {
  /** The catalogue name of the server, e.g. `awslabs.aws-iot-sitewise-mcp-server`. */
  readonly server: string;
  /** Absent where no configured server is called. */
  readonly place?: Place;
  readonly direction: "to_server" | "from_server";
  /** The JSON-RPC method, e.g. `tools/call`. */
  readonly method: string;
  /** The tool that a `tools/call` names; absent for every other method. */
  readonly tool?: string;
  /** The `arguments` of a `tools/call`; absent where the client sent none. */
  readonly args?: ReceivedJson;
  /** The `params` of any other method; absent where the client sent none. */
  readonly params?: ReceivedJson;
  /** All `params` of a `tools/call`, for what an approval is bound to: a policy sees its arguments. */
  readonly wholeParams?: ReceivedJson;
  /** The MCP session, or `principal:<id>`, or `stdio:<uuid>`. */
  readonly session: string;
  readonly principal: Principal;
  /** The definition of the tool that was last listed to this session; absent where the server lists no such tool. */
  readonly definition?: ListedDefinition;
  /** Why the server's definitions could not be listed; the call can't be completed then, and is refused. */
  readonly definitionProblem?: string;
  /** What of the call some reader takes for something else that the server lists, in one sentence; it is refused. */
  readonly misspelt?: string;
  /** True where the configuration wants no arguments held against the server's schemas. */
  readonly looseArguments?: boolean;
  /** True where the server is only observed: it is judged like any other call, and whatever the verdict, it goes out. */
  readonly observed?: boolean;
  /**
   * True for the retry of a call that the server answered with `input_required`, whose `requestState` the gate relayed
   * for this very call: it is judged again, but takes no second token.
   */
  readonly continued?: boolean;
  /** Set where as many requests are under way as may be: it is refused, before anything else is asked of it. */
  readonly overload?: Overload;
};

/** The cap on requests under way at a time that one more is over: those of its session, or all at its server. */
export type Overload = { readonly of: "session" | "server"; readonly max: number };

/** What is known of a tool: what was reviewed, held against the definition that is live now, else what that one looks like. */
export type ToolFacts = {
  readonly category: Category;
  readonly risk: Risk;
  readonly severity: Severity;
  readonly definition: { readonly catalogued: boolean; readonly changed: boolean };
  /** True where nobody reviewed the tool, and the classifier judged it by its live definition. For the record. */
  readonly classified?: boolean;
  /** Why it is Unknown, where nobody reviewed it. For the record. */
  readonly unknownBecause?: string;
};

/** How many calls this principal was allowed before, over all servers, in 24 hours. */
export type History = {
  /** By `<server>/<tool>`. */
  readonly tools: Readonly<Record<string, number>>;
  readonly categories: Readonly<Record<string, number>>;
  readonly labels: Readonly<Record<string, number>>;
};

export type Action = "allow" | "require_approval" | "deny";

/** A limit of one matched rule, all defaults filled in by the policy. */
export type RateLimit = {
  /** `<package>/<id>` of the rule that set it. */
  readonly rule: string;
  /** Tokens that the bucket holds. */
  readonly max: number;
  /** Seconds in which an empty bucket is full again. */
  readonly window: number;
  readonly per: "session" | "principal" | "everyone";
  readonly over: "tool" | "category" | "server" | "all";
  /** Tokens that this call takes. */
  readonly cost: number;
};

/** What `regate/decision` answers for one call (rego/regate/decision.rego). */
export type Decision = {
  readonly action: Action;
  /** Sorted reasons of the matched rules that carry the action; safe to show to the agent. */
  readonly reasons: readonly string[];
  /** Sorted `<package>/<id>` of every matched, well-formed rule. */
  readonly rules: readonly string[];
  /** Sorted, one sentence for each rule or layer that is not well-formed; any makes the action `deny`. */
  readonly malformed: readonly string[];
  readonly rate_limits: readonly RateLimit[];
  /** Seconds: the least of each that a matched rule asks for. */
  readonly approval: { readonly timeout: number; readonly hold: number };
  readonly labels: readonly string[];
  /** JSON pointers into args that the log masks. */
  readonly redact: readonly string[];
  /** True where a matched deny says `hide`. */
  readonly hidden: boolean;
};

/** Where a rule stands in the sources of its bundle. */
export type RuleLocation = {
  /** Relative to the policy folder, e.g. `policy/servers/files/files.rego`; `regate/...` for the library's own. */
  readonly file: string;
  /** Counted from 1. */
  readonly row: number;
  /** The rule as it is written, cut where it is very long. OPA formats what it puts into a bundle, so rows don't fit there. */
  readonly text?: string | undefined;
  /** From the METADATA of the rule. */
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  /** The catalogue name of the server whose package holds the rule. */
  readonly server?: string | undefined;
  /** What its head names: a tool (or `*`), a category, another method (or `*`); none of them in a guardrail. */
  readonly tool?: string | undefined;
  readonly category?: string | undefined;
  readonly method?: string | undefined;
  /** Absent where it is computed. */
  readonly action?: string | undefined;
  /** Whether it has a body that may not hold. */
  readonly conditional?: boolean | undefined;
};

/** The policy that judged, for the record. */
export type Revision = { readonly revision: string; readonly digest: string };

/** What the engine made of one input; it never throws for anything that an input or a policy can cause. */
export type Evaluation = { readonly fuel: number /** Units that it might take. */; readonly budget?: number } & (
  | {
      readonly kind: "decided";
      readonly decision: Decision;
      readonly bundle: Revision;
      /** Of the matched rules those that carry the action; absent where that is not known. */
      readonly deciding?: readonly string[];
    }
  | { readonly kind: "failed"; readonly problem: string; readonly bundle: Revision | undefined }
);

/** What the policy masks of a call's line in the log, besides what its rules redact: JSON pointers from the line's root. */
export type Masks =
  | { readonly kind: "masks"; readonly pointers: readonly string[] }
  /** It can't be said: then all arguments are masked. */
  | { readonly kind: "failed"; readonly problem: string };

/** What `regate/result` says of one answer (rego/regate/result.rego). */
export type ResultDecision = {
  readonly action: "pass" | "redact" | "refuse";
  /** Sorted reasons of the matched rules that carry the action; safe to show to the agent. */
  readonly reasons: readonly string[];
  readonly rules: readonly string[];
  /** Any makes the action `refuse`. */
  readonly malformed: readonly string[];
  /** JSON pointers into what the server said. */
  readonly redact: readonly string[];
  /** Kinds of secrets whose text is masked. */
  readonly secrets: readonly string[];
};

/** What the engine made of one answer; it never throws for anything that an answer or a policy can cause. */
export type ResultEvaluation = { readonly fuel: number } & (
  | { readonly kind: "decided"; readonly decision: ResultDecision }
  | { readonly kind: "failed"; readonly problem: string }
);

/** What `regate/classify` makes of one tool's definition (rego/regate/classify.rego); never `Unknown`. */
export type Classification = {
  readonly category: Category;
  readonly risk: Risk;
  readonly severity: Severity;
  /** Sorted; docs/catalogue.md has the list. */
  readonly signals: readonly string[];
  /** Sorted names of the parameters that a call must bring. */
  readonly required: readonly string[];
  /** Why, in plain words for a person; quotes the server, so it is made showable where it is shown. */
  readonly rationale: string;
};

/** What the engine made of one definition; it never throws for anything that a definition or a policy can cause. */
export type Classified =
  | { readonly kind: "classified"; readonly classification: Classification; readonly fuel: number }
  | { readonly kind: "failed"; readonly problem: string; readonly fuel: number };

/** One bucket that a call takes from. */
export type Charge = {
  /** Names the bucket: package and id of the rule, whose it is, what it counts. */
  readonly key: string;
  readonly limit: RateLimit;
};

/** Tokens that were taken, to be given back only where no byte of the request was written upstream. */
export type Receipt = { readonly charges: readonly Charge[]; readonly principal: string };

/** What a call found in one bucket and left in it, in tokens; for the record. */
export type BucketTake = {
  /** `<package>/<id>` of the rule whose bucket it is. */
  readonly rule: string;
  readonly max: number;
  readonly before: number;
  readonly after: number;
};

export type Taken =
  | { readonly kind: "taken"; readonly receipt: Receipt; readonly buckets?: readonly BucketTake[] }
  /** `retryAfterSeconds` is absent where waiting never helps (the cost is over the bucket's max). */
  | {
      readonly kind: "exhausted";
      readonly limit: RateLimit;
      readonly retryAfterSeconds?: number;
      readonly buckets?: readonly BucketTake[];
    }
  /** The principal holds as many part-used buckets as it may. */
  | { readonly kind: "too_many_buckets"; readonly limit: RateLimit };

/** Where one request for a person's approval may stand; `used`: a call went out on it. */
export const APPROVAL_STATES = ["pending", "approved", "denied", "lapsed", "used", "voided"] as const;
export type ApprovalState = (typeof APPROVAL_STATES)[number];

/** What an approver said. */
export type Approved = {
  /** Who: an operator, never the agent's own channel. */
  readonly by: string;
  readonly unixMs: number;
  /** Why it was denied: the agent is told. */
  readonly reason: string | undefined;
  /** For how long further calls of this tool need no other approval, whatever their arguments; undefined: this call, once. */
  readonly grantMinutes: number | undefined;
};

/** The approval that a call went out on, or that it waits for: for the record, and for the agent. */
export type ApprovalNote = {
  readonly id: string;
  readonly state: ApprovalState;
  readonly askedUnixMs: number;
  readonly decided: Approved | undefined;
  /** It went out on a grant that an earlier call got. */
  readonly byGrant: boolean;
  /** How long this call was held for it, in milliseconds. */
  readonly waitedMs: number;
  /** Seconds until it lapses, rounded down. */
  readonly leftSeconds: number;
  /** Where a person decides. */
  readonly url: string | undefined;
};

/** The steps of a call that can refuse it because they failed, by their names in docs/life-of-a-call.md. */
export type Step = "complete" | "decide" | "limit" | "approve" | "record";

/** What the gate does with a call. `forward` is the only one that lets a byte go upstream. */
export type Verdict = {
  /** UUID of the decision, as in the log and in the refusal. */
  readonly id: string;
  readonly decision: Decision | undefined;
  /** Of its rules those that carry its action; absent where that is not known. */
  readonly deciding?: readonly string[] | undefined;
  readonly facts: ToolFacts | undefined;
  readonly fuel: number;
  /** Units of fuel that the evaluation might take; absent where there was none. */
  readonly budget?: number | undefined;
  readonly bundle: Revision | undefined;
  /** What was taken of each bucket, or would have been; absent where no rule limits the call. */
  readonly buckets?: readonly BucketTake[] | undefined;
  /** What the policy was told of earlier calls; undefined where it does not look at them. */
  readonly history?: History | undefined;
} & Outcome;

export type Outcome = Forward | Refusal;

export type Forward = {
  readonly kind: "forward";
  readonly receipt: Receipt | undefined;
  /** Set where a rule asked for one, and a person gave it. */
  readonly approval?: ApprovalNote | undefined;
  /** What would have become of a call that goes out only because its server is observed. */
  readonly instead?: Refusal | undefined;
};

export type Refusal =
  /** An operator has frozen calls like this one; on an observed server too. `problem` is for the agent. */
  | { readonly kind: "frozen"; readonly problem: string; readonly approval?: ApprovalNote | undefined }
  /** The arguments don't fit the reviewed inputSchema. `problem` says where, without their values: the agent is told. */
  | { readonly kind: "invalid_arguments"; readonly problem: string }
  /** `approval` where it was held for one, got it, and the policy denies it by then. */
  | { readonly kind: "denied"; readonly reasons: readonly string[]; readonly approval?: ApprovalNote | undefined }
  | { readonly kind: "rate_limited"; readonly limit: RateLimit; readonly retryAfterSeconds: number | undefined }
  | { readonly kind: "too_many_buckets"; readonly limit: RateLimit }
  | { readonly kind: "too_many_in_flight"; readonly overload: Overload }
  /** `approval` is absent where nobody could be asked. */
  | {
      readonly kind: "approval_needed";
      readonly reasons: readonly string[];
      readonly problem: string;
      readonly approval?: ApprovalNote | undefined;
    }
  /** A step failed: the gate fails closed. `problem` is for the log; the agent is told the step only. */
  | {
      readonly kind: "failed";
      readonly step: Step;
      readonly problem: string;
      readonly approval?: ApprovalNote | undefined;
    };

/** A value while it is being made. */
export type Draft<T> = { -readonly [Key in keyof T]: T[Key] };
