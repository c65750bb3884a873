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

/** A lock as `pg_locks` names it: `ShareRowExclusiveLock`. */
export function modeOf(name: string): LockMode {
  const words = name
    .replace(/Lock$/, '')
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toLowerCase();
  return LOCK_MODES.find((mode) => mode === words) ?? 'access exclusive';
}

/** The stronger of two; null is none. */
export function stronger(one: LockMode | null, other: LockMode | null): LockMode | null {
  const rank = (mode: LockMode | null): number => (mode === null ? -1 : LOCK_MODES.indexOf(mode));
  return rank(other) > rank(one) ? other : one;
}
