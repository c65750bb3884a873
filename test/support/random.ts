/** A deterministic source of random numbers. */
export interface Random {
  /** A number of at least 0 and less than 1. */
  next(): number;
  /** An integer of at least 0 and less than the limit. */
  below(limit: number): number;
  pick<T>(choices: readonly T[]): T;
  /** Returns the elements in random order. */
  shuffle<T>(elements: readonly T[]): T[];
}

/** Creates a source from a seed. Neighbouring seeds give unrelated numbers (mulberry32). */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    next,
    below,
    pick: (choices) => choices[below(choices.length)] as (typeof choices)[number],
    shuffle: (elements) =>
      elements
        .map((element) => ({ element, key: next() }))
        .sort((a, b) => a.key - b.key)
        .map(({ element }) => element),
  };
}
