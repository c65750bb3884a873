import type { Migration, Script } from './files.js';
import { refuseWhatCannotRun } from './refusals.js';
import type { Work } from './script.js';
import { parseStatements, type Statement } from './statements.js';

/** A script with what the history knows it by. */
export interface Runnable {
  readonly version: bigint;
  readonly label: string;
  readonly name: string;
  readonly migration: Migration | null;
}

/**
 * Makes a function that parses scripts and refuses what cannot run; it remembers what it has parsed. With an up it
 * refuses a down that cannot run: that is not found out on the night when it is needed.
 *
 * @returns a function that throws MigrationFileError for a script that cannot run
 */
export function preparer(): (runnable: Runnable, direction: 'up' | 'down', script: Script) => Promise<Work> {
  const parsed = new Map<string, readonly Statement[]>();
  return async ({ version, label, name, migration }, direction, script) => {
    const key = `${script.source.path} ${script.source.checksum}`;
    const known = parsed.get(key);
    const statements = known ?? (await statementsOf(script));
    if (known === undefined && direction === 'up' && migration?.down) await statementsOf(migration.down);
    parsed.set(key, statements);
    return { version, label, name, migration, direction, script, statements };
  };
}

async function statementsOf(script: Script): Promise<readonly Statement[]> {
  const statements = await parseStatements(script.source);
  refuseWhatCannotRun(script, statements);
  return statements;
}
