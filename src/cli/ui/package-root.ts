import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { folderWithManifest } from '../../text/manifest-folder.js';

/** The folder of this package: the nearest one above this file, or above the bundle that holds it, with a package.json. */
export const packageRoot: string = folderWithManifest(dirname(fileURLToPath(import.meta.url))) ?? '/';
