import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { UsageError } from '../../postgres/errors/explained-error.js';
import { PARAMETERS, type Parameter } from '../../postgres/url/parameters.js';
import { readRegularFileSync } from '../../text/regular-file.js';
import { packageRoot } from '../ui/package-root.js';
import { displayPath } from '../ui/paths.js';
import { isClone } from './installation.js';

/** An address that the user gave, and where. */
export interface NamedAddress {
  readonly url: string;
  /** Such as `DATABASE_URL`, `PGHOST` or `DATABASE_URL in .env`. */
  readonly source: string;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** The variables of libpq. */
const LIBPQ = Object.values<Parameter>(PARAMETERS).flatMap(({ variable }) => variable ?? []);

/** Those of them that choose a server or a database. */
const CHOOSING = ['PGSERVICE', 'PGHOST', 'PGHOSTADDR', 'PGPORT', 'PGDATABASE'];

/** An address that leaves everything to the variables and defaults of libpq. */
const FROM_VARIABLES = 'postgresql://';

const SET_IT = 'Set it to postgresql://user:password@host:5432/database';
const MEBIBYTE = 2 ** 20;

/**
 * Finds the address of the database that the user named: in the environment or, if that names none, in the file `.env` of a
 * clone. `DATABASE_URL` takes precedence over `PGHOST` and the other variables of libpq. An installed package reads no
 * file, nor does a command with `--embedded`.
 *
 * If the address comes from the file, the variables of libpq in the file are added to the environment, unless it has them.
 *
 * @returns null if no server is named
 * @throws UsageError `empty_url` for a `DATABASE_URL` that is set and empty, `env_file_unusable` for a file that cannot be
 *   read
 */
export function findAddress(where: 'environment' | 'everywhere'): NamedAddress | null {
  const named = addressIn(process.env, '');
  if (named !== null || !isClone || where === 'environment') return named;
  const path = join(packageRoot, '.env');
  const variables = readEnvFile(path);
  const inFile = addressIn(variables, ` in ${displayPath(path)}`);
  if (inFile === null) return null;
  for (const name of LIBPQ) if (variables[name] !== undefined) process.env[name] ||= variables[name];
  return inFile;
}

/**
 * Removes the variables of libpq from the environment of this process. They are meant for another server: the address of
 * the embedded one is complete, and `PGHOSTADDR`, `PGSSLMODE` or `PGOPTIONS` would change what it means.
 */
export function forgetLibpqVariables(): void {
  for (const name of LIBPQ) delete process.env[name];
}

/** @param suffix where the variables are, after the name of one */
function addressIn(variables: Variables, suffix: string): NamedAddress | null {
  const url = variables.DATABASE_URL;
  if (url !== undefined) {
    const source = `DATABASE_URL${suffix}`;
    if (url.trim() === '') throw emptyUrl(source);
    return { url, source };
  }
  const chosen = CHOOSING.find((name) => (variables[name] ?? '') !== '');
  return chosen === undefined ? null : { url: FROM_VARIABLES, source: `${chosen}${suffix}` };
}

function readEnvFile(path: string): Variables {
  const file = readRegularFileSync(path, MEBIBYTE);
  if (file.kind === 'missing') return {};
  if (file.kind !== 'content')
    throw unusableFile(path, file.problem, 'Make it a file that this user may read');
  const text = file.bytes.toString().replace(/^\uFEFF/, '');
  // The rest of the value would be a comment, and the beginning could be the address of another server.
  if (/^\s*(?:export\s+)?DATABASE_URL[ \t]*=[ \t]*[^\s'"`#][^\s#]*#/m.test(text)) {
    throw unusableFile(
      path,
      'has a DATABASE_URL with a # and without quotes, so that a part of the value is a comment',
      'Write the value in double quotes',
    );
  }
  return parseEnv(text);
}

function emptyUrl(source: string): UsageError {
  return new UsageError('empty_url', `${source} is set and empty.`, {
    remedy: isClone ? `${SET_IT}, or unset it to use the embedded server.` : `${SET_IT}.`,
  });
}

function unusableFile(path: string, problem: string, remedy: string): UsageError {
  return new UsageError('env_file_unusable', `${displayPath(path)} ${problem}.`, { remedy: `${remedy}.` });
}
