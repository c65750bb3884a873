import type { Difference } from '../../catalog/difference.js';
import type { Server } from '../../migrate/database.js';
import type { SeedResult } from '../../seed/seed.js';
import { encodeCode, encodeName } from '../../text/encode.js';
import { plural } from '../../text/plural.js';
import { call, type Remedy, remedy } from '../../text/remedy.js';
import { sourceText } from './address-source.js';
import type { Line } from './result.js';

/** The lines of a result: the result first, then the server that it is about, then the details after an empty line. */
export function resultLines(
  result: readonly Line[],
  server: Server,
  details: readonly Line[] = [],
): readonly Line[] {
  return [...result, serverLine(server), ...(details.length === 0 ? [] : ['', ...details])];
}

/** The server that a result is about. */
export function serverLine({ address, version }: Server): string {
  return `on ${address} (PostgreSQL ${version})${sourceText(address)}`;
}

/** Differences between two catalogs, one on a line. */
export function differenceLines(differences: readonly Difference[]): string[] {
  return differences.map(({ object, difference }) => `  ${object}: ${encodeName(difference)}`);
}

/** What to do after a run that recorded no snapshot. The reason was printed as progress. */
export function snapshotLines({
  snapshotMissing,
}: {
  readonly snapshotMissing: string | null;
}): readonly Remedy[] {
  if (snapshotMissing === null) return [];
  return [
    remedy`No snapshot of the catalog was recorded, so its state is unknown. Compare it with ${call('verify')}, then record it with ${call('accept', { reason: '<why>' })}.`,
  ];
}

/** The remark that a dry run prints on standard error, in addition to the SQL on standard output. */
export function dryRunLine(sql: string, isVerbose = false): string {
  if (sql === '') return 'Nothing to do.';
  const differs = differenceFrom(sql);
  const warning = differs === null ? '' : ` Do not run it with psql: it shows ${differs}.`;
  if (isVerbose) return `This SQL would be sent. Nothing was changed.${warning}`;
  return `These statements would be sent. Nothing was changed. --verbose also prints the engine's own SQL.${warning}`;
}

/** What is printed in place of the text of the files, so that it would write other values; null if it is the text. */
function differenceFrom(sql: string): string | null {
  if (sql.includes("'***'")) return "'***' for secrets";
  return encodeCode(sql) === sql.replaceAll('\r\n', '\n')
    ? null
    : 'characters that a terminal or a CI service would obey as escapes';
}

/** The result of seeding, in one line. */
export function seedLine({ inserted }: Pick<SeedResult, 'inserted'>): string {
  return inserted === 0
    ? 'Nothing to seed: the rows are there already.'
    : `Added ${plural(inserted, 'seed row')}.`;
}
