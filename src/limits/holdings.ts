// Who holds buckets, by principal and by number: a record has the number. A principal without a bucket is not known here.
import { NO_PLACE } from "./bucket.ts";

/** What a principal holds: its records are linked. */
export type Holding = {
  readonly principal: string;
  readonly number: number;
  /** The place of its first record, or NO_PLACE. */
  first: number;
  /** How many records it has. */
  size: number;
  /** No bucket of the holding is full before this monotonic time. */
  nextFullMs: number;
};

export class Holdings {
  readonly #byPrincipal = new Map<string, Holding>();
  /** Undefined where the number is free. */
  readonly #byNumber: (Holding | undefined)[] = [];
  readonly #freeNumbers: number[] = [];

  /** How many principals hold buckets. */
  get size(): number {
    return this.#byPrincipal.size;
  }

  of(principal: string): Holding | undefined {
    return this.#byPrincipal.get(principal);
  }

  numbered(number: number): Holding | undefined {
    return this.#byNumber[number];
  }

  /** For a principal that has none. Numbers of ended ones come first. */
  begin(principal: string): Holding {
    const number = this.#freeNumbers.pop() ?? this.#byNumber.length;
    const holding = { principal, number, first: NO_PLACE, size: 0, nextFullMs: Number.POSITIVE_INFINITY };
    this.#byPrincipal.set(principal, holding);
    this.#byNumber[number] = holding;
    return holding;
  }

  /** Of one without records. */
  end({ principal, number }: Holding): void {
    this.#byPrincipal.delete(principal);
    this.#byNumber[number] = undefined;
    this.#freeNumbers.push(number);
  }
}
