/** In characters. */
const MAX_LENGTH = 60;
const CONTEXT_LENGTH = 15;

/**
 * Shortens two texts so that they fit into a sentence. Long texts begin at a word shortly before their first difference.
 * White space becomes one space.
 *
 * @param quote the quotation mark around an excerpt; none by default
 * @returns `none` for a missing text
 */
export function excerpts(
  a: string | undefined,
  b: string | undefined,
  quote = '',
): readonly [string, string] {
  const one = a?.replaceAll(/\s+/g, ' ').trim();
  const other = b?.replaceAll(/\s+/g, ' ').trim();
  const beforeDifference = Math.max(0, commonLength(one ?? '', other ?? '') - CONTEXT_LENGTH);
  const start = (one ?? other ?? '').lastIndexOf(' ', beforeDifference) + 1;
  const isLong = [one, other].some((text) => (text?.length ?? 0) > MAX_LENGTH);
  return [excerpt(one, isLong ? start : 0, quote), excerpt(other, isLong ? start : 0, quote)];
}

function excerpt(text: string | undefined, start: number, quote: string): string {
  if (text === undefined) return 'none';
  const shown = text.slice(start, start + MAX_LENGTH);
  const head = start > 0 ? '…' : '';
  const tail = start + MAX_LENGTH < text.length ? '…' : '';
  return text === '' ? 'nothing' : `${quote}${head}${shown}${tail}${quote}`;
}

function commonLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}
