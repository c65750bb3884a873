import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { folderWithManifest } from '../../text/manifest-folder.js';
import { packageRoot } from '../ui/package-root.js';
import { noDirectoryError, workingDirectory } from '../ui/paths.js';

/** Whether this is a clone of the repository; an installed package has no tsconfig.json. */
export const isClone: boolean = existsSync(join(packageRoot, 'tsconfig.json'));

/**
 * The folder of the embedded server: `.voicesurvey-db` in the clone, or in the project that installed the package.
 *
 * @throws UsageError `no_directory` if that project is unknown because the working directory does not exist
 */
export function embeddedDirectory(): string {
  return join(isClone ? packageRoot : projectRoot(), '.voicesurvey-db');
}

function projectRoot(): string {
  const start = workingDirectory();
  if (start === null) throw noDirectoryError();
  return folderWithManifest(start) ?? start;
}
