import type { MigrationSet } from '../../catalog/migration-set.js';
import { otherSets } from '../../catalog/set-scope.js';
import type pg from '../../postgres/driver/pg.js';
import { queryRows } from '../../postgres/driver/search-path.js';
import { DEPENDENT_OBJECTS_STILL_EXIST } from '../../postgres/errors/sql-states.js';

/** The names of the other sets whose objects depend on what a statement would drop, as the server lists them. */
export async function findDependentSets(
  client: pg.Client,
  set: MigrationSet,
  { code, detail = '' }: pg.DatabaseError,
): Promise<readonly string[]> {
  if (code !== DEPENDENT_OBJECTS_STILL_EXIST) return [];
  const sql = `with ${otherSets(set)}named as (select name from other_set) select name from named order by name`;
  const sets = await queryRows<{ name: string }>(client, sql).catch(() => []);
  return sets.map(({ name }) => name).filter((name) => new RegExp(`\\b${name}[._]`).test(detail));
}
