import { UsageError } from '../errors/explained-error.js';

/** The form of an address; part of most remedies. */
export const EXAMPLE_URL = 'postgresql://user:password@host:5432/database';

/**
 * Makes the error for a text that is not the address of a PostgreSQL database.
 *
 * @param problem continues "The database URL …"; never repeats the URL, which may contain a password
 * @param remedy what to do, as whole sentences
 */
export function invalidUrl(problem: string, remedy: string): UsageError {
  return new UsageError('invalid_url', `The database URL ${problem}.`, { remedy });
}

/** Makes the error for a URL with more than one host or port. */
export function severalHosts(): UsageError {
  return invalidUrl(
    'names several hosts',
    `Name one host, as in ${EXAMPLE_URL}, so that it is certain which server a run changes.`,
  );
}
