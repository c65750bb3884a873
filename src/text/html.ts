import { UNSAFE } from './encode.js';

/** A text that is HTML. No other text gets into a page without being escaped. */
export interface Html {
  readonly html: string;
}

/** What a template of {@link html} takes: HTML as it is, and texts, which it escapes. */
export type HtmlValue = Html | string | number | readonly HtmlValue[];

/**
 * Makes HTML from a template. Every text in it is escaped, so that a browser shows it as it is.
 *
 * @example
 * ```ts
 * html`<p>${'1 < 2'}</p>`.html; // <p>1 &lt; 2</p>
 * ```
 */
export function html(template: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return { html: String.raw({ raw: template }, ...values.map(toHtml)) };
}

/** Marks a text as HTML that is not escaped. The caller guarantees that it is safe. */
export function rawHtml(text: string): Html {
  return { html: text };
}

function toHtml(value: HtmlValue): string {
  if (typeof value === 'string') return escapeHtml(value);
  if (typeof value === 'number') return String(value);
  return 'html' in value ? value.html : value.map(toHtml).join('');
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/**
 * Escapes a text for HTML. Different texts give different HTML. A character that a browser obeys or hides instead of showing
 * it is replaced by its number in bold, `<b>U+202E</b>`. Line breaks and tabs stay.
 *
 * In an attribute in double quotes, the result is harmless, too.
 */
export function escapeHtml(text: string): string {
  return text
    .replaceAll(/[&<>"]/g, (character) => ENTITIES[character] ?? character)
    .replaceAll(UNSAFE, (character) =>
      /[\n\t]/.test(character) ? character : `<b>${codePoint(character)}</b>`,
    );
}

function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
