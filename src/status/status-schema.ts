// What a running gate says of itself to an operator: the form of `GET /v1/status`, for the gate and for `regate status` alike.
import { z } from "zod";
import { bundleStatusSchema } from "../bundles/status.ts";

const revisionSchema = z.object({
  /** As the person named it. */
  file: z.string(),
  revision: z.string(),
  digest: z.string(),
  /** Since when it judges. */
  since: z.iso.datetime(),
});

const divergenceSchema = z.object({
  server: z.string(),
  tool: z.string(),
  change: z.enum(["looser", "stricter", "other"]),
  /** What differs: `action`, `limits`, `reasons`, ... */
  what: z.array(z.string()),
  /** What the active policy and the shadow make of the call, in a few words. */
  active: z.string(),
  shadow: z.string(),
  calls: z.int(),
  /** The last call that showed it, in the decision log. */
  decision_id: z.string(),
});

const shadowSchema = z.object({
  file: z.string(),
  /** Absent while no bundle could be taken. */
  policy: revisionSchema.optional(),
  /** Why the file can't be taken now. */
  problem: z.string().optional(),
  /** Calls that it judged beside the active policy, since either of the two was taken. */
  judged: z.int(),
  /** Calls that it was too slow for. */
  dropped: z.int(),
  divergences: z.object({ looser: z.int(), stricter: z.int(), other: z.int() }),
  /** The most frequent ones first; some are left out. */
  top: z.array(divergenceSchema),
  /** Where each divergence is a line. */
  log: z.string(),
  /** Lines that could not be written. */
  lost: z.int(),
});

const upstreamSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("stdio"), processes: z.int() }),
  /** `last_status`: of its last answer; absent where there was none to the last request. */
  z.object({ kind: z.literal("http"), connections: z.int(), last_status: z.int().optional() }),
]);

const serverSchema = z.object({
  key: z.string(),
  catalogue: z.string(),
  /** Observed, nothing that the policy refuses is refused. */
  mode: z.enum(["enforce", "observe"]),
  arguments: z.enum(["checked", "loose"]),
  /** Whether a package of the policy speaks for it. */
  has_rules: z.boolean(),
  upstream: upstreamSchema,
  /** Tools whose definition is not the reviewed one. */
  changed_tools: z.array(z.string()),
  /** By the kind of outcome; of an observed server what would have become of the calls. */
  verdicts: z.record(z.string(), z.int()),
  /** Calls that went out only because the server is observed. */
  let_through: z.int(),
  /** Heard of in the last hour. */
  sessions: z.int(),
  last_call: z.iso.datetime().optional(),
});

export const frozenSchema = z.object({
  /** In words, as in `Calls of agent-7 to files`. */
  what: z.string(),
  /** Catalogue name; absent where it is for all servers. */
  server: z.string().optional(),
  principal: z.string().optional(),
  since: z.iso.datetime(),
  /** Who froze it: `operator` for who has the operator key, else the principal of a token. */
  by: z.string().optional(),
});

const storeSchema = z.object({
  /** Without credentials. */
  url: z.string(),
  /** What becomes of limited calls while it is out of reach. */
  failure: z.enum(["closed", "local"]),
  /** This gate's part of each limit meanwhile; absent where calls are refused. */
  local_share: z.number().optional(),
  /** Why it is out of reach; absent while it is not. */
  problem: z.string().optional(),
});

export const statusSchema = z.object({
  version: z.string(),
  instance: z.uuid(),
  started: z.iso.datetime(),
  now: z.iso.datetime(),
  /** Revision `none`, and no digest, while nothing judges. */
  policy: revisionSchema,
  /** How the bundle came, in the fields of OPA's bundle status. */
  bundle: bundleStatusSchema,
  shadow: shadowSchema.optional(),
  /** What an operator has frozen; the oldest first. */
  frozen: z.array(frozenSchema),
  servers: z.array(serverSchema),
  /** What is shared with other gates; absent where this is the only one. */
  store: storeSchema.optional(),
  log: z.object({
    file: z.string(),
    durable: z.boolean(),
    /** What becomes of calls while it can't be written. */
    on_failure: z.enum(["refuse", "continue"]),
    /** Decisions that are missing from it, since the gate started. */
    lost: z.int(),
    failing: z.boolean(),
  }),
});

export type Status = z.infer<typeof statusSchema>;
export type FrozenStatus = z.infer<typeof frozenSchema>;
export type ServerStatus = z.infer<typeof serverSchema>;
export type StoreStatus = z.infer<typeof storeSchema>;
export type ShadowStatus = z.infer<typeof shadowSchema>;
