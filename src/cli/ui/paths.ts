import { isAbsolute, relative, resolve } from 'node:path';

/** The working directory; null where it was removed. */
export function workingDirectory(): string | null {
  try {
    return process.cwd();
  } catch {
    return null;
  }
}

/** A path as somebody in the working directory would write it. */
export function shownPath(path: string): string {
  const here = workingDirectory();
  return here === null ? path : pathIn(here, path);
}

/** A path as somebody in a folder would write it: from there, where it is in there. */
export function pathIn(folder: string, path: string): string {
  const inside = relative(folder, resolve(path));
  return inside === '' || inside.startsWith('..') || isAbsolute(inside) ? path : inside;
}
