import { existsSync, readFileSync } from 'node:fs';
import type { RawStmt } from 'libpg-query';

const folder = new URL('../parsed/', import.meta.url);

/**
 * What the parser says to a migration of the package's own: it was asked when the package was built, so that a deploy
 * of the product does without the 50 ms and 15 MB that it takes to load.
 *
 * @param checksum of the file's text; a file that was changed since is not known by it
 * @returns undefined where the parser has to be asked
 */
export function parsedAtBuild(checksum: string): RawStmt[] | undefined {
  const file = new URL(`${checksum}.json`, folder);
  // Most files of most folders are not ours, and an error for each would take its time.
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
