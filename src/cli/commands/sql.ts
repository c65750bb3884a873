import type { Command } from 'commander';
import type { StatementReceiver } from '../../inspect/run-sql.js';
import { ConnectionError, UsageError } from '../../postgres/errors/explained-error.js';
import type { Column, TextRow } from '../../postgres/stream-query.js';
import { csvLine } from '../../text/csv.js';
import { defineDatabaseCommand } from '../program/define-command.js';
import { type CommonOptions, inMilliseconds, positiveSeconds } from '../program/options.js';
import type { CommandServer } from '../program/server.js';
import { readStandardInput, STANDARD_INPUT } from '../program/standard-input.js';
import { type JsonResult, jsonReceiver } from '../ui/json-results.js';
import { serverLine } from '../ui/lines.js';
import type { CommandResult } from '../ui/result.js';
import { resultTable } from '../ui/result-table.js';
import { startActivity } from '../ui/status-line.js';
import { outputWidth, printData, printMessages, printRemarks } from '../ui/terminal.js';

interface Options extends CommonOptions {
  readonly csv?: boolean;
  readonly statementTimeout?: number;
}

const HELP = {
  name: 'sql',
  summary: 'execute SQL and print the rows',
  description:
    'Executes SQL and prints the rows: at most 1000 as a table, all of them with --csv or --json. Each statement ' +
    'commits by itself, unless the SQL has begin and commit. Stops at the first error.',
  examples: [
    ['sql "select * from contacts"', 'print a table'],
    ['sql --csv "table contacts" > contacts.csv', 'write all rows to a file'],
    ['sql - < report.sql', 'execute a file'],
  ],
} as const;

const MOST_ROWS = 1000;
/** Rows of a table are held until its columns can be aligned. In characters. */
const MOST_TEXT = 32 * 2 ** 20;
/** CSV is written in parts. In characters. */
const CSV_PART = 64 * 1024;

/** `sql`: executes SQL. */
export function sqlCommand(): Command {
  return defineDatabaseCommand<Options>(HELP, run)
    .argument('<sql>', 'one or more statements; - reads them from standard input')
    .option('--csv', 'print the rows as CSV, as PostgreSQL writes it: a null is empty, an empty text is ""')
    .option(
      '--statement-timeout <seconds>',
      'the longest time for one statement (default: no limit)',
      positiveSeconds,
    );
}

async function run(
  options: Options,
  { url }: CommandServer,
  [argument = '']: readonly string[],
  signal: AbortSignal,
): Promise<CommandResult> {
  const { csv = false, json = false, statementTimeout } = options;
  if (csv && json) {
    throw new UsageError('usage', '--csv and --json contradict each other.', {
      remedy: 'Remove one of them.',
    });
  }
  const isInput = argument === STANDARD_INPUT;
  const sql = isInput ? await readStandardInput(signal) : argument;
  if (!json) startActivity('Executing SQL');
  const results: JsonResult[] = [];
  const notices: { readonly severity: string; readonly text: string }[] = [];
  const receiver = json ? jsonReceiver(results) : csv ? csvReceiver() : tableReceiver();
  const { runSql } = await import('../../inspect/run-sql.js');
  const { server, rolledBack } = await runSql({
    url,
    sql,
    name: isInput ? 'standard input' : 'sql',
    receiver,
    streamsRows: !json,
    onNotice: (severity, text) => {
      if (json) notices.push({ severity, text });
      else printRemarks(`${severity.toLowerCase()}: ${text}`);
    },
    statementTimeoutMs: inMilliseconds(statementTimeout),
    signal,
  }).catch((error: unknown) => Promise.reject(explainTooLarge(error)));
  if (!json) {
    if (rolledBack) printMessages('warning: the SQL has no commit, so its last transaction was rolled back.');
    printRemarks(serverLine(server));
  }
  return { document: { server, results, notices, rolledBack }, lines: [] };
}

/** A document has to be held as a whole, and CSV does not. */
function explainTooLarge(error: unknown): unknown {
  if (!(error instanceof ConnectionError) || error.code !== 'answer_too_large') return error;
  return new ConnectionError(error.code, error.message, {
    remedy: 'Use --csv, for which a result has no limit, or write a limit into the statement.',
    cause: error,
  });
}

/** Prints the tables, and the command tag of statements without a result. */
function tableReceiver(): StatementReceiver {
  let columns: readonly Column[] | null = null;
  let rows: TextRow[] = [];
  let count = 0;
  let length = 0;
  return {
    columns: (received) => {
      columns = received;
    },
    row: (row) => {
      count += 1;
      length += row.reduce((sum, value) => sum + (value?.length ?? 0), 0);
      if (rows.length < MOST_ROWS && length <= MOST_TEXT) rows.push(row);
      return undefined;
    },
    completed: (tag) => {
      const lines = columns === null ? [tag] : resultTable({ columns, rows, count }, outputWidth());
      printData(`${lines.join('\n')}\n`, 'encoded');
      [columns, rows, count, length] = [null, [], 0, 0];
    },
  };
}

function csvReceiver(): StatementReceiver {
  let text = '';
  const flush = (): Promise<void> | undefined => {
    const full = printData(text, 'as it is');
    text = '';
    return full;
  };
  return {
    columns: (columns) => {
      text += csvLine(columns.map(({ name }) => name));
    },
    row: (row) => {
      text += csvLine(row);
      return text.length < CSV_PART ? undefined : flush();
    },
    completed: () => void flush(),
  };
}
