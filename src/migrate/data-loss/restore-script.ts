import { encodeName } from '../../text/encode.js';
import { shellQuote } from '../../text/shell-quote.js';
import type { TableDescription } from './describe-table.js';
import { type CountedLoss, describeLoss, lossLine, type MigrationLoss } from './loss.js';

/** A file with the data of a loss. */
export interface BackupFile {
  readonly loss: MigrationLoss<CountedLoss>;
  /** The name of the file, without a folder. */
  readonly file: string;
  /** The columns in the file, as SQL needs them. */
  readonly columns: readonly string[];
  readonly table: TableDescription;
}

/** The rollback that a script restores the data of. */
export interface Rollback {
  /** The migration, as its file writes it. */
  readonly version: string;
  /** The name of the database. */
  readonly database: string;
  /** The folder of migrations; absolute. */
  readonly directory: string;
  readonly at: Date;
}

/**
 * A script for psql that restores the data that a rollback deleted. Run it when that migration is applied again and no
 * later one is, so that the tables are as they were when the files were written.
 *
 * The rows are restored unchanged: user triggers are disabled meanwhile, foreign keys and checks apply.
 */
export function restoreScript(
  files: readonly BackupFile[],
  { version, database, directory, at }: Rollback,
): string {
  const up = `voicesurvey-db up --to ${version} --dir ${shellQuote(directory)}`;
  const sorted = inOrder(files);
  const triggers = triggersOf(sorted);
  return [
    `-- Restores the data that the database ${database.replaceAll(/[^\w.-]/g, '?')} had when ${version} was rolled back,`,
    `-- ${at.toISOString()}. Apply ${version} again, and nothing newer:`,
    `-- ${encodeName(up)}`,
    '-- Then, in this folder: psql --no-psqlrc --dbname="$DATABASE_URL" --file=restore.sql',
    '-- Then apply the newer migrations.',
    '',
    '\\set ON_ERROR_STOP on',
    '\\encoding UTF8',
    'begin;',
    "set local datestyle = 'ISO, YMD';",
    'set local intervalstyle = postgres;',
    ...triggers.map(({ table, name }) => `alter table ${table} disable trigger ${name};`),
    ...sorted.flatMap((file, index) => ['', `-- ${commentOf(file)}`, ...commandsOf(file, index + 1)]),
    '',
    ...(triggers.length === 0 ? [] : ['set constraints all immediate;']),
    ...triggers.map(({ table, name, fires }) => `alter table ${table} ${fires} trigger ${name};`),
    'commit;',
    '',
  ].join('\n');
}

function commentOf({ loss, file }: BackupFile): string {
  return encodeName(lossLine(describeLoss(loss, file)));
}

function commandsOf(backupFile: BackupFile, number: number): string[] {
  const { loss, file, columns, table } = backupFile;
  if (!deletesRows(loss) && table.key.length === 0) {
    return ['-- The table has no primary key, so no command can identify its rows; the file has whole rows.'];
  }
  const list = columns.join(', ');
  return [
    `create temporary table backup_${number} as select ${list} from ${table.name} with no data;`,
    `\\copy backup_${number} from '${file}' with (format csv, header match)`,
    deletesRows(loss) ? insertFrom(backupFile, number) : updateFrom(backupFile, number),
    ...sequencesOf(backupFile),
  ];
}

/** A row that exists already, such as one that the migration itself inserts, stays unchanged. */
function insertFrom({ table, columns }: BackupFile, number: number): string {
  const list = columns.join(', ');
  return `insert into ${table.name} (${list}) overriding system value table backup_${number} on conflict do nothing;`;
}

function updateFrom({ loss, table }: BackupFile, number: number): string {
  const same = table.key.map((column) => `live.${column} = backup.${column}`).join(' and ');
  return `update ${table.name} as live set ${loss.column} = backup.${loss.column} from backup_${number} as backup where ${same};`;
}

function sequencesOf({ table, columns }: BackupFile): string[] {
  return table.sequences
    .filter(({ column, last }) => last !== null && columns.includes(column))
    .map(({ name, last }) => `select pg_catalog.setval('${name.replaceAll("'", "''")}', ${last});`);
}

function triggersOf(files: readonly BackupFile[]): { table: string; name: string; fires: string }[] {
  const tables = new Map(files.map(({ table }) => [table.name, table]));
  return [...tables.values()].flatMap(({ name: table, triggers }) =>
    triggers.map(({ name, fires }) => ({ table, name, fires })),
  );
}

/** Tables after those that their foreign keys reference, and whole tables before parts of tables. */
function inOrder(files: readonly BackupFile[]): readonly BackupFile[] {
  const waiting = new Map(
    files.filter(({ loss }) => deletesRows(loss)).map((file) => [file.table.name, file]),
  );
  const sorted: BackupFile[] = [];
  const add = (file: BackupFile): void => {
    if (!waiting.delete(file.table.name)) return;
    for (const name of file.table.references) {
      const first = waiting.get(name);
      if (first !== undefined) add(first);
    }
    sorted.push(file);
  };
  for (const file of [...waiting.values()]) add(file);
  return [...sorted, ...files.filter(({ loss }) => !deletesRows(loss))];
}

function deletesRows({ kind }: CountedLoss): boolean {
  return kind === 'table' || kind === 'rows';
}
