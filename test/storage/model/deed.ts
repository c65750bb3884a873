import fc from 'fast-check';
import { FINAL, PHONES, type World } from './world.js';

/** What somebody does in one transaction: the statements, and what they would make of the world. */
export interface Step {
  readonly sql: string;
  readonly after: World;
}

/** An attempt at a step, legal or not; undefined where there is nothing to attempt it on. */
export interface Deed {
  /** For a report. */
  toString(): string;
  /** How many minutes pass before. */
  readonly wait: number;
  take(before: World, now: number, newId: () => string): Step | undefined;
}

/** Those who are on a list, or were. */
export const NAMES = ['ann', 'bob', 'cat', 'dan'] as const;

export const who: fc.Arbitrary<string> = fc.constantFrom(...NAMES);
export const which: fc.Arbitrary<string> = fc.constantFrom('one', 'one', 'two');
export const phone: fc.Arbitrary<string> = fc.constantFrom(...PHONES);
export const rarely: fc.Arbitrary<boolean> = fc.oneof(
  { weight: 14, arbitrary: fc.constant(false) },
  { weight: 1, arbitrary: fc.constant(true) },
);
/** The usual choice, and now and then another. */
export const mostly = <T>(usual: T, ...others: T[]): fc.Arbitrary<T> =>
  fc.oneof(
    { weight: 12, arbitrary: fc.constant(usual) },
    { weight: 2, arbitrary: fc.constantFrom(usual, ...others) },
  );

type Change<Choice> = (choice: Choice, after: World, now: number, newId: () => string) => string | undefined;

/** A kind of deed: what may be chosen, and what it does to a copy of the world and in SQL. */
export function deed<Choice extends object>(
  name: string,
  choices: { [Key in keyof Choice]: fc.Arbitrary<Choice[Key]> },
  change: Change<Choice>,
): fc.Arbitrary<Deed> {
  const wait = fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 5 }) },
    { weight: 3, arbitrary: fc.integer({ min: 30, max: 90 }) },
    { weight: 1, arbitrary: fc.integer({ min: 200, max: 900 }) },
  );
  return fc.tuple(fc.record(choices) as fc.Arbitrary<Choice>, wait).map(([choice, minutes]) => ({
    wait: minutes,
    toString: () => `+${minutes} min ${name} ${JSON.stringify(choice)}`,
    take: (before, now, newId) => {
      const after = structuredClone(before);
      const sql = change(choice, after, now, newId);
      // A contact who asked not to be called is excluded, whatever is written.
      for (const contact of Object.values(after.contacts)) {
        if (contact.unwilling && !FINAL.has(contact.state)) contact.state = 'excluded';
      }
      return sql === undefined ? undefined : { sql, after };
    },
  }));
}
