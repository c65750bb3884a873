import fc from 'fast-check';
import type { Row, Table, World } from './world.js';
import type { Insertion, Write } from './write.js';

/** What somebody sets out to do: the writes, in the order in which one thinks of them; none where there is nothing to do. */
export interface Deed {
  /** For a report. */
  toString(): string;
  /** How many minutes pass before. */
  readonly wait: number;
  plan(world: World, now: number, newName: (kind: string) => string): readonly Write[];
}

/** Which of some rows, for `pick`: often the first, so that deeds of one transaction meet. */
export const which: fc.Arbitrary<number> = fc.oneof(
  { weight: 1, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.nat(11) },
);

export const rarely: fc.Arbitrary<boolean> = fc.oneof(
  { weight: 14, arbitrary: fc.constant(false) },
  { weight: 1, arbitrary: fc.constant(true) },
);

/** The usual choice, and now and then another. */
export const mostly = <T>(usual: T, ...others: T[]): fc.Arbitrary<T> =>
  fc.oneof(
    { weight: 20, arbitrary: fc.constant(usual) },
    { weight: 2, arbitrary: fc.constantFrom(usual, ...others) },
  );

/** The one of that number among some, counted around; undefined where there is none. */
export const pick = <T>(among: readonly T[], index: number): T | undefined => among[index % among.length];

export const insert = <R extends Row>(table: Table, name: string, row: R): Insertion<R> => ({
  kind: 'insert',
  table,
  name,
  row,
});
export const update = (table: Table, name: string, columns: Row): Write => ({
  kind: 'update',
  table,
  name,
  columns,
});
export const remove = (table: Table, name: string): Write => ({ kind: 'delete', table, name });

type Plan<Choice> = (choice: Choice, world: World, now: number, newName: (kind: string) => string) => Write[];

const WAIT = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 0, max: 5 }) },
  { weight: 4, arbitrary: fc.integer({ min: 30, max: 90 }) },
  { weight: 1, arbitrary: fc.integer({ min: 200, max: 900 }) },
);

/** A kind of deed: what may be chosen, and what is written. */
export function deed<Choice extends object>(
  name: string,
  choices: { [Key in keyof Choice]: fc.Arbitrary<Choice[Key]> },
  plan: Plan<Choice>,
): fc.Arbitrary<Deed> {
  return fc
    .tuple(fc.record(choices, { noNullPrototype: true }) as fc.Arbitrary<Choice>, WAIT)
    .map(([choice, wait]) => ({
      wait,
      toString: () => `+${wait} min ${name} ${JSON.stringify(choice)}`,
      plan: (world, now, newName) => plan(choice, world, now, newName),
    }));
}
