import { UsageError } from '../errors/explained-error.js';
import { isParameter, PARAMETERS, type Parameter, type ParameterName } from './parameters.js';

/** Returns a setting from the URL, else from the environment, else undefined. */
export type Settings = (name: ParameterName) => string | undefined;

const SCHEMA = 'Remove it. To set a schema, use options=-c%20search_path%3DNAME.';
const REMOVE = 'Remove it. It is meant for another program.';

/** Parameters that other programs add to a URL, with the program and the remedy. */
const FOREIGN_PARAMETERS = new Map<string, readonly [program: string, remedy: string]>([
  ['schema', ['Prisma', SCHEMA]],
  ['currentSchema', ['JDBC', SCHEMA]],
  ['search_path', ['pgx', SCHEMA]],
  ['pgbouncer', ['Prisma', 'Remove it. A pooler is detected without it.']],
  ['connection_limit', ['Prisma', REMOVE]],
  ['pool_timeout', ['Prisma', REMOVE]],
  ['socket_timeout', ['Prisma', REMOVE]],
  ['statement_cache_size', ['Prisma', REMOVE]],
  ['sslaccept', ['Prisma', 'Set sslmode=verify-full instead, or sslmode=require for accept_invalid_certs.']],
  ['sslidentity', ['Prisma', 'Set sslcert and sslkey instead.']],
  ['ssl', ['node-postgres', 'Set sslmode=require instead, or sslmode=disable for a plain connection.']],
  ['uselibpqcompat', ['node-postgres', 'Remove it. sslmode has the same meaning as in libpq.']],
  ['statement_timeout', ['node-postgres', 'Set options=-c%20statement_timeout%3D… instead.']],
  ['serverVersion', ['Doctrine', REMOVE]],
  ['charset', ['Doctrine', REMOVE]],
  ['supa', ['Vercel', REMOVE]],
  ['ApplicationName', ['JDBC', REMOVE]],
]);

/**
 * Reads the parameters of a URL and the environment variables of libpq. An empty value counts as not set.
 *
 * @param given the parameters of the URL, by libpq's keywords
 * @param environment the environment with `PGHOST` and the like; the URL overrides it
 * @throws UsageError for a parameter that libpq does not have, and for a parameter or value that cannot have the same
 *   effect as in libpq. No requirement is ignored silently.
 */
export function readSettings(given: ReadonlyMap<string, string>, environment: NodeJS.ProcessEnv): Settings {
  for (const name of given.keys()) {
    if (!isParameter(name)) throw unknownParameter(name);
  }
  const values = new Map<string, string>();
  for (const [name, parameter] of Object.entries<Parameter>(PARAMETERS)) {
    const fromEnvironment = parameter.variable === undefined ? undefined : environment[parameter.variable];
    const value = given.get(name) ?? fromEnvironment;
    if (value === undefined || value === '') continue;
    checkValue(given.has(name) ? name : `${parameter.variable}`, value, parameter);
    values.set(name, value);
  }
  return (name) => values.get(name);
}

/**
 * Reads a setting that is a whole number.
 *
 * @returns the number, or undefined if it is not set
 * @throws UsageError if it is not a whole number, or out of range
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
    `The connection parameter ${name} is not a whole number in its range.`,
    {
      remedy: `Set it to a whole number from ${range.least} to ${range.most}.`,
    },
  );
}

function checkValue(name: string, value: string, { values, reason }: Parameter): void {
  if (values === undefined || values.includes(value)) return;
  const alternatives = values.length === 0 ? '' : `, or set it to one of: ${values.join(', ')}`;
  throw new UsageError(
    reason === undefined ? 'invalid_parameter' : 'unsupported_parameter',
    `The connection parameter ${name} ${reason ?? 'has an invalid value.'}`,
    { remedy: `Remove ${name}${alternatives}.` },
  );
}

function unknownParameter(name: string): UsageError {
  const foreign = FOREIGN_PARAMETERS.get(name);
  // A name of another form may be a part of a password.
  const shown = /^\w{1,40}$/.test(name) ? ` "${name}"` : '';
  return new UsageError(
    'unknown_parameter',
    foreign === undefined
      ? `The database URL has a parameter${shown} that PostgreSQL does not know.`
      : `The database URL has the parameter "${name}" of ${foreign[0]}, which PostgreSQL does not know.`,
    { remedy: foreign?.[1] ?? 'Remove the parameter, or correct its spelling.' },
  );
}
