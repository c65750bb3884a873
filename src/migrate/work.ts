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
 * Makes a function that parses scripts and refuses what cannot run; it remembers what it has parsed.
 *
 * @returns a function that throws MigrationFileError for a script that cannot run
 */
export function preparer(): (runnable: Runnable, direction: 'up' | 'down', script: Script) => Promise<Work> {
  const parsed = new Map<string, readonly Statement[]>();
  return async ({ version, label, name, migration }, direction, script) => {
    const key = `${script.source.path} ${script.source.checksum}`;
    const statements = parsed.get(key) ?? (await parseStatements(script.source));
    if (!parsed.has(key)) refuseWhatCannotRun(script, statements);
    parsed.set(key, statements);
    return { version, label, name, migration, direction, script, statements };
  };
}
