import { isDeepStrictEqual } from 'node:util';
import { applyEffects, deleteHangUps, setLastAttempts } from './effects.js';
import { type Model, type Row, rowsOf, type Table } from './model.js';
import { applyWrite, isUpdate, requestedRow, type Write } from './write.js';

/** One SQL statement and its effect on the model. */
export interface Statement {
  readonly writes: readonly Write[];
  readonly before: Model;
  /** After the writes, and before what the database itself does at the end of the statement. */
  readonly written: Model;
  readonly after: Model;
}

export type Isolation = 'read committed' | 'repeatable read' | 'serializable';

/**
 * The statements whose deferred constraints are checked together: those of a transaction, or of the part of it up to
 * a `set constraints all immediate`.
 */
export interface Segment {
  readonly isolation: Isolation;
  readonly before: Model;
  readonly statements: readonly Statement[];
  readonly after: Model;
  /** The numbers that are listed at its end, by entries that are older than the transaction. */
  readonly listedBefore: ReadonlySet<string>;
}

/** Applies the writes of one SQL statement, whether the rules allow them or not. */
export function executeStatement(before: Model, writes: readonly Write[]): Statement {
  const written = writes.reduce(applyWrite, before);
  return { writes, before, written, after: applyEffects(before, written) };
}

/** Applies statements that are committed together. */
export function executeStatements(before: Model, writes: readonly (readonly Write[])[]): Segment {
  const statements: Statement[] = [];
  let model = before;
  for (const each of writes) {
    const statement = executeStatement(model, each);
    statements.push(statement);
    model = statement.after;
  }
  const after = deleteHangUps(setLastAttempts(model), statements);
  const listedBefore = statements.reduce(followEntries, numbersListedIn(before));
  return { isolation: 'read committed', before, statements, after, listedBefore };
}

export const numbersListedIn = ({ exclusion_list_entries }: Model): ReadonlySet<string> =>
  new Set(Object.keys(exclusion_list_entries));

/** The numbers of the entries that are older than a transaction, after one of its statements: an entry may get another. */
export function followEntries(
  numbers: ReadonlySet<string>,
  { before, writes }: Statement,
): ReadonlySet<string> {
  const followed = new Set(numbers);
  for (const write of writes) {
    if (write.kind === 'purge' || write.table !== 'exclusion_list_entries') continue;
    if (write.kind !== 'delete' && !isUpdate(write)) continue;
    const isOlder = followed.delete(write.name);
    const phone = requestedRow(before, write)?.phone_number;
    if (isOlder && typeof phone === 'string') followed.add(phone);
  }
  return followed;
}

/** A row that exists before and after, with different values. */
export interface Change<R> {
  readonly name: string;
  readonly was: R;
  readonly now: R;
}

type RowOf<T extends Table> = Model[T][string];

/** The rows that exist after and not before. */
export const addedRows = <T extends Table>(before: Model, after: Model, table: T): [string, RowOf<T>][] =>
  (rowsOf(after, table) as [string, RowOf<T>][]).filter(([name]) => !(name in before[table]));

/** The rows that exist before and after, with different values. */
export const changedRows = <T extends Table>(before: Model, after: Model, table: T): Change<RowOf<T>>[] =>
  (rowsOf(after, table) as [string, RowOf<T>][]).flatMap(([name, now]) => {
    const was = before[table][name] as RowOf<T> | undefined;
    return was === undefined || isDeepStrictEqual(was, now) ? [] : [{ name, was, now }];
  });

/** The rows that a segment inserted and that still exist at its end. */
export const insertedRows = <T extends Table>(segment: Segment, table: T): [string, RowOf<T>][] =>
  remainingRows(segment, table, ({ before, after }) => addedRows(before, after, table).map(([name]) => name));

/** The rows that a segment inserted, or changed in one of the columns, and that still exist at its end. */
export const writtenRows = <T extends Table>(
  segment: Segment,
  table: T,
  columns: readonly (keyof RowOf<T> & string)[],
): [string, RowOf<T>][] =>
  remainingRows(segment, table, ({ before, after }) => [
    ...addedRows(before, after, table).map(([name]) => name),
    ...changedRows(before, after, table)
      .filter(({ was, now }) => columns.some((column) => (was as Row)[column] !== (now as Row)[column]))
      .map(({ name }) => name),
  ]);

/** The rows that a segment deleted, with their last values. */
export const deletedRows = <T extends Table>({ statements }: Segment, table: T): [string, RowOf<T>][] =>
  statements.flatMap(({ before, after }) => addedRows(after, before, table));

function remainingRows<T extends Table>(
  { statements, after }: Segment,
  table: T,
  namesIn: (statement: Statement) => string[],
): [string, RowOf<T>][] {
  const names = new Set(statements.flatMap(namesIn));
  return (rowsOf(after, table) as [string, RowOf<T>][]).filter(([name]) => names.has(name));
}
