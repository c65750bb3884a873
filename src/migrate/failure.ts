import pg from 'pg';
import { ExplainedError, type Explanation } from '../postgres/errors.js';
import type { Place } from './errors.js';
import type { Message, Work } from './script.js';
import { placeAt } from './source.js';

/** What became of a migration in a run. */
export interface MigrationResult {
  /** As the file writes it: `V0002`. */
  readonly version: string;
  readonly name: string;
  readonly status: 'applied' | 'rolled_back' | 'failed' | 'not_reached';
  /** How long it took, in milliseconds; null for one that did not come to its end. */
  readonly durationMs: number | null;
}

/** A migration that the server refused: where, what PostgreSQL says, and what became of the others of the run. */
export class MigrationFailedError extends ExplainedError {
  /** PostgreSQL's code for the error, such as `42P01`. */
  readonly sqlState: string | undefined;
  readonly place: Place | undefined;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
  /** Every migration of the run, in its order. */
  readonly results: readonly MigrationResult[];

  constructor(
    code: string,
    message: string,
    explanation: Explanation & {
      readonly sqlState?: string | undefined;
      readonly place?: Place | undefined;
      readonly detail?: string | undefined;
      readonly hint?: string | undefined;
      readonly results: readonly MigrationResult[];
    },
  ) {
    super(code, message, explanation);
    this.sqlState = explanation.sqlState;
    this.place = explanation.place;
    this.detail = explanation.detail;
    this.hint = explanation.hint;
    this.results = explanation.results;
  }
}

/**
 * Makes an error that says where, from the server's error and the message that caused it.
 *
 * @param results every migration of the run
 */
export function migrationFailed(
  work: Work,
  message: Message,
  error: unknown,
  results: readonly MigrationResult[],
): MigrationFailedError {
  const server = error instanceof pg.DatabaseError ? error : undefined;
  const text = error instanceof Error ? error.message : String(error);
  if (server === undefined) {
    return new MigrationFailedError('connection_lost', `The connection was lost in ${work.name}: ${text}.`, {
      remedy: 'Run the command again: it looks at the database first and goes on from there.',
      cause: error,
      results,
    });
  }
  const place = placeOf(work, message, server);
  const where = place === undefined ? work.script.source.path : `${place.file}:${place.line}:${place.column}`;
  return new MigrationFailedError('migration_failed', `${where}: ${text} (SQLSTATE ${server.code}).`, {
    remedy: remedyFor(server, work),
    cause: error,
    sqlState: server.code,
    place,
    detail: detailOf(server),
    hint: server.hint,
    results,
  });
}

function placeOf(work: Work, { statement }: Message, { position }: pg.DatabaseError): Place | undefined {
  const at = statement ?? work.statements.at(-1);
  if (at === undefined) return undefined;
  // The server counts code points from 1; of most errors it tells no position, then the statement's own place serves.
  const within =
    statement === undefined || position === undefined ? 0 : offsetOfCodePoint(at.sql, Number(position) - 1);
  return placeAt(work.script.source, at.offset + within);
}

function offsetOfCodePoint(text: string, index: number): number {
  return [...text].slice(0, index).join('').length;
}

/**
 * PostgreSQL puts the values of the row into the DETAIL of a broken constraint. They are somebody's data, and errors
 * end in logs: so table and constraint are told instead.
 */
function detailOf({ code, detail, schema, table, constraint }: pg.DatabaseError): string | undefined {
  const isConstraint = code?.startsWith('23') === true;
  if (!isConstraint) return detail;
  const name = constraint === undefined ? '' : `, constraint ${constraint}`;
  return table === undefined ? undefined : `Table ${schema}.${table}${name}; the row's values are not shown.`;
}

function remedyFor({ code }: pg.DatabaseError, { direction, name, script }: Work): string {
  if (code === '42501')
    return 'Run it as a role that owns these objects, or have the missing privilege granted.';
  const file = script.options.transaction
    ? `${name} was rolled back whole; what came before it stands.`
    : `${name} stands at a whole prefix of its statements.`;
  return `${file} Correct the cause and run "${direction}" again.`;
}
