import { createHash } from 'node:crypto';

/** A set of migrations in a database, with its own history and lock, whose names and key follow from its name. */
export interface MigrationSet {
  /** Null for the default set: that of a folder that names no set. */
  readonly name: string | null;
  /** The schema that holds only the history. The engine always writes it in full and never relies on `search_path`. */
  readonly historySchema: string;
  /** The history's full name. */
  readonly historyTable: string;
  /** The key of the advisory lock of a run: the first eight bytes of the SHA-256 of `historySchema`, as a signed integer. */
  readonly lockKey: bigint;
}

/** The end of the name of every schema that holds a history. */
export const HISTORY_SUFFIX = '_migrations';

/** The default set. The settings of the engine have its name, too, whatever the set. */
export const DEFAULT_SET: MigrationSet = {
  name: null,
  historySchema: 'voicesurvey_migrations',
  historyTable: 'voicesurvey_migrations.history',
  lockKey: 581_541_466_810_820_071n,
};

/** The set with a name. */
export function namedSet(name: string): MigrationSet {
  const historySchema = `${name}${HISTORY_SUFFIX}`;
  const lockKey = createHash('sha256').update(historySchema).digest().readBigInt64BE();
  return { name, historySchema, historyTable: `${historySchema}.history`, lockKey };
}
