/** PostgreSQL's locks on tables, weakest first, as its documentation names them. */
export const LOCK_MODES = [
  'access share',
  'row share',
  'row exclusive',
  'share update exclusive',
  'share',
  'share row exclusive',
  'exclusive',
  'access exclusive',
] as const;

/** A lock on a table. */
export type LockMode = (typeof LOCK_MODES)[number];

/** Parses a lock mode as `pg_locks` names it: `ShareRowExclusiveLock`. */
export function parseMode(name: string): LockMode {
  const words = name
    .replace(/Lock$/, '')
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toLowerCase();
  return LOCK_MODES.find((mode) => mode === words) ?? 'access exclusive';
}

/** The strongest of some lock modes. */
export function strongest(modes: readonly LockMode[]): LockMode {
  return LOCK_MODES.findLast((mode) => modes.includes(mode)) ?? 'access share';
}

/** Whether a session that holds the lock blocks sessions that change rows. */
export function blocksWrites(mode: LockMode): boolean {
  return LOCK_MODES.indexOf(mode) >= LOCK_MODES.indexOf('share');
}

/** Whether a session that holds the lock blocks sessions that read. */
export function blocksReads(mode: LockMode): boolean {
  return mode === 'access exclusive';
}
