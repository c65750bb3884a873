import { expect } from 'vitest';
import { NULLABLE } from '../../src/schema/nullable.js';
import { test } from '../support/database.js';

interface Routine {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** The functions of the API with the names of their arguments and of the columns of their results. */
const ROUTINES = `
  select
    proname as name,
    array(
      select argument from unnest(proargnames, proargmodes) as named (argument, mode)
      where coalesce(mode, 'i') in ('i', 'b')
    ) as inputs,
    array(select argument from unnest(proargnames, proargmodes) as named (argument, mode) where mode in ('o', 't', 'b')) as outputs
  from pg_proc
  where pronamespace = 'voicesurvey'::regnamespace`;

test('src/schema/nullable.ts names only functions of the API, their columns and their arguments', async ({
  migrated: { rows },
}) => {
  const routines = new Map(
    (await rows<Routine & Record<string, unknown>>(ROUTINES)).map((one) => [one.name, one]),
  );
  const unknown = (
    names: Readonly<Record<string, readonly string[]>>,
    list: 'inputs' | 'outputs',
  ): string[] =>
    Object.entries(names).flatMap(([name, members]) => {
      const known = routines.get(name)?.[list];
      return known === undefined ? [name] : members.filter((member) => !known.includes(member));
    });
  expect(unknown(NULLABLE.results, 'outputs')).toEqual([]);
  expect(unknown(NULLABLE.arguments, 'inputs')).toEqual([]);
  // A function in `values` returns one value, and so has no columns.
  expect(NULLABLE.values.filter((name) => routines.get(name)?.outputs.length !== 0)).toEqual([]);
});
