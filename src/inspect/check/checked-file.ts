import type { Migration } from '../../migrate/files/read-folder.js';
import type { Message } from '../../migrate/script/message.js';
import type { Work } from '../../migrate/script/work.js';

/** A file that can run. */
export interface CheckedFile {
  /** The statements as the engine runs them. */
  readonly work: Work;
  /** The messages that `psql -f` sends. */
  readonly psqlMessages: readonly Message[];
}

/** A migration whose files can run. */
export interface CheckedMigration {
  readonly migration: Migration;
  readonly up: CheckedFile;
  /** Null for an irreversible migration. */
  readonly down: CheckedFile | null;
}
