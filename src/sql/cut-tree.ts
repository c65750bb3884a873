/** How many levels of a parse tree are retained. A text with fewer characters cannot have more levels. */
export const DEEPEST = 1000;

/**
 * Empties a parse tree below some levels. Recursive functions over a deeper tree would exceed the stack, and the time that
 * `JSON.stringify` takes grows with the square of the depth. The function uses nothing outside of itself, because a thread gets
 * its source text.
 */
export function cutBelow(tree: object, deepest: number): void {
  const pending: [part: object, depth: number][] = [[tree, 1]];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [part, depth] = next;
    for (const [key, value] of Object.entries(part)) {
      if (typeof value !== 'object' || value === null) continue;
      if (depth < deepest) pending.push([value, depth + 1]);
      else Reflect.set(part, key, Array.isArray(value) ? [] : {});
    }
  }
}
