import type { MigrationSet } from '../../catalog/migration-set.js';
import { REPORT_WARNINGS } from '../../postgres/replication.js';
import { TRIGGERS_ON } from '../../postgres/triggers-on.js';
import { encodeName } from '../../text/encode.js';
import { shellQuote } from '../../text/shell-quote.js';
import { literal } from '../history/row-sql.js';
import type { Work } from '../script/work.js';
import type { BackupFile } from './backup-file.js';
import { type CountedLoss, describeLoss, lossLine } from './loss.js';
import { requireState } from './restore-guard.js';
import { insertSql, keptKeysSql, keptSql, NO_KEYS, updateSql } from './restore-rows.js';

/** The transaction that deleted the data. */
export interface Deletion extends Pick<Work, 'version' | 'label' | 'direction'> {
  readonly set: MigrationSet;
  /** The name of the database. */
  readonly database: string;
  /** The folder of migrations; absolute. */
  readonly directory: string;
  readonly at: Date;
}

/** The settings under which the files are read and rows are compared. Those of the server are lost in a restore. */
const SETTINGS = `set local datestyle = 'ISO, YMD';
set local intervalstyle = postgres;
set local lc_monetary = 'C';
set local xmloption = content;
set local row_security = off;
do $settings$
begin
  perform pg_catalog.set_config(name, '0', true)
  from pg_catalog.pg_settings
  where name in ('statement_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout');
end
$settings$;
${TRIGGERS_ON};
${REPORT_WARNINGS};`;

/** A statement queued for a lock blocks every later reader. It is set after the guard, which may wait for a run. */
const LOCK_TIMEOUT = "set local lock_timeout = '4s';";

/**
 * A script that restores the data that a migration deleted, for `restore` and for psql. It runs in one transaction, and
 * fails unless the database has the state in which the files were written.
 *
 * A value is restored only to a row that has none yet: see {@link keptSql}.
 *
 * The rows are restored unchanged: user triggers are disabled meanwhile, foreign keys and checks apply. The files are in
 * the text format of COPY: it escapes line breaks and backslashes, so no line of a file is `\.`, which older versions of
 * psql take for the end of a CSV file.
 */
export function restoreScript(files: readonly BackupFile[], deletion: Deletion): string {
  const readable = files.filter(({ columns }) => columns.length > 0);
  const triggers = triggersOf(readable);
  const updated = [...new Set(readable.filter(hasValuesOfRows).map(({ table }) => table.name))];
  return [
    ...instructions(deletion),
    '',
    '\\set ON_ERROR_STOP on',
    '\\set QUIET on',
    '\\encoding UTF8',
    'begin;',
    requireState(deletion.set, deletion),
    SETTINGS,
    LOCK_TIMEOUT,
    ...triggers.map(({ table, name }) => `alter table ${table} disable trigger ${name};`),
    // So that no session edits a value between the comparison and the update.
    ...updated.map((table) => `lock table ${table} in share row exclusive mode;`),
    ...readable.flatMap((file, index) => ['', ...loadSql(file, index + 1)]),
    ...restoreSql(readable),
    '',
    ...sequencesSql(readable),
    'set constraints all immediate;',
    ...triggers.map(({ table, name, fires }) => `alter table ${table} ${fires} trigger ${name};`),
    'commit;',
    '',
  ].join('\n');
}

function instructions({ label, direction, database, directory, at }: Deletion): readonly string[] {
  const folder = encodeName(shellQuote(directory));
  const [event, prepare, command, afterwards] =
    direction === 'down'
      ? [
          'was rolled back',
          `Apply ${label} again, and nothing newer`,
          `up --to ${label}`,
          'apply the newer migrations',
        ]
      : [
          'was applied',
          `Roll back ${label}`,
          'down',
          `correct ${label}, or apply it again, which deletes the data again`,
        ];
  return [
    `-- Restores the data that the database ${database.replaceAll(/[^\w.-]/g, '?')} had when ${label} ${event},`,
    `-- ${at.toISOString()}. ${prepare}:`,
    `-- voicesurvey-db ${command} --dir ${folder}`,
    '-- Then run: voicesurvey-db restore <this folder>',
    '-- or, in this folder: psql --no-psqlrc --dbname="$DATABASE_URL" --file=restore.sql',
    `-- Then ${afterwards}.`,
  ];
}

