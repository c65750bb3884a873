import { ConnectionError, ExplainedError } from '../../postgres/errors/explained-error.js';
import { plural } from '../../text/plural.js';
import { joinRemedies } from '../../text/remedy.js';
import { shellQuote } from '../../text/shell-quote.js';

// The errors of a list name its lines by number: their values are personal data. The parser's own messages quote them, so its
// errors are no causes here.

export function unreadableError(path: string, cause: unknown): ExplainedError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason';
  return new ExplainedError('list_unreadable', `${path} cannot be read (${code}).`, {
    remedy: 'Name a CSV file that this user may read.',
    cause,
  });
}

export function changedError(path: string): ExplainedError {
  return new ExplainedError('list_unreadable', `${path} was changed or replaced while it was read.`, {
    remedy: 'Run the import again when no program writes the file.',
  });
}

export function columnMissingError(path: string, columns: readonly string[]): ExplainedError {
  const [required] = columns;
  return new ExplainedError('list_without_column', `${path}: the first line has no column ${required}.`, {
    remedy: `Write the names of the columns into the first line, separated by commas, semicolons or tabs. These are known: ${columns.join(', ')}.`,
  });
}

export function columnTwiceError(path: string, column: string): ExplainedError {
  return new ExplainedError('list_column_twice', `${path}: the first line has the column ${column} twice.`, {
    remedy: 'Remove or rename one of the two columns.',
  });
}

export function wrongCharacterError(path: string, line: number): ExplainedError {
  const [from, to] = [shellQuote(path), shellQuote(`${path}.utf8`)];
  return new ExplainedError(
    'list_not_text',
    `${path}, line ${line}: the text is not UTF-8, or has a null or replacement character.`,
    {
      remedy: `Save the file as UTF-8. If it is Windows-1252 or Latin-1, convert it: \`iconv -f WINDOWS-1252 -t UTF-8 ${from} > ${to}\``,
    },
  );
}

/**
 * Explains what the parser, or the system, says of a file.
 *
 * @param line the first line that the parser has not read entirely
 */
export function explainParseError(error: unknown, path: string, line: number): unknown {
  if (error instanceof ExplainedError || !(error instanceof Error) || !('code' in error)) return error;
  switch (error.code) {
    case 'CSV_QUOTE_NOT_CLOSED':
    case 'CSV_MAX_RECORD_SIZE':
      return quotesError(path, line, 'a quote is not closed');
    case 'CSV_INVALID_CLOSING_QUOTE':
    case 'INVALID_OPENING_QUOTE':
      return quotesError(path, line, 'a quote is neither at the beginning nor at the end of a field');
    default:
      return unreadableError(path, error);
  }
}

function quotesError(path: string, line: number, problem: string): ExplainedError {
  return new ExplainedError(
    'list_quotes',
    `${path}: in the record that begins at line ${line}, ${problem}.`,
    {
      remedy:
        'Correct that line: write a field with a quote in quotes, and double the quotes in it. Nothing was imported.',
    },
  );
}

/**
 * Adds to the error of an import how far it came.
 *
 * @param done the number of lines in the batches that are committed
 */
export function explainPartial(error: unknown, done: number): unknown {
  if (done === 0 || !(error instanceof ExplainedError)) return error;
  const Class = error instanceof ConnectionError ? ConnectionError : ExplainedError;
  return new Class(error.code, error.message, {
    remedy: joinRemedies(
      error.remedyParts,
      `The first ${plural(done, 'line')} of the list ${done === 1 ? 'is' : 'are'} done. Run the import again: it finds them there.`,
    ),
    cause: error.cause,
    exitCode: error.exitCode,
  });
}
