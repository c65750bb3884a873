import { isAbsolute, relative, resolve } from 'node:path';
import { encodeName } from '../../text/encode.js';

/** The working directory; null if it was removed. */
export function workingDirectory(): string | null {
  try {
    return process.cwd();
  } catch {
    return null;
  }
}

/** A path as a user in the working directory would write it, within a line. */
export function displayPath(path: string): string {
  const here = workingDirectory();
  return encodeName(here === null ? path : pathWithin(here, path));
}

/** A path inside a folder relative to that folder; any other path unchanged. */
export function pathWithin(folder: string, path: string): string {
  const inside = relative(folder, resolve(path));
  return inside === '' || inside.startsWith('..') || isAbsolute(inside) ? path : inside;
}
