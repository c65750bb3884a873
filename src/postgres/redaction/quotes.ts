import type pg from '../driver/pg.js';
import {
  INVALID_CATALOG_NAME,
  INVALID_NAME,
  INVALID_SCHEMA_NAME,
  isOfClass,
  SYNTAX_ERROR,
  UNDEFINED_COLUMN,
  UNDEFINED_FUNCTION,
  UNDEFINED_OBJECT,
  UNDEFINED_TABLE,
} from '../errors/sql-states.js';
import { isKnownText, QUOTES_EXISTING } from './known-text.js';

/** Data exceptions, exceeded limits, and invalid queries for text search: the message ends with the value. */
function quotesValue(code: string): boolean {
  return isOfClass('dataException', code) || isOfClass('programLimitExceeded', code) || code === SYNTAX_ERROR;
}

/** Something does not exist. Its name comes from the file, or from a value that was used as a name. */
const QUOTES_NAMES = new Set([
  INVALID_NAME,
  UNDEFINED_COLUMN,
  UNDEFINED_OBJECT,
  UNDEFINED_FUNCTION,
  UNDEFINED_TABLE,
  INVALID_CATALOG_NAME,
  INVALID_SCHEMA_NAME,
]);

/** A value, up to the last quote, since it may contain quotes. The quotes depend on the language of the server. */
const TO_LAST_QUOTE = /(["«»„“”])(.*)(["«»„“”])/su;
/** An invalid date that consists of numbers, or the bytes of an invalid character. Neither has quotes. */
const UNQUOTED = /(?<=: )(?:[-\d:.]+|(?:0x[0-9a-f]{2} ?)+)$/u;

/** A name, which may contain quotes, and in English the object that it is a part of. */
const TO_LAST_NAME = /(["«»„“”])(.*?)(["«»„“”])(?:( (?:of|for|on)(?: [a-z]+)+ ")([^"]*)("))?([^"«»„“”]*)$/su;

/**
 * Redacts the values and names that a server's message quotes, unless they are in the known text.
 *
 * @param knownText text without values of rows
 */
export function redactQuotes(
  message: string,
  { code = '', position }: pg.DatabaseError,
  knownText: string,
): string {
  const redact = (value: string): string => (isKnownText(value, knownText) ? value : '…');
  const quotesNames = QUOTES_NAMES.has(code) || QUOTES_EXISTING.has(code);
  // An error with a position is about the text of the statement, not about a value.
  if (position === undefined && quotesNames) {
    return message.replace(TO_LAST_NAME, (_, open, name, close, of = '', whole = '', end = '', rest = '') =>
      [open, redact(name), close, of, of && redact(whole), end, rest].join(''),
    );
  }
  if (!quotesValue(code) || (code === SYNTAX_ERROR && position !== undefined)) return message;
  return message
    .replace(TO_LAST_QUOTE, (_, open, value, close) => `${open}${redact(value)}${close}`)
    .replace(UNQUOTED, '…');
}