/** Reads a file into a temporary table, and checks that none of its rows is missing. */
function loadSql(backupFile: BackupFile, number: number): readonly string[] {
  const { file, columns, table, rows } = backupFile;
  return [
    `-- ${commentOf(backupFile)}`,
    `create temporary table backup_${number} on commit drop as select ${columns.join(', ')} from ${table.name} with no data;`,
    `\\copy pg_temp.backup_${number} from '${file}' with (header match)`,
    `do $complete$
begin
  if (select count(*) from pg_temp.backup_${number}) <> ${rows} then
    raise exception '${file} does not have its ${rows} rows';
  end if;
end
$complete$;`,
    ...(hasValuesOfRows(backupFile) ? [keptSql(backupFile, number)] : []),
  ];
}

/**
 * All rows are inserted by one statement, so their foreign keys are checked when all of them exist. Each file of values has
 * its own statement: a statement cannot update a row twice.
 */
function restoreSql(files: readonly BackupFile[]): readonly string[] {
  const numbered = files.map((file, index) => ({ file, number: index + 1 }));
  const whole = numbered.filter(({ file }) => deletesRows(file.loss));
  const values = numbered.filter(({ file }) => !deletesRows(file.loss));
  const inserts = whole.map(({ file, number }) => ({
    file,
    number,
    sql: insertSql(file, number),
    kept: '0',
    keys: NO_KEYS,
  }));
  return [
    ...(inserts.length === 0 ? [] : ['', changeSql(inserts)]),
    ...values.flatMap(({ file, number }) =>
      file.table.key.length === 0
        ? [
            '',
            '-- The table has no primary key, so no command can identify its rows. The file has whole rows.',
            `select ${literal(commentOf(file))} as data, null::bigint as restored, null::bigint as kept, ${NO_KEYS} as keys;`,
          ]
        : [
            '',
            changeSql([
              {
                file,
                number,
                sql: updateSql(file, number),
                kept: `(select count(*) from pg_temp.kept_${number})`,
                keys: keptKeysSql(file, number),
              },
            ]),
          ],
    ),
  ];
}

interface Change {
  readonly file: BackupFile;
  readonly number: number;
  /** An insert or an update that returns a row for each row that it changes. */
  readonly sql: string;
  /** SQL of how many rows keep another value than that of the backup, and of the keys of the first of them. */
  readonly kept: string;
  readonly keys: string;
}

/** A statement that makes changes. Its result has a row for each: the data, and how many rows were changed and kept. */
function changeSql(changes: readonly Change[]): string {
  const parts = changes.map(({ number, sql }) => `restored_${number} as (\n${sql}\n)`);
  const results = changes.map(
    ({ file, number, kept, keys }) =>
      `select ${literal(commentOf(file))} as data, (select count(*) from restored_${number}) as restored, ${kept} as kept, ${keys} as keys`,
  );
  return `with ${parts.join(',\n')}\n${results.join('\nunion all\n')};`;
}

function commentOf({ loss, file }: BackupFile): string {
  return encodeName(lossLine(describeLoss(loss, file)));
}

/** A sequence never goes back: rows may have been added since the migration was applied again. */
function sequencesSql(files: readonly BackupFile[]): readonly string[] {
  const moves = files.flatMap(({ table, columns }) =>
    table.sequences.flatMap(({ name, column, last, isAscending }) => {
      if (last === null || !columns.includes(column)) return [];
      const text = literal(name);
      const furthest = isAscending ? 'greatest' : 'least';
      return `  perform pg_catalog.setval(${text}, ${furthest}(${last}, pg_catalog.pg_sequence_last_value(${text}::pg_catalog.regclass)));`;
    }),
  );
  return moves.length === 0 ? [] : ['do $sequences$', 'begin', ...moves, 'end', '$sequences$;'];
}

function triggersOf(files: readonly BackupFile[]): { table: string; name: string; fires: string }[] {
  const tables = new Map(files.map(({ table }) => [table.name, table]));
  return [...tables.values()].flatMap(({ name: table, triggers }) =>
    triggers.map(({ name, fires }) => ({ table, name, fires })),
  );
}

/** Whether a file has values of single columns that can be restored to their rows. */
function hasValuesOfRows({ loss, table }: BackupFile): boolean {
  return !deletesRows(loss) && table.key.length > 0;
}

function deletesRows({ kind }: CountedLoss): boolean {
  return kind === 'table' || kind === 'rows';
}
