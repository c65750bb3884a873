/**
 * Returns a number from 0 up to 1 that depends on the seed and the keys alone, and not on what was drawn before. So an outcome
 * is the same in every run with the seed, whatever session comes first.
 *
 * @example
 * ```ts
 * if (draw(seed, 'lost', callId) < 0.05) return; // 5 % of the webhooks are lost
 * ```
 */
export function draw(seed: number, ...keys: readonly (string | number)[]): number {
  // FNV-1a, and the last steps of MurmurHash3, since keys that differ in one digit must give unrelated numbers.
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (const character of keys.join('\n')) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** Draws one of several choices, each with its weight. */
export function drawOne<Choice>(drawn: number, choices: readonly (readonly [Choice, number])[]): Choice {
  const total = choices.reduce((sum, [, weight]) => sum + weight, 0);
  let left = drawn * total;
  const found = choices.find(([, weight]) => {
    left -= weight;
    return left < 0;
  });
  return (found ?? (choices.at(-1) as readonly [Choice, number]))[0];
}
