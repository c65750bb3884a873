import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of this package: the nearest one above this file, or above the bundle that holds it, with a package.json. */
export const packageRoot: string = folderWithManifest(dirname(fileURLToPath(import.meta.url))) ?? '/';

/** The nearest folder with a package.json: the given one or one above it. */
export function folderWithManifest(start: string): string | null {
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (dirname(folder) === folder) return null;
  }
}
