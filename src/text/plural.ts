/**
 * A number of things, in words.
 *
 * @param noun one of them; an `s` makes it many
 * @example
 * ```ts
 * plural(1, 'row'); // 1 row
 * plural(3, 'row'); // 3 rows
 * ```
 */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
