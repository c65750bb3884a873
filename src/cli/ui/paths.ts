import { isAbsolute, relative, resolve, sep } from 'node:path';
import { UsageError } from '../../postgres/errors/explained-error.js';
import { encodeName } from '../../text/encode.js';

/** The working directory; null if it was removed. */
export function workingDirectory(): string | null {
  try {
    return process.cwd();
  } catch {
    return null;
  }
}

/** The error of a command that needs the working directory, which was removed. */
export function noDirectoryError(): UsageError {
  return new UsageError('no_directory', 'The working directory does not exist any more.', {
    remedy: 'Change to the folder of your project and run the command again.',
  });
}

/** A path as a user in the working directory would write it, within a line. */
export function displayPath(path: string): string {
  const here = workingDirectory();
  return encodeName(here === null ? path : pathWithin(here, path));
}

/**
 * Shortens every path in a text that is inside the working directory to the form that a user there would write. A working
 * directory that holds everything shortens nothing.
 *
 * @example
 * ```ts
 * shortenPaths('/srv/survey/sql/V2.up.sql:1:8: …'); // in /srv/survey: sql/V2.up.sql:1:8: …
 * ```
 */
export function shortenPaths(text: string): string {
  const here = workingDirectory();
  if (here === null || resolve(here, sep) === here) return text;
  const folder = `${here}${sep}`.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return text.replaceAll(new RegExp(`(?<=^|[\\s'"\`(])${folder}(?=[^\\s'"\`)])`, 'gm'), '');
}

/** A program as a user in the working directory runs it: `./bin/program`, or `../clone/bin/program`. */
export function pathToRun(program: string): string {
  const here = workingDirectory();
  if (here === null) return program;
  const path = relative(here, program);
  return path.startsWith('..') || isAbsolute(path) ? path : `.${sep}${path}`;
}

/** A path inside a folder relative to that folder; any other path unchanged. */
export function pathWithin(folder: string, path: string): string {
  const inside = relative(folder, resolve(path));
  return inside === '' || inside.startsWith('..') || isAbsolute(inside) ? path : inside;
}
