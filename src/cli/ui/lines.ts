import type { Difference } from '../../catalog/difference.js';
import type { Server } from '../../migrate/database.js';
import { encodeName } from '../../text/encode.js';

/** The last line of every result: the server that it is about. */
export function serverLine({ address, version }: Server): string {
  return `on ${address} (PostgreSQL ${version})`;
}

/** Differences between two catalogs, one on a line. */
export function differenceLines(differences: readonly Difference[]): string[] {
  return differences.map(({ object, difference }) => `  ${object}: ${encodeName(difference)}`);
}

/** The line that a dry run prints in addition to the SQL. */
export function dryRunLine(sql: string): string {
  return sql === '' ? 'Nothing to do.' : 'This SQL would be sent. Nothing was changed.';
}
