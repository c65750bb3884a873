/** The statements of one direction of a migration. */
export interface CrashScript {
  readonly transaction: boolean;
  readonly statements: readonly string[];
}

/** A migration of the crash test. */
export interface CrashMigration {
  readonly version: number;
  readonly up: CrashScript;
  readonly down: CrashScript;
}

export type Direction = 'up' | 'down';

/** The journal that every database of the crash test has before the first migration. Each migration inserts a row. */
export const JOURNAL = `create schema journal;
create table journal.entries (version integer, direction text, at timestamptz default clock_timestamp());`;

/**
 * Twenty migrations of several statements each, some of them without a transaction. The statements sleep in between, so
 * that a crash at a random moment hits the inside of a migration.
 */
export const crashMigrations: readonly CrashMigration[] = Array.from({ length: 20 }, (_, index) =>
  createMigration(index + 1),
);

/** The migration files, by name. */
export function crashFiles(): Record<string, string> {
  return Object.fromEntries(
    crashMigrations.flatMap(({ version, up, down }) => [
      [`V${version}.up.sql`, fileContent(up)],
      [`V${version}.down.sql`, fileContent(down)],
    ]),
  );
}

/** Whether the engine sends a statement of a no-transaction file outside of a transaction. */
export function runsOutsideTransaction(statement: string): boolean {
  return /\bconcurrently\b|^vacuum\b/.test(statement);
}

/** The index that a statement outside of a transaction creates, drops or rebuilds; undefined for other statements. */
export function indexNameIn(statement: string): string | undefined {
  return /\bindex concurrently (\w+)/.exec(statement)?.[1];
}

function fileContent({ transaction, statements }: CrashScript): string {
  const head = transaction ? '' : '-- migrate: no-transaction\n';
  return `${head}${statements.map((statement) => `${statement};\n`).join('')}`;
}

function createMigration(version: number): CrashMigration {
  switch (version) {
    case 1:
      return { version, up: inTransaction(...tableUp(1)), down: inTransaction(...tableDown(1)) };
    case 2:
      return {
        version,
        up: inTransaction(
          'create table big as select g as id, g % 97 as a, g % 31 as b from generate_series(1, 20000) g',
          sleep(5),
          recordInJournal(2, 'up'),
          'alter table big alter column id set not null',
        ),
        down: inTransaction(recordInJournal(2, 'down'), sleep(5), 'drop table big'),
      };
    case 3:
    case 13:
      return {
        version,
        up: withoutTransaction(...indexesUp(version)),
        down: withoutTransaction(...indexesDown(version)),
      };
    case 4:
    case 14:
      return {
        version,
        up: withoutTransaction(...rebuildUp(version)),
        down: inTransaction(...rebuildDown(version)),
      };
    case 9:
    case 18:
      return {
        version,
        up: withoutTransaction(...uniqueUp(version)),
        down: withoutTransaction(...uniqueDown(version)),
      };
    case 6:
      return { version, up: inTransaction(...tableUp(6)), down: withoutTransaction(...tableDown(6)) };
    case 19:
      return {
        version,
        up: withoutTransaction(`create index concurrently big_by_${version} on big (b, a)`),
        down: withoutTransaction(`drop index concurrently big_by_${version}`),
      };
    default:
      return {
        version,
        up: inTransaction(...tableUp(version), `alter table t1 add column c${version} integer`),
        down: inTransaction(`alter table t1 drop column c${version}`, ...tableDown(version)),
      };
  }
}

function tableUp(version: number): string[] {
  return [
    `create table t${version} (id integer primary key, a integer, b integer)`,
    sleep(version),
    recordInJournal(version, 'up'),
    `create function f${version}() returns integer language sql as 'select ${version}'`,
    sleep(version + 3),
    `create index t${version}_by_a on t${version} (a)`,
    `comment on table t${version} is 'created by ${version}'`,
  ];
}

function tableDown(version: number): string[] {
  return [
    `drop function f${version}()`,
    sleep(version + 1),
    recordInJournal(version, 'down'),
    `drop index t${version}_by_a`,
    sleep(version + 4),
    `drop table t${version}`,
  ];
}

/** Statements outside of a transaction, with transactional ones in between. */
function indexesUp(version: number): string[] {
  return [
    `create table t${version} (id integer primary key, a integer)`,
    recordInJournal(version, 'up'),
    `create index concurrently big_by_${version} on big (a, id)`,
    sleep(version),
    `alter table t1 add column c${version} integer`,
    `create index concurrently t${version}_by_a on t${version} (a)`,
  ];
}

function indexesDown(version: number): string[] {
  return [
    `drop index concurrently t${version}_by_a`,
    `alter table t1 drop column c${version}`,
    recordInJournal(version, 'down'),
    sleep(version),
    `drop index concurrently big_by_${version}`,
    `drop table t${version}`,
  ];
}

/** The first and the last statement run outside of a transaction. */
function rebuildUp(version: number): string[] {
  return [
    `create index concurrently big_by_${version} on big (b)`,
    recordInJournal(version, 'up'),
    `reindex index concurrently big_by_${version}`,
    sleep(version),
    `create table t${version} (id integer)`,
    'vacuum t1',
  ];
}

function rebuildDown(version: number): string[] {
  return [
    `drop table t${version}`,
    recordInJournal(version, 'down'),
    sleep(version),
    `drop index big_by_${version}`,
    sleep(version),
  ];
}

/** The index that is built concurrently is used by the statements after it. */
function uniqueUp(version: number): string[] {
  return [
    sleep(version),
    `create unique index concurrently big_once_${version} on big (id)`,
    `alter table big add constraint big_once_${version} unique using index big_once_${version}`,
    recordInJournal(version, 'up'),
    sleep(version + 2),
    `create table t${version} (id integer references big (id))`,
  ];
}

function uniqueDown(version: number): string[] {
  return [
    `drop table t${version}`,
    sleep(version + 2),
    recordInJournal(version, 'down'),
    `alter table big drop constraint big_once_${version}`,
    'vacuum t1',
    sleep(version),
  ];
}

function inTransaction(...statements: string[]): CrashScript {
  return { transaction: true, statements };
}

function withoutTransaction(...statements: string[]): CrashScript {
  return { transaction: false, statements };
}

function recordInJournal(version: number, direction: Direction): string {
  return `insert into journal.entries (version, direction) values (${version}, '${direction}')`;
}

/** Sleeps 5 to 30 ms. */
function sleep(salt: number): string {
  return `select pg_sleep(${((5 + ((salt * 7) % 26)) / 1000).toFixed(3)})`;
}
