// What the console reads of the gate, and what it may change, as it needs it: the composition root says who answers. The
// console judges no call.
import type { Approvals } from "../approvals/approval.ts";
import type { Freezes } from "../freeze/freeze.ts";
import type { Category, Decision, Evaluation, Risk, RuleLocation, Severity, ToolFacts } from "../gate/types.ts";
import type { Activity } from "../status/activity.ts";
import type { Status } from "../status/status-schema.ts";

export type ReviewedParameter = {
  readonly required: boolean;
  readonly type?: string | undefined;
  readonly description?: string | undefined;
};

/** What is known of one tool: by the catalogue, where by hand only the judgement is needed, or by its live definition. */
export type ToolInfo = {
  readonly category: Category;
  readonly risk: Risk;
  readonly severity: Severity;
  readonly signals?: readonly string[] | undefined;
  readonly rationale?: string | undefined;
  readonly description?: string | undefined;
  readonly parameters?: Readonly<Record<string, ReviewedParameter>> | undefined;
  readonly sha256?: string | undefined;
  /** `documented`: known from documentation only. */
  readonly source?: string | undefined;
};

export type ReviewedServer = {
  readonly title?: string | undefined;
  readonly package?: string | undefined;
  readonly version?: string | undefined;
  readonly tools: Readonly<Record<string, ToolInfo>>;
};

/** By catalogue name. */
export type Catalogue = Readonly<Record<string, ReviewedServer>>;

/** How the tool that a server lists now stands to the one that was reviewed. */
export type LiveStatus =
  /** Not listed to anyone since the gate started, as far as it knows. */
  | { readonly kind: "unseen" }
  /** `by`: documentation where there was no definition to review. */
  | { readonly kind: "reviewed"; readonly by: "definition" | "documentation" }
  /** `what`: the difference, in words. */
  | { readonly kind: "changed"; readonly what: string }
  /** Listed, and nobody reviewed it. */
  | { readonly kind: "uncatalogued" }
  /** Reviewed, and no longer in the server's whole list. */
  | { readonly kind: "gone" };

export type ToolName = { readonly server: string; readonly tool: string };

/** What the policy says of a call without arguments, and of what tool it says so. */
export type Judgement = { readonly facts: ToolFacts; readonly evaluation: Evaluation };

/** The Rego for exactly one tool, by what it says. */
export type ToolRego = {
  readonly allow: string;
  readonly rate_limit: string;
  readonly require_approval: string;
  readonly deny: string;
};

/** What the rule with a limit says besides it: `limit` and `inherit` loosen nothing that speaks already. */
export type LimitAction = "allow" | "limit" | "inherit";

/** The policy that judges now: everything of it is of one bundle. */
export interface PolicyView {
  readonly revision: string;
  /** The same object for as long as this policy judges. */
  readonly catalogue: Catalogue;
  /** By id, `<package>/<id>`. */
  readonly rules: ReadonlyMap<string, RuleLocation>;
  /** By the definition that the server lists now, where it is known. */
  judge(name: ToolName): Judgement;
  writeRego(name: ToolName, limitAction: LimitAction): ToolRego;
  /** The input that `judge` has judged, as JSON text. */
  inputOf(name: ToolName): string;
  describe(): BundleView;
  /** What a browser needs to judge as this policy does: the metered module, and its data. */
  readonly program: { readonly wasm: Uint8Array<ArrayBuffer>; readonly dataJson: Uint8Array<ArrayBuffer> };
}

export interface LiveView {
  statusOf(name: ToolName): LiveStatus;
  /** The tools that servers list and nobody reviewed; those of one server where it is named. */
  uncatalogued(server?: string): Iterable<ToolName & { readonly info: ToolInfo }>;
}

/** A line of the decision log; the same object for as long as it is kept. */
export type RecentLine = { readonly text: string };

export interface LineFeed {
  /** The newest first; bounded. */
  recent(): readonly RecentLine[];
  /** @returns what ends the listening */
  onLines(listener: () => void): () => void;
}

/** A bucket as it stands now. */
export type BucketNow = {
  /** `<package>/<id>` of the rule whose bucket it is, or the gate's own. */
  readonly rule: string;
  readonly per: "session" | "principal" | "everyone";
  readonly over: "tool" | "category" | "server" | "all";
  readonly principal: string | undefined;
  readonly session: string | undefined;
  readonly server: string | undefined;
  /** The tool, method or category; undefined where all are counted. */
  readonly what: string | undefined;
  readonly max: number;
  /** Tokens that are there. */
  readonly left: number;
  /** Seconds until it is full again; 0 where it is. */
  readonly fullInSeconds: number;
};

/** What the bundle says of itself. */
export type BundleView = {
  readonly digest: string;
  readonly roots: readonly string[];
  readonly regoVersion: number | undefined;
  readonly wasmBytes: number;
  readonly dataBytes: number;
  readonly entrypoints: readonly {
    readonly name: string;
    readonly title?: string | undefined;
    readonly description?: string | undefined;
  }[];
  readonly packages: readonly {
    readonly path: string;
    readonly file: string;
    readonly title?: string | undefined;
    readonly description?: string | undefined;
  }[];
};

/** The answer to a question that was put to the gate's own policy. */
export type Asked =
  | { readonly kind: "decided"; readonly id: string; readonly decision: Decision }
  | { readonly kind: "refused" | "failed"; readonly problem: string };

export type ConsolePorts = {
  readonly policy: () => PolicyView;
  readonly live: LiveView;
  /** Of this gate. */
  readonly version: string;
  /** What the gate says of itself, as in `regate status`. */
  readonly status: () => Status;
  readonly freezes: Freezes;
  readonly approvals: Approvals;
  /** Those that are part-used, and some that are full; so many at most. */
  readonly buckets: () => { readonly list: readonly BucketNow[]; readonly isCut: boolean };
  /** Has the policy decide on an input, and records that it was asked. */
  readonly ask: (inputText: string) => Promise<Asked>;
  readonly activity: Omit<Activity, "count">;
  readonly lines: LineFeed;
  /** How the gate meters a decision, for a browser that does the same. */
  readonly meter: { readonly exportName: string; readonly baseUnits: number; readonly unitsPerByte: number };
  /** What an input may hold, at its top. */
  readonly inputKeys: readonly string[];
  /** Unix time in milliseconds. */
  readonly unixMs: () => number;
  /** The configured servers: by catalogue name, their keys in the configuration. */
  readonly servers: ReadonlyMap<string, readonly string[]>;
  /** Whether an Authorization header carries the operator key. */
  readonly acceptsKey: (authorization: string | undefined) => boolean;
  /** Told of each wrong key, and the address that it came from. */
  readonly wrongKey: (client: string) => void;
  /** Milliseconds since any fixed point; never steps back. */
  readonly monotonicMs: () => number;
  /** The gate's own log, a line at a time. */
  readonly log: (line: string) => void;
};
