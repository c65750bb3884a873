import type { Command } from 'commander';
import type { RowProgress } from '../../inspect/rows/find-broken-rows.js';
import type { VerifyResult } from '../../inspect/verify.js';
import { migrationsDirectory } from '../../seed/paths.js';
import { encodeName } from '../../text/encode.js';
import { plural } from '../../text/plural.js';
import { call, remedy } from '../../text/remedy.js';
import { defineDatabaseCommand } from '../program/define-command.js';
import {
  type CommonOptions,
  type FolderOptions,
  folderOption,
  inMilliseconds,
  positiveSeconds,
} from '../program/options.js';
import type { CommandServer } from '../program/server.js';
import { resultLines } from '../ui/lines.js';
import { type CommandResult, EXIT_FINDINGS, type Line } from '../ui/result.js';
import { showStatusLine } from '../ui/status-line.js';

interface Options extends CommonOptions, FolderOptions {
  readonly rules: boolean;
  readonly replay?: boolean;
  readonly data?: boolean;
  readonly statementTimeout?: number;
}

const HELP = {
  name: 'verify',
  summary: 'list drift, and broken rules, rows and indexes',
  description:
    'Compares a live database with its migrations, object by object, and lists drift, invalid indexes, constraints ' +
    'that rows break, functions whose bodies do not fit the catalog, and broken rules of the schema. Changes nothing in ' +
    'the database. If the last run left no snapshot that can be compared, compares the database with what the migrations ' +
    'make in a throw-away database. With --data, also lists the ids of rows that break a rule of the product or a foreign ' +
    'key. Exit code 3 if it finds something, or if the state is unknown.',
  activity: 'Comparing the database with its migrations',
  examples: [
    ['verify --no-rules --dir ./sql', 'verify a database with your own migrations'],
    ['verify --data --replay', 'after a restore or a repair: check the rows, and compare with the files'],
  ],
} as const;

/** `verify`: compares a live database with its migrations and the rules of the schema. */
export function verifyCommand(): Command {
  return defineDatabaseCommand<Options>(HELP, run)
    .option('--no-rules', "leave out the product's own rules, for another schema")
    .option('--replay', 'also compare with what the files make now, in a throw-away database')
    .option('--data', "also check the rows: the product's rules, and all foreign keys")
    .option(
      '--statement-timeout <seconds>',
      'the longest time for one statement (default: 30)',
      positiveSeconds,
    )
    .addOption(folderOption(migrationsDirectory));
}

async function run(
  options: Options,
  { url }: CommandServer,
  _words: readonly string[],
  signal: AbortSignal,
): Promise<CommandResult> {
  const { dir: directory, rules, replay, data, json, statementTimeout } = options;
  const { verify } = await import('../../inspect/verify.js');
  const statementTimeoutMs = inMilliseconds(statementTimeout);
  const result = await verify({
    url,
    directory,
    rules,
    replay,
    data,
    statementTimeoutMs,
    signal,
    onRowCheck: json ? undefined : showRowCheck,
  });
  return {
    document: { ...result },
    lines: linesFor(result),
    exitCode: result.findings.length === 0 ? 0 : EXIT_FINDINGS,
  };
}

const BODIES_BY_NAME =
  'Function bodies in PL/pgSQL were only searched for names: this database does not have the extension plpgsql_check.';

const ROWS_NOT_CHECKED = remedy`Rows were not checked. To check them, run ${call('verify', { data: true })}.`;

function showRowCheck({ name, number, count }: RowProgress): void {
  showStatusLine(`Checking rows: ${name} (${number} of ${count})`, { continues: true });
}

function linesFor({
  server,
  drift,
  findings,
  bodiesCheckedBy,
  rowsChecked,
  grants,
}: VerifyResult): readonly Line[] {
  const result: Line[] = [
    findings.length === 0
      ? 'Nothing is wrong.'
      : { text: `${plural(findings.length, 'finding')}.`, tone: 'error' },
    ...(drift.remedy === null
      ? []
      : [remedy`Drift is unknown: ${encodeName(drift.reason ?? '')}. ${drift.remedy}`]),
    ...(bodiesCheckedBy === 'names' ? [BODIES_BY_NAME] : []),
    ...(rowsChecked ? [] : [ROWS_NOT_CHECKED]),
  ];
  const width = Math.max(...findings.map(({ kind }) => kind.length));
  const details = findings.map(
    ({ kind, object, finding }): Line => ({
      text: `${kind.padEnd(width)}  ${encodeName(object)}: ${encodeName(finding)}`,
      tone: kind === 'unknown' ? 'warning' : 'error',
      mark: kind.length,
    }),
  );
  return resultLines(result, server, [...details, ...grantLines(grants)]);
}

/** One line for each role, privilege and kind of object. */
function grantLines(grants: VerifyResult['grants']): readonly Line[] {
  if (grants.length === 0) return [];
  return [
    'Privileges granted to other roles, which are no drift:',
    ...grants.map(({ role, privilege, kind, objects }) =>
      encodeName(
        `  ${role}: ${privilege} on ${objects.length === 1 ? `${kind} ${objects[0]}` : `${plural(objects.length, kind)}, such as ${objects[0]}`}`,
      ),
    ),
  ];
}
