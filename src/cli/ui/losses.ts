import { dirname } from 'node:path';
import { lossLine } from '../../migrate/data-loss/loss.js';
import type { LostData } from '../../migrate/script/safeguard.js';
import { call, type Remedy, type RemedyCall, remedy } from '../../text/remedy.js';
import { displayPath } from './paths.js';

/** A result of `up` or `down`. */
interface Losses {
  readonly losses: readonly LostData[];
}

/** The lines for the data that a dry run would delete. */
export function lossLines({ losses }: Losses): readonly string[] {
  return losses.length === 0
    ? []
    : ['It would delete data:', ...losses.map((loss) => `  ${loss.version}  ${lossLine(loss)}`)];
}

/** How to restore the data of each backup of an `up` or `redo`; the data in it was printed when it was written. */
export function restoreLines(result: Losses): readonly Remedy[] {
  return backupsOf(result).map(([folder]) => remedy`To restore the data, run ${restoreFrom(folder)}.`);
}

/** How to restore the data of each backup of a `down`: its migration has to be applied first, the oldest before the others. */
export function restoreAfterUpLines(result: Losses): readonly Remedy[] {
  return backupsOf(result)
    .reverse()
    .map(
      ([folder, version]) =>
        remedy`To restore the data, run ${call('up', { to: version })}, then ${restoreFrom(folder)}.`,
    );
}

/** The folder of each backup, with its migration, in the order of the run. */
function backupsOf({ losses }: Losses): [folder: string, version: string][] {
  const backups = losses.flatMap(({ file, version }) =>
    file === null ? [] : [[dirname(file), version] as const],
  );
  return [...new Map(backups)];
}

function restoreFrom(folder: string): RemedyCall {
  return call('restore', { folder: displayPath(folder) });
}
