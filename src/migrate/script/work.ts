import type { MigrationSet } from '../../catalog/migration-set.js';
import { createsInSearchPath } from '../../catalog/schemas.js';
import { checkRestrictions } from '../../sql/restrictions.js';
import { parseStatements, type Statement } from '../../sql/statements.js';
import { refuseHistoryChange } from '../files/history-change.js';
import { refuseOutside } from '../files/outside-set.js';
import type { Migration, Script } from '../files/read-folder.js';

/** A file of a migration, parsed, with the direction in which it runs. */
export interface Work {
  readonly version: bigint;
  readonly label: string;
  readonly name: string;
  readonly direction: 'up' | 'down';
  readonly script: Script;
  readonly statements: readonly Statement[];
  /** The migration as the folder has it; null for a down. */
  readonly migration: Migration | null;
  /** For an up, whether it creates objects in the first schema of the search path; false for a down. */
  readonly createsInSearchPath: boolean;
  /** For a down, the schemas that the rolled-back files create; empty for an up. */
  readonly createdSchemas: readonly string[];
}

/** Parses a file. It throws MigrationFileError for a file that cannot run. */
export type Parse = (script: Script) => Promise<readonly Statement[]>;

/**
 * Makes a function that parses files and refuses those that cannot run. It remembers the files that it has parsed: a run
 * that waits for another one plans more than once.
 *
 * @param set the set of the files
 */
export function fileParser(set: MigrationSet): Parse {
  const known = new Map<string, readonly Statement[]>();
  return async (script) => {
    const key = `${script.source.path} ${script.source.checksum}`;
    const statements = known.get(key) ?? (await parseStatements(script.source));
    if (!known.has(key)) {
      checkRestrictions(script, statements);
      refuseHistoryChange(script.source, statements, set);
      refuseOutside(script.source, statements, set);
    }
    known.set(key, statements);
    return statements;
  };
}

/**
 * The up of a migration. It also parses the down file, so that a down file that cannot run is refused now and not on the
 * night when it is needed.
 *
 * @throws MigrationFileError for a file that cannot run
 */
export async function upWork(migration: Migration, parse: Parse): Promise<Work> {
  const { version, label, name, up: script } = migration;
  const statements = await parse(script);
  if (migration.down !== null) await parse(migration.down);
  return {
    version,
    label,
    name,
    direction: 'up',
    script,
    statements,
    migration,
    createsInSearchPath: createsInSearchPath(statements),
    createdSchemas: [],
  };
}

/**
 * The down of a migration.
 *
 * @param createdSchemas as in {@link Work}
 * @throws MigrationFileError for a file that cannot run
 */
export async function downWork(
  { version, label, name }: Pick<Work, 'version' | 'label' | 'name'>,
  script: Script,
  parse: Parse,
  createdSchemas: readonly string[] = [],
): Promise<Work> {
  return {
    version,
    label,
    name,
    direction: 'down',
    script,
    statements: await parse(script),
    migration: null,
    createsInSearchPath: false,
    createdSchemas,
  };
}
