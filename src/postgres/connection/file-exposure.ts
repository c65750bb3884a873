import type { Stats } from 'node:fs';

/**
 * Describes which other users may access a file with a secret, by the rule of libpq.
 *
 * @param forRoot the permission bits that a file of root may not have; by default as for every other owner
 * @returns `mode 0644`, or undefined if no other user may access it; on Windows, permissions are not checked
 */
export function describeExposure({ mode, uid }: Stats, forRoot = 0o077): string | undefined {
  const forbidden = uid === 0 ? forRoot : 0o077;
  if (process.platform === 'win32' || (mode & forbidden) === 0) return undefined;
  return `mode 0${(mode & 0o777).toString(8)}`;
}
