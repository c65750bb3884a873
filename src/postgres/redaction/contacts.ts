import { isKnownText } from './words.js';

/** A regular expression of a character that an address may contain. */
export const ADDRESS_CHARACTER = `[^\\s"'(),:;<=>[\\]{}«»„“”]`;
/** A regular expression of a character between the groups of a number. */
export const NUMBER_SEPARATOR = '[\\s()./（）\\-\\u2010-\\u2015]';

/** An attempt starts only at the beginning of a word: at each character of a long word, it would take quadratic time. */
const E_MAIL = new RegExp(`(?<!${ADDRESS_CHARACTER})${ADDRESS_CHARACTER}+[@＠]${ADDRESS_CHARACTER}+`, 'gu');
const ID_PATTERN = '(?<![\\p{L}\\p{N}])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![\\p{L}\\p{N}])';
/** Ids stay; numbers may be written in groups, and with the digits of any script. */
const ID_OR_NUMBER = new RegExp(
  `${ID_PATTERN}|(?<![\\p{L}\\p{N}_])[+＋]?[(（]?\\p{Nd}(?:${NUMBER_SEPARATOR}*\\p{Nd})*`,
  'gu',
);
/** A number with fewer digits is a count, a year or a SQLSTATE. */
const FEWEST_DIGITS = 6;
const ID = /^[0-9a-f]{8}-/;

/**
 * Redacts e-mail addresses and long numbers, since dynamic SQL may put them into any message. Numbers of six digits or more
 * may be telephone numbers, however they are grouped. Digits in a name, such as that of a partition, stay.
 */
export function redactContacts(text: string, knownText: string): string {
  return text
    .replace(E_MAIL, (address) => (isKnownText(address, knownText) ? address : '…'))
    .replace(ID_OR_NUMBER, (found, start: number, whole: string) => {
      const isPartOfName = /^[\p{L}_]/u.test(whole.slice(start + found.length));
      const isShown =
        ID.test(found) || isPartOfName || countDigits(found) < FEWEST_DIGITS || isKnownText(found, knownText);
      return isShown ? found : '…';
    });
}

function countDigits(text: string): number {
  return text.match(/\p{Nd}/gu)?.length ?? 0;
}
