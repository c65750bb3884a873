import type { SnapshotSource } from '../migrate/snapshot.js';
import pg from '../postgres/pg.js';
import { schemasOf } from './schemas.js';
import { SNAPSHOT_FORMAT, SNAPSHOT_SETTINGS, snapshotQuery } from './snapshot.js';

/**
 * How the engine describes a catalog: the schemas that the snapshot before looked at, and those that the statements
 * since then put objects into.
 */
export const snapshotSource: SnapshotSource = {
  format: SNAPSHOT_FORMAT,
  settings: SNAPSHOT_SETTINGS,
  query: (previous, statements) => {
    const named = schemasOf(statements).map((name) => pg.escapeLiteral(name));
    return snapshotQuery(
      `array[${named.join(', ')}] || array(select json_array_elements_text((${previous})::json -> 'schemas'))`,
    );
  },
};
