import { encodeName } from '../../text/encode.js';

/** A code span: it ends with as many backquotes as it begins with. */
const CODE_SPAN = /(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)/gs;

/**
 * Encodes the text of a comment for Markdown, on one line. Its Markdown stays; a tag of HTML is shown as text, except in
 * code, where it is text already.
 */
export function markdown(text: string): string {
  const line = encodeName(text.replaceAll(/\s*\n\s*/g, ' '));
  let shown = '';
  let last = 0;
  for (const { 0: span, index } of line.matchAll(CODE_SPAN)) {
    shown += escapeTags(line.slice(last, index)) + span;
    last = index + span.length;
  }
  return shown + escapeTags(line.slice(last));
}

/** Encodes a name for Markdown, where it is not code. */
export function plainName(name: string): string {
  return escapeTags(encodeName(name).replaceAll(/[\\`*[\]]/g, '\\$&'));
}

/** A code span, also of a text that contains backquotes. */
export function code(text: string): string {
  const line = encodeName(text.replaceAll(/\s*\n\s*/g, ' '));
  const longest = Math.max(0, ...(line.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = '`'.repeat(longest + 1);
  const space = longest > 0 ? ' ' : '';
  return `${fence}${space}${line}${space}${fence}`;
}

/** A table. Cells are Markdown. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |\n`;
  return `${line(head)}|${head.map(() => '---|').join('')}\n${rows.map(line).join('')}`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function escapeTags(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
