// @ts-check

/**
 * Makes a table: the first column aligned to the left, the others to the right.
 *
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} body
 * @returns {string} Markdown
 */
export function markdownTable(head, body) {
  const line = (/** @type {readonly string[]} */ cells) => `| ${cells.join(' | ')} |\n`;
  return line(head) + line(head.map((_, index) => (index === 0 ? '---' : '---:'))) + body.map(line).join('');
}
