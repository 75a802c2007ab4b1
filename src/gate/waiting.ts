// Steps that wait only where there is something to wait for: written top to bottom like an async function, with `yield* wait(x)` in
// the place of `await x`, and done at once where nothing was a promise. Most calls wait for nothing.

/** Steps with a result. */
export type Steps<T> = Generator<Promise<unknown>, T, unknown>;

/** What a step goes on with: the value itself, or what the promise comes to. */
export function* wait<T>(value: T | Promise<T>): Steps<T> {
  // whoever runs the steps answers with what this very promise came to
  return value instanceof Promise ? ((yield value) as T) : value;
}

/** Runs the steps; a promise only where one of them waits. */
export function run<T>(steps: Steps<T>): T | Promise<T> {
  const first = steps.next();
  return first.done === true ? first.value : goOn(steps, first.value);
}

async function goOn<T>(steps: Steps<T>, first: Promise<unknown>): Promise<T> {
  for (let waiting = first; ; ) {
    const next = await waiting.then(
      (value) => () => steps.next(value),
      (error: unknown) => () => steps.throw(error),
    );
    const step = next();
    if (step.done === true) return step.value;
    waiting = step.value;
  }
}
