import {
  DUPLICATE_ALIAS,
  DUPLICATE_COLUMN,
  DUPLICATE_CURSOR,
  DUPLICATE_DATABASE,
  DUPLICATE_FUNCTION,
  DUPLICATE_OBJECT,
  DUPLICATE_PREPARED_STATEMENT,
  DUPLICATE_SCHEMA,
  DUPLICATE_TABLE,
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
import { isOperational, namesIn, type ServerText } from './server-text.js';
import { isKnownName, isKnownText } from './words.js';

/** Data exceptions, exceeded limits, and invalid queries for text search: the message ends with the value. */
function quotesValue(code: string): boolean {
  return isOfClass('dataException', code) || isOfClass('programLimitExceeded', code) || code === SYNTAX_ERROR;
}

/**
 * Something does not exist, or exists already. Its name comes from the file, or from a value that was used as a name; then
 * it may be in no catalog after the transaction is rolled back.
 */
const QUOTES_NAMES = new Set([
  INVALID_NAME,
  UNDEFINED_COLUMN,
  UNDEFINED_OBJECT,
  UNDEFINED_FUNCTION,
  UNDEFINED_TABLE,
  INVALID_CATALOG_NAME,
  INVALID_SCHEMA_NAME,
  DUPLICATE_COLUMN,
  DUPLICATE_OBJECT,
  DUPLICATE_ALIAS,
  DUPLICATE_FUNCTION,
  DUPLICATE_CURSOR,
  DUPLICATE_DATABASE,
  DUPLICATE_PREPARED_STATEMENT,
  DUPLICATE_SCHEMA,
  DUPLICATE_TABLE,
]);

/** A value, up to the last quote, since it may contain quotes. The quotes depend on the language of the server. */
const TO_LAST_QUOTE = /(["«»„“”])(.*)(["«»„“”])/su;
/** An invalid date that consists of numbers, or the bytes of an invalid character. Neither has quotes. */
const UNQUOTED = /(?<=: )(?:[-\d:.]+|(?:0x[0-9a-f]{2} ?)+)$/u;

/** A name, which may contain quotes, and in English the object that it is a part of. */
const TO_LAST_NAME = /(["«»„“”])(.*?)(["«»„“”])(?:( (?:of|for|on)(?: [a-z]+)+ ")([^"]*)("))?([^"«»„“”]*)$/su;
const EACH_QUOTED = /(["«»„“”])(.*?)(["«»„“”])/gsu;

/**
 * Redacts the values and names that a server's message quotes, unless they are in the known text.
 *
 * @param knownText text without values of rows
 */
export function redactQuotes(message: string, error: ServerText, knownText: string): string {
  const { code = '', position } = error;
  const redact = (value: string): string => (isKnownText(value, knownText) ? value : '…');
  // An error with a position is about the text of the statement, not about a value.
  if (position === undefined && QUOTES_NAMES.has(code)) {
    return message.replace(TO_LAST_NAME, (_, open, name, close, of = '', whole = '', end = '', rest = '') =>
      [open, redact(name), close, of, of && redact(whole), end, rest].join(''),
    );
  }
  if (quotesValue(code) && (code !== SYNTAX_ERROR || position === undefined)) {
    return message
      .replace(TO_LAST_QUOTE, (_, open, value, close) => `${open}${redact(value)}${close}`)
      .replace(UNQUOTED, '…');
  }
  if (position !== undefined || isOperational(error)) return message;
  return redactFromFirstUnknown(message, [...namesIn(error), knownText].join('\n'));
}

/** From the first unknown name to the last quote, since a name may contain quotes. */
function redactFromFirstUnknown(message: string, knownText: string): string {
  const unknown = [...message.matchAll(EACH_QUOTED)].find(([, , name = '']) => !isKnownName(name, knownText));
  if (unknown === undefined) return message;
  return (
    message.slice(0, unknown.index) +
    message.slice(unknown.index).replace(TO_LAST_QUOTE, (_, open, _value, close) => `${open}…${close}`)
  );
}

/** The names that a server's message quotes. A value is no name. */
export function quotedNames({ code = '', message = '' }: ServerText): readonly string[] {
  if (quotesValue(code)) return [];
  const quoted = [...message.matchAll(EACH_QUOTED)].map(([, , name = '']) => name);
  return quoted.flatMap((name) => (name.includes('.') ? [name, ...name.split('.')] : [name]));
}
