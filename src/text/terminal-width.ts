/** East Asian scripts and emoji, which take two cells. */
const WIDE =
  /[\u1100-\u115F\u2329\u232A\u2E80-\u303E\u3041-\uA4CF\uA960-\uA97F\uAC00-\uD7A3\uF900-\uFAFF\uFE10-\uFE19\uFE30-\uFE6F\uFF01-\uFF60\uFFE0-\uFFE6\u{16FE0}-\u{18DFF}\u{1AFF0}-\u{1B2FF}\u{1F200}-\u{1F265}\u{20000}-\u{3FFFD}\p{Emoji_Presentation}]/u;
/** Half of a flag: one cell, although it counts as an emoji. */
const HALF_A_FLAG = /\p{Regional_Indicator}/u;
/** Combining marks, parts of Hangul syllables, and invisible characters. */
const ZERO_WIDTH = /[\p{Mn}\p{Me}\u1160-\u11FF\u200B-\u200F\u2060-\u2064\uFEFF]/u;

/**
 * Returns how many cells a text takes in a terminal.
 *
 * @param text without control characters
 */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** Returns the longest beginning of a text that fits into a number of cells. */
export function truncateToWidth(text: string, width: number): string {
  let left = width;
  let beginning = '';
  for (const character of text) {
    left -= characterWidth(character);
    if (left < 0) break;
    beginning += character;
  }
  return beginning;
}

function characterWidth(character: string): number {
  if (ZERO_WIDTH.test(character)) return 0;
  return WIDE.test(character) && !HALF_A_FLAG.test(character) ? 2 : 1;
}
