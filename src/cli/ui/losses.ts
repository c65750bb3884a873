import { dirname } from 'node:path';
import { lossLine } from '../../migrate/data-loss/loss.js';
import type { Listener } from '../../migrate/run/events.js';
import type { LostData } from '../../migrate/script/safeguard.js';
import { call, type Remedy, remedy } from '../../text/remedy.js';
import { displayPath } from './paths.js';
import { printProgress } from './progress.js';

/** A result of `up` or `down`. */
interface Losses {
  readonly losses: readonly LostData[];
}

/** With --json too, a backup is printed when it is written: if a later step fails, no result names it. */
export const printBackups: Listener = (event) => {
  if (event.kind === 'backed-up') printProgress(event);
};

/** The lines for the data that a dry run would delete. */
export function lossLines({ losses }: Losses): readonly string[] {
  return losses.length === 0
    ? []
    : ['It would delete data:', ...losses.map((loss) => `  ${loss.version}  ${lossLine(loss)}`)];
}

/** The data in each backup was printed when it was written. */
export function restoreLines({ losses }: Losses): readonly Remedy[] {
  const folders = new Set(losses.flatMap(({ file }) => (file === null ? [] : [dirname(file)])));
  return [...folders].map(
    (folder) => remedy`To restore the data, run ${call('restore', { folder: displayPath(folder) })}.`,
  );
}
