// Combinations of choices: all of them where they are few, else a bounded number in which each pair of choices of two lists
// occurs as far as there is room. The same choices give the same combinations, always.

/**
 * @param sizes how many choices each list has
 * @returns for each combination, which choice of each list
 */
export function combine(sizes: readonly number[], limit: number): readonly (readonly number[])[] {
  if (sizes.includes(0)) return [];
  const total = sizes.reduce((product, size) => product * size, 1);
  if (total <= limit) return Array.from({ length: total }, (_, number) => digits(number, sizes));
  const found = new Map<string, readonly number[]>();
  const add = (combination: readonly number[]): void => {
    if (found.size < limit) found.set(combination.join(), combination);
  };
  const first = sizes.map(() => 0);
  add(first);
  for (const [a, sizeA] of sizes.entries()) {
    for (let choiceA = 0; choiceA < sizeA; choiceA += 1) {
      add(first.with(a, choiceA));
      for (let b = a + 1; b < sizes.length; b += 1) {
        for (let choiceB = 1; choiceB < (sizes[b] ?? 0) && found.size < limit; choiceB += 1) {
          add(first.with(a, choiceA).with(b, choiceB));
        }
      }
    }
  }
  const random = createRandom();
  for (let tries = 0; found.size < limit && tries < 4 * limit; tries += 1) {
    add(sizes.map((size) => Math.floor(random() * size)));
  }
  return [...found.values()];
}

function digits(number: number, sizes: readonly number[]): readonly number[] {
  let rest = number;
  return sizes.map((size) => {
    const digit = rest % size;
    rest = Math.floor(rest / size);
    return digit;
  });
}

/** A linear congruential generator that always begins alike. */
function createRandom(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
