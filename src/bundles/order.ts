// Which bundles were in force here, in which order, so that none that was replaced comes back unless somebody says so: whoever
// can put a bundle before the gate, but can't sign one, still has all that were signed before. Bundles are known by what they
// say, not by how they were packed. A sequence, where one is signed with them, counts besides.
import { z } from "zod";
import { messageOf } from "../problem.ts";

/** One bundle that may be, or was, in force. */
export type Seen = {
  /** Of its content, and of its sequence: what is signed anew with a higher one is another bundle. */
  readonly id: string;
  readonly revision: string;
  /** What its signature says. */
  readonly sequence?: number | undefined;
};

/** Outlives a restart. */
export interface SeenStore {
  get(name: string): string | undefined;
  set(name: string, value: string): void;
}

export interface Order {
  /** Why it must not come into force again; undefined where it may. */
  refusal(bundle: Seen): string | undefined;
  /** It is in force now. Never throws: what can't be written is held until the gate ends, and told. */
  activated(bundle: Seen): void;
}

const NAME = "bundles_seen";
/** The first ones are forgotten then; a sequence forgets nothing. */
const MAX_SEEN = 1_000;
const seenSchema = z.array(z.object({ id: z.string(), revision: z.string(), sequence: z.number().optional() }));

/** @throws where what the store holds was not written by this */
export function createOrder(store: SeenStore, log: (line: string) => void): Order {
  /** In the order in which they came into force; the last one was the last to. */
  let seen: readonly Seen[] = seenSchema.parse(JSON.parse(store.get(NAME) ?? "[]"));

  return {
    refusal({ id, revision, sequence }) {
      const last = seen.at(-1);
      if (last === undefined || last.id === id) return undefined;
      if (seen.some((one) => one.id === id)) {
        return `revision ${revision} was in force before, and ${last.revision} took its place`;
      }
      if (last.sequence === undefined) return undefined;
      if (sequence === undefined) return `it has no sequence, and revision ${last.revision} had ${last.sequence}`;
      if (sequence > last.sequence) return undefined;
      return `its sequence ${sequence} is not above ${last.sequence}, that of revision ${last.revision}`;
    },
    activated(bundle) {
      if (seen.at(-1)?.id === bundle.id) return;
      seen = [...seen.filter(({ id }) => id !== bundle.id), bundle].slice(-MAX_SEEN);
      try {
        store.set(NAME, JSON.stringify(seen));
      } catch (error) {
        log(`bundle: a restart will not know that revision ${bundle.revision} was in force: ${messageOf(error)}`);
      }
    },
  };
}
