// Which traces are recorded, as OTEL_TRACES_SAMPLER has it. The same trace is recorded everywhere, or nowhere. Pure.
import { SAMPLED, type SpanContext } from "./trace-context.ts";

export type SamplerConfig = {
  /** Of traces that begin here: 0 to 1. */
  readonly ratio: number;
  /** Whether a parent's decision counts where there is a parent. */
  readonly parentBased: boolean;
};

export type Sampler = (traceId: string, parent: SpanContext | undefined) => boolean;

/** The end of an id is random; so many digits of it are a number that a double holds. */
const RANDOM_DIGITS = 13;
const RANDOM_VALUES = 16 ** RANDOM_DIGITS;

export function createSampler({ ratio, parentBased }: SamplerConfig): Sampler {
  const from = (1 - ratio) * RANDOM_VALUES;
  return (traceId, parent) => {
    if (parentBased && parent !== undefined) return (parent.flags & SAMPLED) !== 0;
    return Number.parseInt(traceId.slice(-RANDOM_DIGITS), 16) >= from;
  };
}
