import { accessSync, constants, existsSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { shellQuote } from '../../text/shell-quote.js';
import { packageRoot } from './package-root.js';
import { pathToRun, workingDirectory } from './paths.js';

const NAME = 'voicesurvey-db';
const FILE = join(packageRoot, 'bin', NAME);

/** The words that start this program in a shell in the working directory. */
export const PROGRAM: string = programIn(workingDirectory());

function programIn(folder: string | null): string {
  if (isOnPath()) return NAME;
  if (folder !== null && isInstalledAbove(folder)) return `npx ${NAME}`;
  return `${isExecutable() ? '' : 'node '}${shellQuote(pathToRun(FILE))}`;
}

/** Some archives and file systems have no executable files; Windows runs no script by its first line. */
function isExecutable(): boolean {
  try {
    accessSync(FILE, constants.X_OK);
    return process.platform !== 'win32';
  } catch {
    return false;
  }
}

/** npx and npm add folders of installed packages to PATH; the user's shell does not have these. */
function isOnPath(): boolean {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const found = folders
    .filter((folder) => folder !== '' && !/node_modules[\\/]\.bin[\\/]?$/.test(folder))
    .map((folder) => join(folder, NAME))
    .find((file) => existsSync(file));
  return found !== undefined && isSame(found, FILE);
}

/** Whether npx runs this package in a folder: it takes the program of the nearest `node_modules`. */
function isInstalledAbove(folder: string): boolean {
  const packages = join(folder, 'node_modules');
  if (existsSync(join(packages, '.bin', NAME))) return isSame(join(packages, NAME), packageRoot);
  return dirname(folder) !== folder && isInstalledAbove(dirname(folder));
}

function isSame(one: string, other: string): boolean {
  return existsSync(one) && existsSync(other) && realpathSync(one) === realpathSync(other);
}
