import { encodeName } from '../../text/encode.js';
import type { Prose } from './model/prose.js';

/** Writes a text that is not Markdown, such as a comment, on one line. */
export function markdown(prose: Prose): string {
  const shown = prose.map((piece) =>
    typeof piece === 'string' ? escapeInline(onOneLine(piece)) : code(piece.code),
  );
  return escapeStart(shown.join(''));
}

/** Escapes a name, in which backquotes are characters. */
export function plainName(name: string): string {
  return escapeStart(escapeInline(encodeName(name)));
}

/** A code span, also of a text that contains backquotes. */
export function code(text: string): string {
  const line = onOneLine(text);
  // In a table, neither a code span nor its escapes can show a backslash before a pipe.
  if (line.includes('\\|')) return `<code>${entities(line)}</code>`;
  const longest = Math.max(0, ...(line.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = '`'.repeat(longest + 1);
  const space = longest > 0 || /^ .* $/.test(line) ? ' ' : '';
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

function onOneLine(text: string): string {
  return encodeName(text.replaceAll(/\s*\n\s*/g, ' '));
}

/** Escapes characters that begin or end an element within a line. An underscore does so only beside a word. */
function escapeInline(text: string): string {
  return text
    .replaceAll(/[\\`*~[\]]/g, '\\$&')
    .replaceAll(/(?<![\p{L}\p{N}_])_+|_+(?![\p{L}\p{N}_])/gu, (run) => run.replaceAll('_', '\\_'))
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;');
}

/** Escapes what would begin a heading, a list, a quotation or a line at the start of a paragraph. */
function escapeStart(line: string): string {
  return line.replace(/^[-+#>]|(?<=^\d{1,9})[.)](?=\s|$)/, '\\$&');
}

function entities(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N} ]/gu, (character) => `&#${character.codePointAt(0)};`);
}
