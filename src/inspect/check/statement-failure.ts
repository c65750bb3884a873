import { MigrationFailedError } from '../../migrate/failure/errors.js';
import type { SourceLocation } from '../../sql/errors.js';
import { formatLocation } from '../../sql/location.js';
import { capitalize } from '../../text/capitalize.js';

/** A statement of a file that the server has refused. */
export interface StatementFailure {
  readonly location: SourceLocation | undefined;
  /** The server's report in one or more sentences, without values of rows. */
  readonly reason: string;
}

/**
 * Awaits a run.
 *
 * @returns the statement that the server has refused; null if every statement succeeded
 * @throws every other error, such as a lost connection
 */
export async function catchFailure(run: Promise<unknown>): Promise<StatementFailure | null> {
  try {
    await run;
    return null;
  } catch (error) {
    if (!(error instanceof MigrationFailedError) || error.code !== 'migration_failed') throw error;
    return { location: error.location, reason: describeReason(error) };
  }
}

function describeReason({ message, location, server }: MigrationFailedError): string {
  const text = location === undefined ? message : message.replace(`${formatLocation(location)}: `, '');
  const more = [server?.detail, server?.hint].flatMap((each) =>
    each ? [`${each.replace(/[.]$/, '')}.`] : [],
  );
  return [text, ...more.map(capitalize)].join(' ');
}
