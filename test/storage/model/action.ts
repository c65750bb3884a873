import fc from 'fast-check';
import type { Model, Row, Table } from './model.js';
import type { Insert, Write } from './write.js';

/** Creates a unique name for a new row of a kind. */
export type CreateName = (kind: string) => string;

/** What an action is planned from. */
export interface Context {
  readonly model: Model;
  /** The instant, in minutes as in the model. */
  readonly now: number;
  readonly createName: CreateName;
}

/** One step of a service or a user. */
export interface Action {
  /** A description for a failure report. */
  toString(): string;
  /** The minutes that pass before the action. */
  readonly delay: number;
  /** Returns the writes in their natural order; none if the model has no row to act on. */
  planWrites(context: Context): readonly Write[];
}

/** An index for `pick`. It is often 0, so that the actions of one transaction meet at one row. */
export const rowIndex: fc.Arbitrary<number> = fc.oneof(
  { weight: 1, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.nat(11) },
);

export const rarelyTrue: fc.Arbitrary<boolean> = fc.oneof(
  { weight: 14, arbitrary: fc.constant(false) },
  { weight: 1, arbitrary: fc.constant(true) },
);

/** Generates the usual value, and seldom one of the others. */
export const mostly = <T>(usual: T, ...others: T[]): fc.Arbitrary<T> =>
  fc.oneof(
    { weight: 20, arbitrary: fc.constant(usual) },
    { weight: 2, arbitrary: fc.constantFrom(usual, ...others) },
  );

/** Returns the element at an index modulo the length; undefined if there are none. */
export const pick = <T>(elements: readonly T[], index: number): T | undefined =>
  elements[index % elements.length];

export const insertRow = <R extends Row>(table: Table, name: string, row: R): Insert<R> => ({
  kind: 'insert',
  table,
  name,
  row,
});
export const updateRow = (table: Table, name: string, columns: Row): Write => ({
  kind: 'update',
  table,
  name,
  columns,
});
export const deleteRow = (table: Table, name: string): Write => ({ kind: 'delete', table, name });

/** The minutes that pass before an action. */
export const delays = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 0, max: 5 }) },
  { weight: 4, arbitrary: fc.integer({ min: 30, max: 90 }) },
  { weight: 1, arbitrary: fc.integer({ min: 200, max: 900 }) },
);

/**
 * Defines a kind of action.
 *
 * @param options generates what the action depends on besides the model
 * @param planWrites returns the writes for some options
 */
export function defineAction<Options extends object>(
  name: string,
  options: { [Key in keyof Options]: fc.Arbitrary<Options[Key]> },
  planWrites: (options: Options, context: Context) => Write[],
): fc.Arbitrary<Action> {
  return fc
    .tuple(fc.record(options, { noNullPrototype: true }) as fc.Arbitrary<Options>, delays)
    .map(([chosen, delay]) => ({
      delay,
      toString: () => `+${delay} min ${name} ${JSON.stringify(chosen)}`,
      planWrites: (context) => planWrites(chosen, context),
    }));
}
