/** One direction of a migration, statement by statement. */
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

/** What every database of the crash test has before any migration: a journal in which each migration notes itself. */
export const JOURNAL = `create schema journal;
create table journal.entries (version integer, direction text, at timestamptz default clock_timestamp());`;

const LAST = 20;

/**
 * Twenty migrations, some of them without a transaction, of several statements each, with pauses in between so that a
 * crash at any moment hits the inside of one.
 */
export const crashMigrations: readonly CrashMigration[] = Array.from({ length: LAST }, (_, index) =>
  migration(index + 1),
);

/** The files of the folder. */
export function crashFiles(): Record<string, string> {
  return Object.fromEntries(
    crashMigrations.flatMap(({ version, up, down }) => [
      [`V${version}.up.sql`, textOf(up)],
      [`V${version}.down.sql`, textOf(down)],
    ]),
  );
}

/** Whether the engine gives a statement of a no-transaction file no transaction around it. */
export function isAlone(statement: string): boolean {
  return /\bconcurrently\b|^vacuum\b/.test(statement);
}

/** The index that a statement which runs alone makes, drops or rebuilds; undefined where it does none of this. */
export function indexOf(statement: string): string | undefined {
  return /\bindex concurrently (\w+)/.exec(statement)?.[1];
}

function textOf({ transaction, statements }: CrashScript): string {
  const head = transaction ? '' : '-- migrate: no-transaction\n';
  return `${head}${statements.map((statement) => `${statement};\n`).join('')}`;
}

function migration(version: number): CrashMigration {
  switch (version) {
    case 1:
      return { version, up: inTransaction(...tableUp(1)), down: inTransaction(...tableDown(1)) };
    case 2:
      return {
        version,
        up: inTransaction(
          'create table big as select g as id, g % 97 as a, g % 31 as b from generate_series(1, 20000) g',
          pause(5),
          note(2, 'up'),
          'alter table big alter column id set not null',
        ),
        down: inTransaction(note(2, 'down'), pause(5), 'drop table big'),
      };
    case 3:
    case 13:
      return { version, up: stepwise(...indexesUp(version)), down: stepwise(...indexesDown(version)) };
    case 4:
    case 14:
      return { version, up: stepwise(...rebuildUp(version)), down: inTransaction(...rebuildDown(version)) };
    case 9:
    case 18:
      return { version, up: stepwise(...uniqueUp(version)), down: stepwise(...uniqueDown(version)) };
    case 6:
      return { version, up: inTransaction(...tableUp(6)), down: stepwise(...tableDown(6)) };
    case LAST:
      return {
        version,
        up: stepwise(`create index concurrently big_by_${version} on big (b, a)`),
        down: stepwise(`drop index concurrently big_by_${version}`),
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
    pause(version),
    note(version, 'up'),
    `create function f${version}() returns integer language sql as 'select ${version}'`,
    pause(version + 3),
    `create index t${version}_by_a on t${version} (a)`,
    `comment on table t${version} is 'made by ${version}'`,
  ];
}

function tableDown(version: number): string[] {
  return [
    `drop function f${version}()`,
    pause(version + 1),
    note(version, 'down'),
    `drop index t${version}_by_a`,
    pause(version + 4),
    `drop table t${version}`,
  ];
}

/** Statements alone between statements in a transaction. */
function indexesUp(version: number): string[] {
  return [
    `create table t${version} (id integer primary key, a integer)`,
    note(version, 'up'),
    `create index concurrently big_by_${version} on big (a, id)`,
    pause(version),
    `alter table t1 add column c${version} integer`,
    `create index concurrently t${version}_by_a on t${version} (a)`,
  ];
}

function indexesDown(version: number): string[] {
  return [
    `drop index concurrently t${version}_by_a`,
    `alter table t1 drop column c${version}`,
    note(version, 'down'),
    pause(version),
    `drop index concurrently big_by_${version}`,
    `drop table t${version}`,
  ];
}

/** Begins with a statement alone and ends with one. */
function rebuildUp(version: number): string[] {
  return [
    `create index concurrently big_by_${version} on big (b)`,
    note(version, 'up'),
    `reindex index concurrently big_by_${version}`,
    pause(version),
    `create table t${version} (id integer)`,
    'vacuum t1',
  ];
}

function rebuildDown(version: number): string[] {
  return [
    `drop table t${version}`,
    note(version, 'down'),
    pause(version),
    `drop index big_by_${version}`,
    pause(version),
  ];
}

/** What was built alone is used by what comes after it. */
function uniqueUp(version: number): string[] {
  return [
    pause(version),
    `create unique index concurrently big_once_${version} on big (id)`,
    `alter table big add constraint big_once_${version} unique using index big_once_${version}`,
    note(version, 'up'),
    pause(version + 2),
    `create table t${version} (id integer references big (id))`,
  ];
}

function uniqueDown(version: number): string[] {
  return [
    `drop table t${version}`,
    pause(version + 2),
    note(version, 'down'),
    `alter table big drop constraint big_once_${version}`,
    'vacuum t1',
    pause(version),
  ];
}

function inTransaction(...statements: string[]): CrashScript {
  return { transaction: true, statements };
}

function stepwise(...statements: string[]): CrashScript {
  return { transaction: false, statements };
}

function note(version: number, direction: Direction): string {
  return `insert into journal.entries (version, direction) values (${version}, '${direction}')`;
}

/** From 5 to 30 ms. */
function pause(salt: number): string {
  return `select pg_sleep(${((5 + ((salt * 7) % 26)) / 1000).toFixed(3)})`;
}
