import { shellQuote } from '../../text/shell-quote.js';
import type { TableFacts } from './describe-table.js';
import { type CountedLoss, describeLoss, lossLine } from './loss.js';

/** A loss that was written to a file. */
export interface KeptLoss {
  readonly loss: CountedLoss;
  /** The name of the file, without a folder. */
  readonly file: string;
  /** The columns in the file, as SQL needs them. */
  readonly columns: readonly string[];
  readonly table: TableFacts;
}

/** What was rolled back, and where. */
export interface RolledBack {
  /** The migration, as its file writes it. */
  readonly version: string;
  /** The name of the database. */
  readonly database: string;
  /** The folder of migrations; absolute. */
  readonly directory: string;
  readonly at: Date;
}

/**
 * The commands that bring back what a migration took away: a script for psql, to be run where that migration is applied
 * again and nothing behind it, so that the tables are as they were when the files were written.
 *
 * The rows come back as they were: triggers that somebody made are off meanwhile, foreign keys and checks hold.
 */
export function restoreScript(
  kept: readonly KeptLoss[],
  { version, database, directory, at }: RolledBack,
): string {
  const up = `voicesurvey-db up --to ${version} --dir ${shellQuote(directory)}`;
  const sorted = inOrder(kept);
  const triggers = triggersOf(sorted);
  return [
    `-- Brings back what was in the database ${database.replaceAll(/[^\w.-]/g, '?')} when ${version} was rolled back,`,
    `-- ${at.toISOString()}. Apply ${version} again, and nothing newer:`,
    `-- ${onOneLine(up)}`,
    '-- Then, in this folder: psql --no-psqlrc --dbname="$DATABASE_URL" --file=restore.sql',
    '-- Then apply what is newer.',
    '',
    '\\set ON_ERROR_STOP on',
    '\\encoding UTF8',
    'begin;',
    "set local datestyle = 'ISO, YMD';",
    'set local intervalstyle = postgres;',
    ...triggers.map(({ table, name }) => `alter table ${table} disable trigger ${name};`),
    ...sorted.flatMap((one, index) => ['', `-- ${commentOf(one, version)}`, ...commandsOf(one, index + 1)]),
    '',
    ...(triggers.length === 0 ? [] : ['set constraints all immediate;']),
    ...triggers.map(({ table, name, fires }) => `alter table ${table} ${fires} trigger ${name};`),
    'commit;',
    '',
  ].join('\n');
}

function commentOf({ loss, file }: KeptLoss, version: string): string {
  return onOneLine(lossLine(describeLoss(loss, version, file)));
}

/** A comment ends with its line. */
function onOneLine(text: string): string {
  return text.replaceAll(/[\r\n]/g, ' ');
}

function commandsOf(kept: KeptLoss, number: number): string[] {
  const { loss, file, columns, table } = kept;
  if (!isOfRows(loss) && table.key.length === 0) {
    return [
      '-- The table has no primary key, so no command can tell its rows apart; the file has whole rows.',
    ];
  }
  const list = columns.join(', ');
  return [
    `create temporary table kept_${number} as select ${list} from ${table.name} with no data;`,
    `\\copy kept_${number} from '${file}' with (format csv, header match)`,
    isOfRows(loss) ? insertFrom(kept, number) : updateFrom(kept, number),
    ...sequencesOf(kept),
  ];
}

/** A row that is there already, as one that the migration itself makes, stays as it is. */
function insertFrom({ table, columns }: KeptLoss, number: number): string {
  const list = columns.join(', ');
  return `insert into ${table.name} (${list}) overriding system value table kept_${number} on conflict do nothing;`;
}

function updateFrom({ loss, table }: KeptLoss, number: number): string {
  const same = table.key.map((column) => `live.${column} = kept.${column}`).join(' and ');
  return `update ${table.name} as live set ${loss.column} = kept.${loss.column} from kept_${number} as kept where ${same};`;
}

function sequencesOf({ table, columns }: KeptLoss): string[] {
  return table.sequences
    .filter(({ column, last }) => last !== null && columns.includes(column))
    .map(({ name, last }) => `select pg_catalog.setval('${name.replaceAll("'", "''")}', ${last});`);
}

function triggersOf(kept: readonly KeptLoss[]): { table: string; name: string; fires: string }[] {
  const tables = new Map(kept.map(({ table }) => [table.name, table]));
  return [...tables.values()].flatMap(({ name: table, triggers }) =>
    triggers.map(({ name, fires }) => ({ table, name, fires })),
  );
}

/** Tables behind those that their foreign keys point to, and whole tables before parts of tables. */
function inOrder(kept: readonly KeptLoss[]): readonly KeptLoss[] {
  const waiting = new Map(kept.filter(({ loss }) => isOfRows(loss)).map((one) => [one.table.name, one]));
  const sorted: KeptLoss[] = [];
  const take = (one: KeptLoss): void => {
    if (!waiting.delete(one.table.name)) return;
    for (const name of one.table.references) {
      const first = waiting.get(name);
      if (first !== undefined) take(first);
    }
    sorted.push(one);
  };
  for (const one of [...waiting.values()]) take(one);
  return [...sorted, ...kept.filter(({ loss }) => !isOfRows(loss))];
}

function isOfRows({ kind }: CountedLoss): boolean {
  return kind === 'table' || kind === 'rows';
}
