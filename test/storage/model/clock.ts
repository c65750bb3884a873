/** The midnight, in UTC, that all instants of the model are minutes after. */
export const EPOCH = '2025-01-06 00:00+00';

/** The expression of an instant. */
export const sqlOfInstant = (minute: number): string => `(timestamptz '${EPOCH}' + interval '${minute} min')`;

/** The statement that sets the clock of the session. */
export const setClock = (minute: number): string => `set model.minute = '${minute}'`;

const time = (stability: string): string =>
  `returns timestamptz language sql ${stability} as $clock$
     select coalesce(timestamptz '${EPOCH}' + interval '1 min' * current_setting('model.minute', true)::integer, current_timestamp)
   $clock$`;

/**
 * Makes a database tell the time of the model: its functions, and the defaults of its columns, call these two functions. The
 * planner replaces a call by the body, so it must be an expression. A session that sets no clock gets the real time.
 */
export const INSTALL_CLOCK = `
  create or replace function pg_catalog.now() ${time('stable')};
  create or replace function pg_catalog.clock_timestamp() ${time('volatile')}`;
