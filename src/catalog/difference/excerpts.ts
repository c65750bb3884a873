const WIDEST = 60;
const BEFORE = 15;

/**
 * Two texts in a form that fits into a sentence: whole where they are short, else from a word shortly before the place
 * where they begin to differ. White space is told as one blank.
 *
 * @returns `none` for a text that is not there
 */
export function excerpts(a: string | undefined, b: string | undefined): readonly [string, string] {
  const one = a?.replaceAll(/\s+/g, ' ').trim();
  const other = b?.replaceAll(/\s+/g, ' ').trim();
  if (one !== undefined && one === other) return ['with other white space', 'written'];
  const place = Math.max(0, commonLength(one ?? '', other ?? '') - BEFORE);
  const start = (one ?? other ?? '').lastIndexOf(' ', place) + 1;
  const isLong = [one, other].some((text) => (text?.length ?? 0) > WIDEST);
  return [excerpt(one, isLong ? start : 0), excerpt(other, isLong ? start : 0)];
}

function excerpt(text: string | undefined, start: number): string {
  if (text === undefined) return 'none';
  const shown = text.slice(start, start + WIDEST);
  const head = start > 0 ? '…' : '';
  const tail = start + WIDEST < text.length ? '…' : '';
  return `${head}${shown}${tail}` || 'nothing';
}

function commonLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}
