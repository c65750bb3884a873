import { displayWidth } from '../../text/terminal-width.js';

/** Indents the further lines of a list item more than its first. */
const HANG = 2;

/** The space before a word, and the word. A first column and a text in backquotes are words, too. */
const WORD = /(\s*)((?<=^ +)\S(?: ?\S)*(?= {2})|(?:`[^`]*`|\S)+)/g;

/**
 * Breaks a text into lines between its words, so that a terminal does not break it within them. A command to copy, in
 * backquotes, stays on one line, as every other word does, however long.
 *
 * Spaces between words stay as they are. An indented line is an item of a list, and its further lines are indented more. If a
 * line has columns, separated by two spaces or more, its first column stays on one line, because it may be a command, and
 * further lines begin below the last column.
 *
 * @param text one or more lines
 * @param width the cells of the terminal that a line may take; undefined leaves the text as it is
 */
export function wrap(text: string, width: number | undefined): string {
  if (width === undefined) return text;
  return text
    .split('\n')
    .map((line) => wrapLine(line, width))
    .join('\n');
}

function wrapLine(line: string, width: number): string {
  if (displayWidth(line) <= width) return line;
  const hang = ' '.repeat(hangOf(line, width));
  const lines: string[] = [''];
  for (const [, gap = '', word = ''] of line.matchAll(WORD)) {
    const current = lines.at(-1) ?? '';
    const longer = `${current}${gap}${word}`;
    if (displayWidth(longer) <= width || isBreakUseless(current, hang + word, width))
      lines[lines.length - 1] = longer;
    else lines.push(`${hang}${word}`);
  }
  return lines.join('\n');
}

/** Whether a line is empty, or has one word and the next is too wide for any line: no "on" alone before an address. */
function isBreakUseless(line: string, next: string, width: number): boolean {
  const words = line.trim();
  return words === '' || (!/\s/.test(words) && displayWidth(next) > width);
}

/** The indent of further lines: below the last column, if that leaves them half of the width. */
function hangOf(line: string, width: number): number {
  const indent = /^ */.exec(line)?.[0].length ?? 0;
  const columns = [...line.matchAll(/\S {2,}(?=\S)/g)].map(({ index, 0: gap }) =>
    displayWidth(line.slice(0, index + gap.length)),
  );
  return columns.filter((column) => column <= width / 2).at(-1) ?? (indent === 0 ? 0 : indent + HANG);
}
