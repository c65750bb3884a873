import { type Limit, shorten } from '../../text/shorten.js';
import pg from '../pg.js';
import {
  ASSERT_FAILURE,
  INVALID_CATALOG_NAME,
  INVALID_NAME,
  INVALID_SCHEMA_NAME,
  isOfClass,
  NUMERIC_VALUE_OUT_OF_RANGE,
  RAISE_EXCEPTION,
  SYNTAX_ERROR,
  UNDEFINED_COLUMN,
  UNDEFINED_FUNCTION,
  UNDEFINED_OBJECT,
  UNDEFINED_TABLE,
} from '../sql-states.js';
import { isKnownText, QUOTES_EXISTING, redactUnknownWords } from './known-text.js';

/** What may be shown of an error. */
export interface Shown {
  readonly message: string;
  readonly detail: string | null;
  readonly hint: string | null;
  /** In which function or block it happened, innermost first. */
  readonly context: string | null;
}

/** PostgreSQL's message says what is wrong in its first words; the rest of a file may stand behind them. */
const MESSAGE: Limit = { lines: 3, characters: 200 };
const ADDITION: Limit = { lines: 10, characters: 1000 };
/** Whoever raises an error may have a list to give. */
const RAISED: Limit = { lines: 20, characters: 3000 };

/**
 * What may be shown of an error, as much as one screen takes: all but the values of rows. They are somebody's data, and errors end in logs.
 *
 * PostgreSQL puts them into the DETAIL of a broken constraint, where table, constraint and ids are told instead; between
 * quotes into the message about a value that is no number, date, uuid or document; into the context of such a document
 * and of a statement that was put together. What RAISE and ASSERT say is told in the words that somebody wrote.
 *
 * @param error as the server sent it
 * @param written what is known to hold no value of a row: the file that was executed, the functions that it calls
 * @example
 * ```ts
 * redactError(error, file.text).message; // invalid input syntax for type uuid: "…"
 * ```
 */
export function redactError(error: pg.DatabaseError, written: string): Shown {
  const { message, detail, hint, where } = error;
  const told = (text: string, most: Limit): string => {
    const words = isRaised(error) ? redactUnknownWords(text, written) : text;
    return shorten(withoutContacts(words, written), isRaised(error) ? RAISED : most);
  };
  return {
    message: told(withoutQuoted(message, error, written), MESSAGE),
    detail: detailOf(error, detail === undefined ? null : told(detail, ADDITION)),
    hint: hint === undefined ? null : told(hint, ADDITION),
    context: where === undefined ? null : contextOf(where, written),
  };
}

/** A server's error as the cause of one of ours, with what may be shown of it: whoever logs an error logs its cause. */
export function redactCause(
  error: pg.DatabaseError,
  { message, detail, hint, context }: Shown,
): pg.DatabaseError {
  const copy = new pg.DatabaseError(message, error.length, error.name);
  return Object.assign(copy, error, {
    detail: detail ?? undefined,
    hint: hint ?? undefined,
    where: context ?? undefined,
    internalQuery: undefined,
  });
}

/** By a function or a block: PL/pgSQL's own statements, whatever SQLSTATE they choose, and other languages' exceptions. */
function isRaised({ code = '', routine = '' }: pg.DatabaseError): boolean {
  return (
    /^exec_stmt_(raise|assert)$/.test(routine) ||
    code === RAISE_EXCEPTION ||
    code === ASSERT_FAILURE ||
    isOfClass('externalRoutineException', code)
  );
}

/** Data exceptions, limits, and what cannot be read as a query for words: the rest of the message is the value. */
function quotesValue(code: string): boolean {
  return isOfClass('dataException', code) || isOfClass('programLimitExceeded', code) || code === SYNTAX_ERROR;
}

