// Token buckets that many gates share: the store takes for a call from all of its buckets or from none, by its own clock, in
// one round trip. The answers are those of src/limits/limiter.ts. Where the store can't say, this rejects: what becomes of
// the call then is decided elsewhere.
import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Charge, RateLimit, Receipt, Taken } from "../gate/types.ts";
import { type Draw, describeDraw, drawsOf, exhaustedBy, type Measured, neverBy } from "../limits/draws.ts";
import { type BucketScripts, makeBucketScripts } from "./bucket-scripts.ts";
import { StoreError, type StoreLink } from "./link.ts";

export type SharedLimiterOptions = {
  readonly link: Pick<StoreLink, "run">;
  readonly prefix: string;
  /** How many part-used buckets one principal may hold, at all gates together. */
  readonly maxBucketsPerPrincipal: number;
  /** Others than those by the store's clock in tests only. */
  readonly scripts?: BucketScripts;
};

export interface SharedLimiter {
  /** As `Limiter.take`. @throws StoreError where it can't be said whether anything was taken: the call must not go out on it */
  take(charges: readonly Charge[], principal: string): Promise<Taken>;
  /** As `Limiter.refund`. Where the store can't be told, what was taken stays taken. */
  refund(receipt: Receipt): Promise<void>;
}

const numeric = z.string().transform(Number).pipe(z.number());
const usedSchema = z.array(numeric);
const takeReply = z.union([
  z.tuple([z.literal("exhausted"), usedSchema]),
  z.tuple([z.literal("too_many_buckets"), usedSchema, numeric]),
  z.tuple([z.literal("taken"), usedSchema, z.array(z.tuple([z.string(), z.string(), z.string()]))]),
]);

/** A receipt that is given back so late gives nothing: every bucket of it has been full by then. */
const RECEIPT_SPARE_MS = 60_000;

export class SharedReceipt implements Receipt {
  spent = false;
  constructor(
    readonly id: string,
    readonly charges: readonly Charge[],
    readonly principal: string,
    readonly draws: readonly Draw<unknown>[],
    /** Of each draw, as the store says it: takenSoFar, flowedSoFar, and the take that began the bucket. */
    readonly marks: readonly (readonly [string, string, string])[],
  ) {}
}

/** The store's own time counts: nothing here asks for another. */
const ANY_TIME = 0;

export function createSharedLimiter(options: SharedLimiterOptions): SharedLimiter {
  const { link, prefix, maxBucketsPerPrincipal, scripts = makeBucketScripts() } = options;
  const bucketName = (key: string): string => `${prefix}:b:${key}`;

  async function refund(receipt: Receipt): Promise<void> {
    if (!(receipt instanceof SharedReceipt)) throw new TypeError("this limiter did not issue the receipt");
    if (receipt.spent || receipt.draws.length === 0) return;
    receipt.spent = true;
    const longestMs = Math.max(...receipt.draws.map(({ windowMs }) => windowMs));
    const keptMs = Math.min(Number.MAX_SAFE_INTEGER / 1_000, Math.ceil(longestMs) + RECEIPT_SPARE_MS);
    const marked = receipt.draws.flatMap(({ share }, index) => [String(share), ...(receipt.marks[index] ?? [])]);
    const keys = receipt.draws.map(({ key }) => bucketName(key));
    await link.run(scripts.refund, keys, [prefix, receipt.id, String(keptMs), ...marked]);
  }

  return {
    async take(charges, principal) {
      const draws = drawsOf(charges, () => undefined, ANY_TIME);
      const id = randomUUID();
      if (draws.length === 0)
        return { kind: "taken", receipt: new SharedReceipt(id, charges, principal, [], []), buckets: [] };
      const never = neverBy(charges, draws) === undefined ? "0" : "1";
      const each = draws.flatMap(({ share, windowMs, limit }) => [share, windowMs, limit.max].map(String));
      const keys = draws.map(({ key }) => bucketName(key));
      const read = (reply: unknown): Taken => readTaken(reply, { id, charges, principal, draws });
      const reply = await link.run(
        scripts.take,
        keys,
        [prefix, id, principal, String(maxBucketsPerPrincipal), never, ...each],
        (late) => {
          const taken = read(late);
          // nothing went out on it
          if (taken.kind === "taken") refund(taken.receipt).catch(() => {});
        },
      );
      return read(reply);
    },
    refund,
  };
}

type Asked = {
  readonly id: string;
  readonly charges: readonly Charge[];
  readonly principal: string;
  readonly draws: readonly Draw<unknown>[];
};

function readTaken(reply: unknown, { id, charges, principal, draws }: Asked): Taken {
  const parsed = takeReply.safeParse(reply);
  if (!parsed.success) throw new StoreError("the store answered a take with what is no answer to it");
  const [kind, used, more] = parsed.data;
  const measured = draws.map((draw, index) => ({ ...draw, bucket: bucketAt(used[index]) }));
  if (kind === "too_many_buckets") return { kind, limit: limitAt(draws, more) };
  if (kind === "exhausted") {
    const exhausted = exhaustedBy(charges, measured, ANY_TIME);
    if (exhausted === undefined) throw new StoreError("the store refused a take that its own figures allow");
    return { ...exhausted, buckets: measured.map((draw) => describeDraw(draw, ANY_TIME, 0)) };
  }
  const buckets = measured.map((draw) => describeDraw(draw, ANY_TIME, draw.share));
  return { kind, receipt: new SharedReceipt(id, charges, principal, draws, more), buckets };
}

function bucketAt(used: number | undefined): Measured {
  if (used === undefined) throw new StoreError("the store left a bucket of a take out");
  return { usedAt: () => used };
}

function limitAt(draws: readonly Draw<unknown>[], index: number): RateLimit {
  const draw = draws[index];
  if (draw === undefined) throw new StoreError("the store named a bucket that the call has not");
  return draw.limit;
}
