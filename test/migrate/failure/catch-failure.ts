import { MigrationFailedError } from '../../../src/migrate/failure/errors.js';
import { up } from '../../../src/migrate/up.js';
import type { TestDatabase } from '../../support/database.js';
import { folderWith } from '../../support/folder.js';

/** Tables with a row, a constraint of each kind, and a trigger that raises an error. */
export const BEFORE = `create table people (
  id uuid primary key,
  email text not null constraint one_person_per_email unique,
  age integer constraint age_is_positive check (age > 0)
);
create table letters (id uuid primary key, person_id uuid constraint a_letter_has_a_reader references people);
insert into people values ('5eed0001-0000-4000-8000-000000000001', 'ann@example.com', 7);
create function shout() returns trigger language plpgsql as $$ begin raise exception 'no entry' using hint = 'knock first'; end $$;
create table guarded (id integer);
create trigger nobody_enters before insert on guarded for each row execute function shout();`;

/** Applies a file that fails on top of some tables, and returns the error. */
export async function catchFailure({ url }: TestDatabase, sql: string): Promise<MigrationFailedError> {
  const directory = await folderWith({
    'V1.up.sql': BEFORE,
    'V1.down.sql': '',
    'V2.up.sql': sql,
    'V2.down.sql': '',
  });
  const error = await up({ url, directory }).catch((caught: unknown) => caught);
  if (!(error instanceof MigrationFailedError))
    throw new Error('The migration did not fail.', { cause: error });
  return error;
}

/** The id of the row in `people`, as SQL. */
export const PERSON = "'5eed0001-0000-4000-8000-000000000001'";
