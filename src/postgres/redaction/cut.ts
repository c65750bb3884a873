import { ADDRESS_CHARACTER, NUMBER_SEPARATOR } from './contacts.js';
import { NAME_FIELDS, type ServerText } from './server-text.js';

/** The longest field of a server's text that is processed, in code units: some times what is shown of any. */
const LONGEST_FIELD = 10_000;

/** The SQLSTATEs of this package: its own SQL raises them, and one has a document as its detail. */
const OWN_STATE = /^VS\d{3}$/;

/** The end of a text that was cut. The quote closes a value whose end was cut off, so that it is redacted as a value. */
const CUT_MARK = '…"';

/** What touches the cut: a part of a word or an address, and the groups of a number before it. */
const LAST_WORD = new RegExp(`(?<!${ADDRESS_CHARACTER})${ADDRESS_CHARACTER}+$`, 'u');
const NUMBER_CHARACTER = `(?:[+＋\\p{Nd}]|${NUMBER_SEPARATOR})`;
const LAST_NUMBER = new RegExp(`(?<!${NUMBER_CHARACTER})${NUMBER_CHARACTER}+$`, 'u');

const FIELDS = ['message', 'detail', 'hint', 'where', 'code', 'routine', ...NAME_FIELDS] as const;

/**
 * Cuts the fields of an error or a notice, in place, when it arrives. A server sends up to a gigabyte, for example the whole
 * value that is not JSON, and `pg` passes the same object on to every reader. The errors of this package stay whole.
 *
 * A value may continue after the cut, so the word that touches the cut and the number before it are removed, too.
 */
export function cutServerText(text: { -readonly [Field in keyof ServerText]: ServerText[Field] }): void {
  if (OWN_STATE.test(text.code ?? '')) return;
  for (const field of FIELDS) {
    const value = text[field];
    if (value !== undefined && value.length > LONGEST_FIELD) text[field] = cut(value);
  }
}

function cut(text: string): string {
  return text.slice(0, LONGEST_FIELD).replace(LAST_WORD, '').replace(LAST_NUMBER, '') + CUT_MARK;
}

/** Removes the beginning of a secret at the end of a text that was cut. */
export function removeCutSecret(text: string, secrets: readonly string[]): string {
  if (!text.endsWith(CUT_MARK)) return text;
  const shown = text.slice(0, -CUT_MARK.length);
  const length = secrets.reduce((longest, secret) => Math.max(longest, overlapOf(shown, secret)), 0);
  return shown.slice(0, shown.length - length) + CUT_MARK;
}

/** How long the end of a text is that is the beginning of a secret. */
function overlapOf(text: string, secret: string): number {
  for (let length = Math.min(text.length, secret.length); length > 0; length -= 1) {
    if (text.endsWith(secret.slice(0, length))) return length;
  }
  return 0;
}
