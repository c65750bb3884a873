/** East Asian writing, and emoji. */
const WIDE =
  /[\u1100-\u115F\u2329\u232A\u2E80-\u303E\u3041-\uA4CF\uA960-\uA97F\uAC00-\uD7A3\uF900-\uFAFF\uFE10-\uFE19\uFE30-\uFE6F\uFF01-\uFF60\uFFE0-\uFFE6\u{16FE0}-\u{18DFF}\u{1AFF0}-\u{1B2FF}\u{1F200}-\u{1F265}\u{20000}-\u{3FFFD}\p{Emoji_Presentation}]/u;
const HALF_A_FLAG = /\p{Regional_Indicator}/u;
/** Marks over other characters, parts of syllables that are put together, and what cannot be seen. */
const NO_CELL = /[\p{Mn}\p{Me}\u1160-\u11FF\u200B-\u200F\u2060-\u2064\uFEFF]/u;

/**
 * How many cells of a terminal a text takes.
 *
 * @param text without control characters
 */
export function cellsOf(text: string): number {
  let cells = 0;
  for (const character of text) cells += cellsOfOne(character);
  return cells;
}

/** The longest beginning of a text that takes no more cells than there are. */
export function beginningWithin(text: string, cells: number): string {
  let left = cells;
  let beginning = '';
  for (const character of text) {
    left -= cellsOfOne(character);
    if (left < 0) break;
    beginning += character;
  }
  return beginning;
}

function cellsOfOne(character: string): number {
  if (NO_CELL.test(character)) return 0;
  return WIDE.test(character) && !HALF_A_FLAG.test(character) ? 2 : 1;
}
