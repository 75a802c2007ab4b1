// What becomes of limited calls while the store is out of reach: closed, each is refused; local, each is counted here, against
// this gate's share of every limit. Gates whose shares add up to 1 at most let no more through meanwhile than the limits say.
import type { Charge, Receipt, Taken } from "../gate/types.ts";
import type { Takes } from "../limits/limiter.ts";
import { StoreError, type StoreLink } from "./link.ts";
import { type SharedLimiter, SharedReceipt } from "./shared-limiter.ts";

export type DegradingOptions = {
  readonly link: Pick<StoreLink, "problem">;
  readonly shared: SharedLimiter;
  /** Counts here meanwhile, and keeps its levels from one time to the next; undefined: calls are refused. */
  readonly local: { readonly limiter: Takes; readonly share: number } | undefined;
  /** For what is given back and can't be written. */
  readonly log: (line: string) => void;
};

export function createDegradingLimiter({ link, shared, local, log }: DegradingOptions): Takes {
  return {
    async take(charges, principal) {
      if (local === undefined) return await shared.take(charges, principal);
      if (link.problem() !== undefined) return await takeHere(local, charges, principal);
      try {
        return await shared.take(charges, principal);
      } catch (error) {
        if (error instanceof StoreError) return await takeHere(local, charges, principal);
        throw error;
      }
    },
    refund(receipt: Receipt) {
      if (receipt instanceof SharedReceipt)
        shared.refund(receipt).catch((error: unknown) => log(`tokens could not be given back: ${String(error)}`));
      else local?.limiter.refund(receipt);
    },
  };
}

async function takeHere(
  { limiter, share }: NonNullable<DegradingOptions["local"]>,
  charges: readonly Charge[],
  principal: string,
): Promise<Taken> {
  const parts = charges.map(({ key, limit }) => ({ key, limit: { ...limit, max: limit.max * share } }));
  const taken = await limiter.take(parts, principal);
  const whole = charges.find(({ limit }) => limit.rule === ("limit" in taken ? taken.limit.rule : undefined))?.limit;
  if (taken.kind === "exhausted" && taken.retryAfterSeconds === undefined && whole && whole.cost <= whole.max)
    throw new StoreError(
      `the store is out of reach, and this gate's share (${share}) of the limit ${whole.rule} is less than this call takes`,
    );
  return taken;
}
