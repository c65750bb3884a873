import { UsageError } from '../errors.js';
import { isParameter, PARAMETERS, type Parameter, type ParameterName } from './parameters.js';

/** Reads one setting: what the URL says, else the environment, else undefined. */
export type Settings = (name: ParameterName) => string | undefined;

const SCHEMA = 'Remove it; a schema is chosen by options=-c%20search_path%3DNAME, if at all.';
const REMOVE = 'Remove it: it is meant for another program.';

/** Parameters that other programs put into a URL, by whom, and what to do. */
const FOREIGN = new Map<string, readonly [whose: string, remedy: string]>([
  ['schema', ["Prisma's", SCHEMA]],
  ['currentSchema', ["JDBC's", SCHEMA]],
  ['search_path', ["Go's pgx's", SCHEMA]],
  ['pgbouncer', ["Prisma's", 'Remove it: a pooler is recognised without it.']],
  ['connection_limit', ["Prisma's", REMOVE]],
  ['pool_timeout', ["Prisma's", REMOVE]],
  ['socket_timeout', ["Prisma's", REMOVE]],
  ['statement_cache_size', ["Prisma's", REMOVE]],
  ['sslaccept', ["Prisma's", 'Write sslmode=verify-full, or sslmode=require for accept_invalid_certs.']],
  ['sslidentity', ["Prisma's", 'Write sslcert and sslkey.']],
  ['ssl', ["node-postgres's", 'Write sslmode=require, or sslmode=disable for none.']],
  ['uselibpqcompat', ["node-postgres's", 'Remove it: sslmode means here what it means to libpq.']],
  ['statement_timeout', ["node-postgres's", 'Write options=-c%20statement_timeout%3D….']],
  ['serverVersion', ["Doctrine's", REMOVE]],
  ['charset', ["Doctrine's", REMOVE]],
  ['supa', ["Vercel's", REMOVE]],
  ['ApplicationName', ["JDBC's", REMOVE]],
]);

/**
 * Holds the parameters of a URL and libpq's environment variables against what we can do. An empty value counts
 * as none.
 *
 * @param given the URL's parameters, by libpq's keywords
 * @param environment where `PGHOST` and its like are read; the URL wins
 * @throws UsageError for a parameter that libpq does not know, and for one, or a value of one, that we cannot do
 *   as libpq does: nothing that was asked for is ignored in silence
 */
export function readSettings(given: ReadonlyMap<string, string>, environment: NodeJS.ProcessEnv): Settings {
  for (const name of given.keys()) {
    if (!isParameter(name)) throw unknownParameter(name);
  }
  const found = new Map<string, string>();
  for (const [name, parameter] of Object.entries<Parameter>(PARAMETERS)) {
    const fromEnvironment = parameter.variable === undefined ? undefined : environment[parameter.variable];
    const value = given.get(name) ?? fromEnvironment;
    if (value === undefined || value === '') continue;
    checkValue(given.has(name) ? name : `${parameter.variable}`, value, parameter);
    found.set(name, value);
  }
  return (name) => found.get(name);
}

/**
 * Reads a setting that is a whole number.
 *
 * @returns the number, or undefined where nothing is set
 * @throws UsageError if it is not one, or out of the range
 */
export function integerSetting(
  settings: Settings,
  name: ParameterName,
  range: { readonly least: number; readonly most: number },
): number | undefined {
  const text = settings(name);
  if (text === undefined) return undefined;
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= range.least && value <= range.most) return value;
  throw new UsageError(
    'invalid_parameter',
    `The connection parameter ${name} is no whole number in its range.`,
    {
      remedy: `Write a number from ${range.least} to ${range.most}, in digits.`,
    },
  );
}

function checkValue(name: string, value: string, { values, because }: Parameter): void {
  if (because === undefined && (values === undefined || values.includes(value))) return;
  if (values?.includes(value)) return;
  const remedy =
    values === undefined || values.length === 0
      ? `Remove ${name}.`
      : `Remove ${name}, or set it to one of: ${values.join(', ')}.`;
  throw because === undefined
    ? new UsageError(
        'invalid_parameter',
        `The connection parameter ${name} has a value that it cannot have.`,
        { remedy },
      )
    : new UsageError('unsupported_parameter', `What the connection parameter ${name} asks for ${because}`, {
        remedy,
      });
}

function unknownParameter(name: string): UsageError {
  const foreign = FOREIGN.get(name);
  const shown = /^\w{1,40}$/.test(name) ? ` "${name}"` : '';
  return new UsageError(
    'unknown_parameter',
    foreign === undefined
      ? `The database URL has a parameter${shown} that PostgreSQL does not know.`
      : `The database URL has the parameter "${name}", which is ${foreign[0]} and which PostgreSQL does not know.`,
    { remedy: foreign?.[1] ?? 'Remove it, or correct its spelling.' },
  );
}
