import { type Limit, shorten } from '../../text/shorten.js';
import pg from '../driver/pg.js';
import {
  ASSERT_FAILURE,
  isOfClass,
  NUMERIC_VALUE_OUT_OF_RANGE,
  RAISE_EXCEPTION,
} from '../errors/sql-states.js';
import { isKnownText, redactUnknownWords } from './known-text.js';
import { redactQuotes } from './quotes.js';

/** The part of a server's error that may be shown. */
export interface RedactedError {
  readonly message: string;
  readonly detail: string | null;
  readonly hint: string | null;
  /** The functions and blocks that the error came through, innermost first. */
  readonly context: string | null;
}

/** The first words of PostgreSQL's message say what is wrong. The rest of a file may follow them. */
const MESSAGE: Limit = { lines: 3, characters: 200 };
const ADDITION: Limit = { lines: 10, characters: 1000 };
/** For RAISE, whose author may list things. */
const RAISED: Limit = { lines: 20, characters: 3000 };

/**
 * Redacts the values of rows in a server's error and shortens it to one screen. The values are personal data, and errors
 * end in logs.
 *
 * PostgreSQL puts values
 * - into the DETAIL of a broken constraint, which is replaced by table, constraint and ids;
 * - between quotes into the message about a value that is not a number, date, uuid or document;
 * - into the context of such a document and of a dynamic statement.
 *
 * Of the text of RAISE and ASSERT, only the words in the known text are shown.
 *
 * @param error as the server sent it
 * @param knownText text without values of rows: the file that was executed, the functions that it calls
 * @example
 * ```ts
 * redactError(error, file.text).message; // invalid input syntax for type uuid: "…"
 * ```
 */
export function redactError(error: pg.DatabaseError, knownText: string): RedactedError {
  const { message, detail, hint, where } = error;
  const redact = (text: string, limit: Limit): string => {
    const words = isRaised(error) ? redactUnknownWords(text, knownText) : text;
    return shorten(redactContacts(words, knownText), isRaised(error) ? RAISED : limit);
  };
  return {
    message: redact(redactQuotes(message, error, knownText), MESSAGE),
    detail: redactDetail(error, detail === undefined ? null : redact(detail, ADDITION)),
    hint: hint === undefined ? null : redact(hint, ADDITION),
    context: where === undefined ? null : redactContext(where, knownText),
  };
}

/**
 * Copies a server's error with what may be shown of it, to be the cause of an error of this package. A program that logs
 * an error logs its cause, too.
 */
export function redactCause(
  error: pg.DatabaseError,
  { message, detail, hint, context }: RedactedError,
): pg.DatabaseError {
  const copy = new pg.DatabaseError(message, error.length, error.name);
  return Object.assign(copy, error, {
    detail: detail ?? undefined,
    hint: hint ?? undefined,
    where: context ?? undefined,
    internalQuery: undefined,
  });
}

/** Checks whether a function or block raised the error: RAISE or ASSERT with any SQLSTATE, or an exception of another language. */
function isRaised({ code = '', routine = '' }: pg.DatabaseError): boolean {
  return (
    /^exec_stmt_(raise|assert)$/.test(routine) ||
    code === RAISE_EXCEPTION ||
    code === ASSERT_FAILURE ||
    isOfClass('externalRoutineException', code)
  );
}

const UUID = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g;

function redactDetail({ code = '', ...error }: pg.DatabaseError, redacted: string | null): string | null {
  if (!isOfClass('integrityConstraintViolation', code)) {
    // The detail about a number that is too large says how large it may be, and not the number.
    return isOfClass('dataException', code) && code !== NUMERIC_VALUE_OUT_OF_RANGE ? null : redacted;
  }
  const ids = [...new Set(error.detail?.match(UUID) ?? [])];
  const parts = [
    error.table === undefined ? null : `table ${error.schema}.${error.table}`,
    error.constraint === undefined ? null : `constraint ${error.constraint}`,
    ids.length === 0 ? null : `ids ${ids.join(', ')}`,
  ].filter((part) => part !== null);
  return parts.length === 0 ? null : `${parts.join(', ')}; the other values of the row are not shown`;
}

const LINE_IN_FUNCTION = /^(?:PL\/\w+|SQL) function \S/;
const QUERY_IN_FUNCTION = /^(?:SQL statement|PL\/\w+ \w+) "(?<query>.*?)"?$/;

/** Keeps the lines that name functions, and the queries that are in the known text as they are. */
function redactContext(where: string, knownText: string): string | null {
  const lines = where.split('\n').filter((line) => {
    const query = QUERY_IN_FUNCTION.exec(line)?.groups?.query ?? line.replace(/"$/, '');
    return LINE_IN_FUNCTION.test(line) || isKnownText(query.trim(), knownText);
  });
  return lines.length === 0 ? null : shorten(lines.join('\n'), ADDITION);
}

const E_MAIL = /[^\s"'(),:;<=>[\]{}«»„“”]+@[^\s"'(),:;<=>[\]{}«»„“”]+/gu;
const PHONE_NUMBER = /\+\d[\d ().-]{5,}\d/g;

/** Redacts e-mail addresses and telephone numbers everywhere, since dynamic SQL may put them into any message. */
function redactContacts(text: string, knownText: string): string {
  const redact = (contact: string): string => (isKnownText(contact, knownText) ? contact : '…');
  return text.replace(E_MAIL, redact).replace(PHONE_NUMBER, redact);
}
