import { check, constantFrom, property, string } from 'fast-check';
import { expect, test } from 'vitest';
import { escapeHtml, html, rawHtml } from '../../src/text/html.js';

const ENTITIES = new Map([
  ['&amp;', '&'],
  ['&lt;', '<'],
  ['&gt;', '>'],
  ['&quot;', '"'],
]);

/** Characters that mean something in HTML or in the escapes, that are invisible, and others. */
const UNITS = [
  ...'<>&"/b;ltamp+U20E \n\t\r\u0001\u0085\u202E\uFEFF\u2028é😀\u{e0041}',
  '\ud83d',
  '<b>',
  '&lt;',
  'U+202E',
];

/** What {@link escapeHtml} escaped. */
function unescapeHtml(text: string): string {
  return text
    .replaceAll(/<b>U\+([0-9A-F]+)<\/b>/g, (_, code: string) =>
      String.fromCodePoint(Number.parseInt(code, 16)),
    )
    .replaceAll(/&\w+;/g, (entity) => ENTITIES.get(entity) ?? entity);
}

test('escapeHtml gives different texts different HTML, without an element or attribute of the text', () => {
  const units = string({ unit: constantFrom(...UNITS), maxLength: 20 });
  const details = check(
    property(units, (text) => {
      const escaped = escapeHtml(text);
      expect(unescapeHtml(escaped)).toBe(text);
      expect(escaped.replaceAll(/<b>U\+[0-9A-F]+<\/b>/g, '')).not.toMatch(/[<>"]/);
    }),
    {
      examples: [
        ['</script><img src=x onerror="alert(1)">'],
        ['a\u202Eb\\u202e U+202E'],
        ['&lt;&amp;lt; \r\n\t'],
      ],
    },
  );
  expect(details.failed, String(details.errorInstance)).toBe(false);
});

test('escapeHtml shows the number of a character that a browser obeys or hides', () => {
  expect(escapeHtml('a\u202Eb\u0001\r\n')).toBe('a<b>U+202E</b>b<b>U+0001</b><b>U+000D</b>\n');
});

test('html escapes every text in a template, also in a list, and no other HTML', () => {
  const cells = ['<', html`<i>${'&'}</i>`, 3];
  expect(html`<p>${cells}${rawHtml('<br>')}</p>`.html).toBe('<p>&lt;<i>&amp;</i>3<br></p>');
});
