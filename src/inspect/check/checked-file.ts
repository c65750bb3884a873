import type { Migration } from '../../migrate/files/read-folder.js';
import type { Message } from '../../migrate/script/message.js';
import type { Work } from '../../migrate/script/work.js';

/** A file as the engine runs it, and as `psql -f` would send it. */
export interface CheckedFile {
  readonly work: Work;
  readonly asWritten: readonly Message[];
}

/** A migration whose files can be run. */
export interface CheckedMigration {
  readonly migration: Migration;
  readonly up: CheckedFile;
  /** Null for an irreversible one. */
  readonly down: CheckedFile | null;
}
