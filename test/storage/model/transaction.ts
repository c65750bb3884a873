import { isDeepStrictEqual } from 'node:util';
import { type Row, rowsOf, type Table, type World } from './world.js';
import { settled, type Write, written } from './write.js';

/** What one statement made of the world. */
export interface Statement {
  readonly writes: readonly Write[];
  readonly before: World;
  /** As it was written, before what follows by itself. */
  readonly written: World;
  readonly after: World;
}

export type Isolation = 'read committed' | 'repeatable read' | 'serializable';

/** Statements that are judged together: a transaction, or what was written in it up to where it was looked at. */
export interface Transaction {
  readonly isolation: Isolation;
  readonly before: World;
  readonly statements: readonly Statement[];
  readonly after: World;
}

/** What a statement makes of the world, be it allowed or not. */
export function statement(before: World, writes: readonly Write[]): Statement {
  const asWritten = writes.reduce(written, before);
  return { writes, before, written: asWritten, after: settled(before, asWritten) };
}

/** A row that there is, as it was and as it is. */
export interface Change<R> {
  readonly name: string;
  readonly was: R;
  readonly now: R;
}

type RowOf<T extends Table> = World[T][string];

/** Rows that the one world has and the other has not. */
export const added = <T extends Table>(before: World, after: World, table: T): [string, RowOf<T>][] =>
  (rowsOf(after, table) as [string, RowOf<T>][]).filter(([name]) => !(name in before[table]));

/** Rows that were there and still are, and are not the same. */
export const changed = <T extends Table>(before: World, after: World, table: T): Change<RowOf<T>>[] =>
  (rowsOf(after, table) as [string, RowOf<T>][]).flatMap(([name, now]) => {
    const was = before[table][name] as RowOf<T> | undefined;
    return was === undefined || isDeepStrictEqual(was, now) ? [] : [{ name, was, now }];
  });

/** The rows at the end that a transaction inserted. */
export const inserted = <T extends Table>(transaction: Transaction, table: T): [string, RowOf<T>][] =>
  atTheEnd(transaction, table, ({ before, after }) => added(before, after, table).map(([name]) => name));

/** The rows at the end in which a transaction inserted or changed one of the columns, once or more. */
export const touched = <T extends Table>(
  transaction: Transaction,
  table: T,
  columns: readonly (keyof RowOf<T> & string)[],
): [string, RowOf<T>][] =>
  atTheEnd(transaction, table, ({ before, after }) => [
    ...added(before, after, table).map(([name]) => name),
    ...changed(before, after, table)
      .filter(({ was, now }) => columns.some((column) => (was as Row)[column] !== (now as Row)[column]))
      .map(({ name }) => name),
  ]);

/** The rows that a transaction deleted, as they were last. */
export const deleted = <T extends Table>({ statements }: Transaction, table: T): [string, RowOf<T>][] =>
  statements.flatMap(({ before, after }) => added(after, before, table));

function atTheEnd<T extends Table>(
  { statements, after }: Transaction,
  table: T,
  namesOf: (statement: Statement) => string[],
): [string, RowOf<T>][] {
  const names = new Set(statements.flatMap(namesOf));
  return (rowsOf(after, table) as [string, RowOf<T>][]).filter(([name]) => names.has(name));
}
