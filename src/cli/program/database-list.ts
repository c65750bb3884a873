import { describeTarget } from '../../postgres/connection/target.js';
import { UsageError } from '../../postgres/errors/explained-error.js';
import { EXAMPLE_URL } from '../../postgres/url/errors.js';
import { parseDatabaseUrl } from '../../postgres/url.js';
import { readRegularFile } from '../../text/regular-file.js';
import { displayPath } from '../ui/paths.js';
import { readStandardInput, STANDARD_INPUT } from './standard-input.js';

/** A database of a list. */
export interface ListedDatabase {
  readonly url: string;
  /** The address without its password. */
  readonly address: string;
  /** A short name, unique in the list: `host/database`, with the port if it is not 5432. */
  readonly name: string;
  /** Such as `line 3 of databases.txt`. */
  readonly source: string;
}

const ONE_A_LINE = `Write one address a line, such as ${EXAMPLE_URL}.`;

/**
 * Reads a list of databases: one address a line. Empty lines and those that begin with # are skipped.
 *
 * @param path of the file; `-` is standard input
 * @throws UsageError `bad_database_list`, or the error of an address; both name the line
 */
export async function readDatabaseList(
  path: string,
  signal: AbortSignal,
): Promise<readonly ListedDatabase[]> {
  const isInput = path === STANDARD_INPUT;
  const list = isInput ? 'standard input' : displayPath(path);
  const lines = (isInput ? await readStandardInput(signal) : await readFile(path)).split(/\r\n|\n|\r/);
  const databases = new Map<string, ListedDatabase>();
  for (const [index, line] of lines.entries()) {
    const url = line.trim();
    if (url === '' || url.startsWith('#')) continue;
    const database = makeDatabase(url, `line ${index + 1} of ${list}`);
    const earlier = databases.get(database.name);
    if (earlier !== undefined) throw namedTwice(database, earlier);
    databases.set(database.name, database);
  }
  if (databases.size === 0) {
    const what = isInput ? 'Standard input' : list;
    throw new UsageError('bad_database_list', `${what} names no database.`, { remedy: ONE_A_LINE });
  }
  return [...databases.values()];
}

async function readFile(path: string): Promise<string> {
  if (path.includes('://')) {
    throw new UsageError('usage', '--databases takes the name of a file, not an address.', {
      remedy:
        'Write the address into a file, or set DATABASE_URL: command lines are visible to every user of the machine.',
    });
  }
  const file = await readRegularFile(path);
  if (file.kind === 'content') return new TextDecoder().decode(file.bytes);
  throw new UsageError('bad_database_list', `${displayPath(path)} ${file.problem}.`, {
    remedy: `Name a file of addresses, one a line, or ${STANDARD_INPUT} for standard input.`,
  });
}

function makeDatabase(url: string, source: string): ListedDatabase {
  try {
    const address = describeTarget(parseDatabaseUrl(url));
    const name = address.replace(/^postgresql:\/\/[^@]*@/, '').replace(':5432/', '/');
    return { url, address, name, source };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const message = `${capitalized(source)}: ${error.message}`;
    throw new UsageError(error.code, message, { remedy: error.remedyParts, cause: error });
  }
}

function namedTwice({ name, source }: ListedDatabase, earlier: ListedDatabase): UsageError {
  const line = /^line \d+/.exec(earlier.source)?.[0];
  const message = `${capitalized(source)} names the same database as ${line}: ${name}.`;
  return new UsageError('bad_database_list', message, { remedy: 'Remove one of the two lines.' });
}

function capitalized(source: string): string {
  return source.replace(/^line/, 'Line');
}
