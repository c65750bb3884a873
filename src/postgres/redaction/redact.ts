import { encodeText } from '../../text/encode.js';
import { hideSecrets } from '../../text/mask-secrets.js';
import { type Limit, shorten } from '../../text/shorten.js';
import pg from '../driver/pg.js';
import { isOfClass, NUMERIC_VALUE_OUT_OF_RANGE } from '../errors/sql-states.js';
import { redactContacts } from './contacts.js';
import { redactContext } from './context.js';
import { removeCutSecret } from './cut.js';
import { type KnownText, NOTHING_KNOWN } from './known-text.js';
import { redactQuotes } from './quotes.js';
import { isOperational, isRaised, NAME_FIELDS, type ServerText } from './server-text.js';
import { isKnownName, redactUnknownWords } from './words.js';

/** The part of a server's error or notice that may be shown. */
export interface RedactedText {
  readonly message: string;
  readonly detail: string | null;
  readonly hint: string | null;
  /** The functions and blocks that it came through, innermost first. */
  readonly context: string | null;
  /** The names that the server reports in separate fields. */
  readonly names: Readonly<Partial<Record<(typeof NAME_FIELDS)[number], string>>>;
}

/** The first words of PostgreSQL's message say what is wrong. The rest of a file may follow them. */
const MESSAGE: Limit = { lines: 3, characters: 200 };
const ADDITION: Limit = { lines: 10, characters: 1000 };
/** For RAISE, whose author may list things. */
const RAISED: Limit = { lines: 20, characters: 3000 };

/**
 * The exit for every text that comes from a server: redacts the values of rows, masks secrets, encodes control characters,
 * and shortens it to one screen. The values are personal data, and errors and notices end in logs.
 *
 * PostgreSQL's own messages have templates, so they are shown with their values redacted. PostgreSQL puts values
 * - into the DETAIL of a broken constraint, which is replaced by table, constraint and ids;
 * - between quotes into the message about a value that is not a number, date, uuid or document;
 * - into the context of such a document and of a dynamic statement;
 * - into the names in dynamic SQL, so a quoted name is shown if it is in the known text.
 *
 * Of the text of RAISE and ASSERT, of functions in other languages and of foreign servers, only the words in the known text
 * are shown, whatever the SQLSTATE. The same holds for the names that they report.
 *
 * @param text as the server sent it
 * @param known text without values of rows: the file that was executed, the functions that it calls
 * @example
 * ```ts
 * redactText(error, knownTextOf(file.text)).message; // invalid input syntax for type uuid: "…"
 * ```
 */
export function redactText(text: ServerText, known: KnownText): RedactedText {
  const raised = isRaised(text);
  // First, since a secret of which another rule has redacted a part is no longer found.
  const hide = (part: string): string => removeCutSecret(hideSecrets(part, known.secrets), known.secrets);
  const redact = (part: string, limit: Limit): string => {
    const words = raised ? redactUnknownWords(part, known.text) : part;
    const shown = isOperational(text) ? words : redactContacts(words, known.text);
    return encodeText(shorten(shown, raised ? RAISED : limit));
  };
  const { detail, hint, where } = text;
  const message = hide(text.message ?? '');
  const redactedDetail = detail === undefined ? null : redact(hide(detail), ADDITION);
  const context = where === undefined ? null : redactContext(hide(where), known.text);
  return {
    message: redact(raised ? message : redactQuotes(message, text, known.text), MESSAGE),
    detail: raised ? redactedDetail : redactDetail(text, redactedDetail),
    hint: hint === undefined ? null : redact(hide(hint), ADDITION),
    context: context === null ? null : encodeText(shorten(context, ADDITION)),
    names: redactNames(text, known),
  };
}

/**
 * Redacts an error of any kind: what may be shown of its message, and what may be the cause of an error of this package. A
 * program that logs an error logs its cause, too.
 */
export function redactError(
  error: unknown,
  known: KnownText = NOTHING_KNOWN,
): { readonly message: string; readonly cause: unknown } {
  if (!(error instanceof pg.DatabaseError)) {
    return { message: error instanceof Error ? error.message : String(error), cause: error };
  }
  const shown = redactText(error, known);
  return { message: shown.message, cause: redactCause(error, shown) };
}

/** Copies a server's error with what may be shown of it. */
export function redactCause(
  error: pg.DatabaseError,
  { message, detail, hint, context, names }: RedactedText,
): pg.DatabaseError {
  const copy = new pg.DatabaseError(message, error.length, error.name);
  return Object.assign(copy, error, {
    detail: detail ?? undefined,
    hint: hint ?? undefined,
    where: context ?? undefined,
    internalQuery: undefined,
    ...Object.fromEntries(NAME_FIELDS.map((field) => [field, names[field]])),
  });
}

/** The author of RAISE chooses the names that it reports; all others are those of the catalog. */
function redactNames(text: ServerText, { text: knownText }: KnownText): RedactedText['names'] {
  const raised = isRaised(text);
  const entries = NAME_FIELDS.flatMap((field) => {
    const name = text[field];
    if (name === undefined) return [];
    return [[field, raised && !isKnownName(name, knownText) ? '…' : encodeText(name)] as const];
  });
  return Object.fromEntries(entries);
}

const UUID = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g;

/** The classes whose details are about objects and sessions. In all others, the detail may hold the values of a row. */
const DETAILED = [
  'featureNotSupported',
  'dependentObjects',
  'transactionRollback',
  'syntaxErrorOrAccessViolation',
  'insufficientResources',
  'objectNotInState',
  'operatorIntervention',
  'systemError',
] as const;

function redactDetail({ code = '', ...error }: ServerText, redacted: string | null): string | null {
  if (!isOfClass('integrityConstraintViolation', code)) {
    // The detail about a number that is too large says how large it may be, and not the number.
    const isShown = code === NUMERIC_VALUE_OUT_OF_RANGE || DETAILED.some((name) => isOfClass(name, code));
    return isShown ? redacted : null;
  }
  const ids = [...new Set(error.detail?.match(UUID) ?? [])];
  const parts = [
    error.table === undefined ? null : `table ${error.schema}.${error.table}`,
    error.constraint === undefined ? null : `constraint ${error.constraint}`,
    ids.length === 0 ? null : `ids ${ids.join(', ')}`,
  ].filter((part) => part !== null);
  return parts.length === 0
    ? null
    : encodeText(`${parts.join(', ')}; the other values of the row are not shown`);
}
