/**
 * Breaks a text into lines between its words, so that a terminal does not break it within them. What stands between
 * backquotes is a command to copy and stays on one line, as every other word does, however long.
 *
 * @param text one or more lines
 * @param width how many characters a line may have; undefined leaves the text as it is
 */
export function wrap(text: string, width: number | undefined): string {
  if (width === undefined) return text;
  return text
    .split('\n')
    .map((line) => wrapLine(line, width))
    .join('\n');
}

function wrapLine(line: string, width: number): string {
  const words = line.match(/(?:`[^`]*`|\S)+/g) ?? [];
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.join('\n');
}
