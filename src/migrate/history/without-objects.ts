import type { MigrationSet } from '../../catalog/migration-set.js';
import type { Connection } from '../../postgres/connect.js';
import { call, remedy } from '../../text/remedy.js';
import { extractLabel } from '../files/file-name.js';
import { readDrift } from './drift.js';
import { HistoryError } from './errors.js';
import type { ServerState } from './server-state.js';
import { setHistoryAside } from './table.js';

/**
 * Refuses a history whose objects are missing, as after a restore of the history alone. Otherwise `up` would report that it
 * has nothing to do. The database is compared with the last snapshot, because migrations may create no relation.
 *
 * @param connection in pipeline mode, outside of any transaction
 * @throws HistoryError `history_without_objects`
 */
export async function refuseWithoutObjects(
  connection: Connection,
  set: MigrationSet,
  { rows }: ServerState,
): Promise<void> {
  const newest = rows.at(-1);
  if (newest === undefined || (await readDrift(connection, set)).state !== 'drifted') return;
  throw new HistoryError(
    'history_without_objects',
    `The history says that this database is at ${extractLabel(newest.name)}, but it has no tables.`,
    {
      remedy: remedy`If only the history was restored, set it aside: ${setHistoryAside(set)} Then create the tables with ${call('up')}. If the tables were dropped, restore them from a backup. To see what is missing, run ${call('verify')}.`,
    },
  );
}
