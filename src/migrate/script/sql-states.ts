/** The SQLSTATEs that the engine's own SQL raises. */

/** Another run has changed the history since this run read it. */
export const HISTORY_MOVED = 'VS001';

/** The session that holds the lock of this run has ended. */
export const LOCK_LOST = 'VS002';
export const LOCK_LOST_MESSAGE = 'The session that held the migration lock was terminated from outside.';

/** A transaction deletes data that the run did not expect. */
export const UNEXPECTED_LOSS = 'VS003';

/** A transaction drops an object of another set. */
export const OTHER_SET_BROKEN = 'VS008';

/** The database does not have the state in which a backup was made. */
export const NOT_RESTORABLE = 'VS007';

/** The server does not count the rows that a transaction deletes. */
export const DELETIONS_UNCOUNTED = 'VS009';
