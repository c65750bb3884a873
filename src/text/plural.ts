/**
 * Writes a count with its noun.
 *
 * @param noun in the singular; the plural adds an `s`
 * @example
 * ```ts
 * plural(1, 'row'); // 1 row
 * plural(3, 'row'); // 3 rows
 * ```
 */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
