import type { MigrationSet } from '../../catalog/migration-set.js';
import type { Snapshot } from '../../catalog/snapshot.js';
import type pg from '../../postgres/driver/pg.js';
import { readForeignRights } from './foreign-rights.js';
import { readHistoryRights } from './history-rights.js';
import { findPrivileges, type PrivilegeFinding } from './privileges.js';

/**
 * Finds the rights with which a role could change what the migrations made, or run its code with the rights of another role.
 * Those that belong to the whole database are found with the default set.
 *
 * @param snapshot the objects of the migrations
 * @param sql the text of the up files, which name the objects
 */
export async function findRights(
  client: pg.Client,
  set: MigrationSet,
  snapshot: Snapshot,
  sql: string,
): Promise<readonly PrivilegeFinding[]> {
  const rights = await readHistoryRights(client, set);
  return [
    ...(rights === null ? [] : findPrivileges(snapshot, rights, sql)),
    ...(set.name === null ? await readForeignRights(client) : []),
  ];
}
