import type { MigrationSet } from '../../catalog/migration-set.js';
import pg from '../../postgres/driver/pg.js';
import { ExplainedError } from '../../postgres/errors/explained-error.js';
import { INSUFFICIENT_PRIVILEGE } from '../../postgres/errors/sql-states.js';
import { redactError } from '../../postgres/redaction/redact.js';
import { migrateAsOwner } from '../history/table.js';

/** Explains why a change of the history failed, if the role lacks a privilege; returns every other error unchanged. */
export function explainWriteError(error: unknown, set: MigrationSet): unknown {
  if (!(error instanceof pg.DatabaseError) || error.code !== INSUFFICIENT_PRIVILEGE) return error;
  const { message, cause } = redactError(error);
  return new ExplainedError('permission_denied', `This role may not write the history: ${message}.`, {
    remedy: migrateAsOwner(set),
    cause,
  });
}
