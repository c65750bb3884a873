import type { MigrationSet } from '../../catalog/migration-set.js';
import { listSchemas } from '../../catalog/schemas.js';
import type { Entry } from '../../migrate/history/compare.js';
import { fileParser, upWork } from '../../migrate/script/work.js';
import type { Connection } from '../../postgres/connect.js';
import { ExplainedError } from '../../postgres/errors/explained-error.js';
import { createReference, type Reference, type ReferenceOptions, readSearchPath } from './reference.js';

/** The options of {@link createAppliedReference}. */
export interface AppliedReferenceOptions
  extends Pick<
    ReferenceOptions,
    'url' | 'directory' | 'set' | 'after' | 'otherServerUrl' | 'signal' | 'accepted'
  > {
  /** The folder compared with the history. */
  readonly entries: readonly Entry[];
  /** Further schemas to read, such as those that an older snapshot covers. */
  readonly schemas: readonly string[];
  /** Whether to run files that were changed after they were applied; false by default. */
  readonly allowsChanged?: boolean | undefined;
}

/** The catalog that the applied migrations make, or why it could not be made. */
export type AppliedReference =
  | { readonly reference: Reference; readonly label: string }
  | { readonly missing: string };

/**
 * Runs the migrations that a database has in a throw-away database, and takes a snapshot of it: a reference for a database
 * whose recorded snapshot cannot be compared.
 *
 * Without `allowsChanged`, the files must be those that were applied. A role that may not create a database gets no
 * reference, and no error.
 *
 * @param connection to the database
 * @returns the reference, or why it could not be made, as the end of a sentence
 * @throws ExplainedError `interrupted`
 */
export async function createAppliedReference(
  connection: Connection,
  { entries, schemas, allowsChanged = false, ...options }: AppliedReferenceOptions,
): Promise<AppliedReference> {
  const newest = entries.findLast(({ row }) => row !== null);
  if (newest === undefined) return { missing: 'nothing is applied' };
  const needed = entries.filter(({ version }) => version <= newest.version);
  const other = needed.find(({ state }) => state !== 'applied' && !(allowsChanged && state === 'changed'));
  if (other !== undefined) return { missing: `${other.name} is ${other.state}` };
  const parse = fileParser(options.set);
  try {
    const migrations = needed.flatMap(({ migration }) => migration ?? []);
    const works = await Promise.all(migrations.map((migration) => upWork(migration, parse)));
    const statements = works.flatMap((work) => work.statements);
    const reference = await createReference({
      ...options,
      to: newest.label,
      statements,
      schemas: [...new Set([...schemas, ...listSchemas(statements)])],
      role: await ownerOfHistory(connection, options.set),
      searchPath: await readSearchPath(connection.client),
    });
    return { reference, label: newest.name };
  } catch (error) {
    if (!(error instanceof ExplainedError) || error.code === 'interrupted') throw error;
    return { missing: error.message.replace(/\.$/, '') };
  }
}

/** The role that runs the migrations, and so owns what they create. */
async function ownerOfHistory({ client }: Connection, { historyTable }: MigrationSet): Promise<string> {
  const { rows } = await client.query<{ role: string }>(
    `select pg_catalog.pg_get_userbyid(relowner)::text as role
     from pg_catalog.pg_class
     where oid = '${historyTable}'::pg_catalog.regclass`,
  );
  return rows[0]?.role ?? '';
}
