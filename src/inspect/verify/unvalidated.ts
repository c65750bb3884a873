import { displayName } from '../../catalog/names.js';
import type pg from '../../postgres/driver/pg.js';
import {
  domainViolationsQuery,
  readTableConstraints,
  readUnvalidatedDomains,
  violationCondition,
} from '../rows/constraints.js';
import { countRows, type RowCount } from '../rows/count.js';

/** A constraint that is not validated, so older rows may violate it. */
export interface UnvalidatedConstraint extends RowCount {
  /** The constraint, in words: `constraint named on users`. */
  readonly object: string;
}

/**
 * Finds the constraints of tables and domains that are not validated, and counts the rows that violate each. It reads no
 * values of rows.
 *
 * @param client in a read-only transaction, with the settings of a snapshot and a statement timeout
 * @param schemas the schemas to read
 */
export async function findUnvalidated(
  client: pg.Client,
  schemas: readonly string[],
): Promise<readonly UnvalidatedConstraint[]> {
  const results: UnvalidatedConstraint[] = [];
  for (const constraint of await readTableConstraints(client, schemas, 'not convalidated')) {
    const sql = `select count(*) as rows from ${constraint.table} as child where ${violationCondition(constraint)}`;
    const object = displayName(`table ${constraint.table}`, `constraint ${constraint.name}`);
    results.push({ object, ...(await countRows(client, sql)) });
  }
  for (const constraint of await readUnvalidatedDomains(client, schemas)) {
    const object = displayName(`domain ${constraint.domain}`, `constraint ${constraint.name}`);
    results.push({ object, ...(await countRows(client, domainViolationsQuery(constraint))) });
  }
  return results;
}