/** What is not there was named by the file, or by a value that was taken for a name. */
const QUOTES_NAMES = new Set([
  INVALID_NAME,
  UNDEFINED_COLUMN,
  UNDEFINED_OBJECT,
  UNDEFINED_FUNCTION,
  UNDEFINED_TABLE,
  INVALID_CATALOG_NAME,
  INVALID_SCHEMA_NAME,
]);

/** A value may hold quotes itself, so that it ends at the last one. The server may speak another language. */
const TO_LAST_QUOTE = /(["«»„“”])(.*)(["«»„“”])/su;
/** Made of three numbers, a wrong date stands there without quotes; so do the bytes of what is no character. */
const UNQUOTED = /(?<=: )(?:[-\d:.]+|(?:0x[0-9a-f]{2} ?)+)$/u;

/** A name, which may hold quotes itself, and what it is a part of where the server says so in English. */
const TO_LAST_NAME = /(["«»„“”])(.*?)(["«»„“”])(?:( (?:of|for|on)(?: [a-z]+)+ ")([^"]*)("))?([^"«»„“”]*)$/su;

function withoutQuoted(message: string, { code = '', position }: pg.DatabaseError, written: string): string {
  const told = (value: string): string => (isKnownText(value, written) ? value : '…');
  // With a position, the statement itself is wrong.
  const quotesNames = QUOTES_NAMES.has(code) || QUOTES_EXISTING.has(code);
  if (position === undefined && quotesNames) {
    return message.replace(TO_LAST_NAME, (_, open, name, close, of = '', whole = '', end = '', rest = '') =>
      [open, told(name), close, of, of && told(whole), end, rest].join(''),
    );
  }
  if (!quotesValue(code) || (code === SYNTAX_ERROR && position !== undefined)) return message;
  return message
    .replace(TO_LAST_QUOTE, (_, open, value, close) => `${open}${told(value)}${close}`)
    .replace(UNQUOTED, '…');
}

const UUID = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g;

function detailOf({ code = '', ...error }: pg.DatabaseError, told: string | null): string | null {
  if (!isOfClass('integrityConstraintViolation', code)) {
    // Of a number that is too large, the detail tells how large it may be.
    return isOfClass('dataException', code) && code !== NUMERIC_VALUE_OUT_OF_RANGE ? null : told;
  }
  const ids = [...new Set(error.detail?.match(UUID) ?? [])];
  const parts = [
    error.table === undefined ? null : `table ${error.schema}.${error.table}`,
    error.constraint === undefined ? null : `constraint ${error.constraint}`,
    ids.length === 0 ? null : `ids ${ids.join(', ')}`,
  ].filter((part) => part !== null);
  return parts.length === 0 ? null : `${parts.join(', ')}; the other values of the row are not shown`;
}

const PLACE_IN_FUNCTION = /^(?:PL\/\w+|SQL) function \S/;
const QUERY_IN_FUNCTION = /^(?:SQL statement|PL\/\w+ \w+) "(?<query>.*?)"?$/;

/** Functions with their lines, and those queries that somebody wrote as they are. */
function contextOf(where: string, written: string): string | null {
  const lines = where.split('\n').filter((line) => {
    const query = QUERY_IN_FUNCTION.exec(line)?.groups?.query ?? line.replace(/"$/, '');
    return PLACE_IN_FUNCTION.test(line) || isKnownText(query.trim(), written);
  });
  return lines.length === 0 ? null : shorten(lines.join('\n'), ADDITION);
}

const E_MAIL = /[^\s"'(),:;<=>[\]{}«»„“”]+@[^\s"'(),:;<=>[\]{}«»„“”]+/gu;
const PHONE_NUMBER = /\+\d[\d ().-]{5,}\d/g;

/** Addresses and telephone numbers, wherever they stand: dynamic SQL may have made anything of them. */
function withoutContacts(text: string, written: string): string {
  const replaced = (contact: string): string => (isKnownText(contact, written) ? contact : '…');
  return text.replace(E_MAIL, replaced).replace(PHONE_NUMBER, replaced);
}
