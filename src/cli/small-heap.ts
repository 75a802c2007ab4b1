// V8 lets what is thrown away pile up until the heap is several times what is needed. Where that is little it is told to collect
// earlier; where it is much (a hundred thousand sessions), to go over all of it so often would cost more than the memory does.
import { getHeapStatistics, setFlagsFromString } from "node:v8";

const SMALL_BYTES = 104_857_600;
const LOOK_MS = 5_000;
/** V8 reads it at each collection; 0 is its own choice. */
const PERCENT = { small: 30, large: 0 } as const;

/** From now on, for as long as the process lives. */
export function keepHeapSmall(): void {
  let told: keyof typeof PERCENT | undefined;
  const look = (): void => {
    const size = getHeapStatistics().used_heap_size < SMALL_BYTES ? "small" : "large";
    if (size !== told) setFlagsFromString(`--heap-growing-percent=${PERCENT[size]}`);
    told = size;
  };
  look();
  setInterval(look, LOOK_MS).unref();
}
