import { checkRestrictions } from '../../sql/restrictions.js';
import { parseStatements, type Statement } from '../../sql/statements.js';
import type { Keeper } from '../data-loss/ledger.js';
import type { MigrationResult } from '../failure/errors.js';
import type { Migration, Script } from '../files/read-folder.js';
import type { Guarded } from './guard.js';

/** A part of what is sent to the server, with a result of its own, so that an error is known by its statement. */
export interface Message {
  readonly sql: string;
  /** Which step of which migration it is. */
  readonly step: 'begin' | 'statement' | 'keep' | 'record' | 'commit';
  /** The statement of the file; only where `step` is `statement`, and not of the check that stands behind the last one. */
  readonly statement?: Statement;
}

/** A file, parsed, with the direction in which it runs. */
export interface Work {
  readonly version: bigint;
  readonly label: string;
  readonly name: string;
  readonly direction: 'up' | 'down';
  readonly script: Script;
  readonly statements: readonly Statement[];
  /** The whole migration; null for a down that comes from the history. */
  readonly migration: Migration | null;
}

/** Who applies, for the history. */
export interface Run extends Guarded {
  readonly id: string;
  readonly appliedWith: string;
  readonly appliedOn: string;
  /** The lock timeout of files that set none, in milliseconds. */
  readonly lockTimeoutMs: number;
  /** As `server_version_num` has it. */
  readonly serverVersion: number;
  /** As of the server's state. */
  readonly noticesLostClient: boolean;
  /** Whether the last transaction of the run records a snapshot of the catalog. */
  readonly recordsSnapshot: boolean;
  /** Sees to it that a down takes no data away unasked; null for an up, and where nothing is sent. */
  readonly keeper: Keeper | null;
}

/** How far a no-transaction file came. */
export interface Progress {
  readonly statementsDone: number;
  /** SHA-256 of the statements that are done. */
  readonly checksum: string;
}

/** The message that failed, and the file that it belongs to; none for the history's own creation. */
export interface Failure {
  readonly work: Work | null;
  readonly message: Message;
  readonly error: unknown;
}

/** What came of one try to run files. */
export interface Outcome {
  /** The files that are committed. */
  readonly done: readonly MigrationResult[];
  readonly failure: Failure | null;
}

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
  checkRestrictions(script, statements);
  return statements;
}
