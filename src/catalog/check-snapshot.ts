import { UsageError } from '../postgres/errors/explained-error.js';

/**
 * Checks a snapshot that a program passes, which may have no types.
 *
 * @param name of the function that was called
 * @throws UsageError `bad_argument`
 */
export function checkSnapshot(name: string, snapshot: unknown): void {
  const objects: unknown = snapshot && typeof snapshot === 'object' && Reflect.get(snapshot, 'objects');
  if (objects && typeof objects === 'object') return;
  throw new UsageError('bad_argument', `${name} takes a snapshot of a catalog, and got something else.`, {
    remedy: 'Pass the result of readCatalog.',
  });
}
