import { DEFAULT_SET } from '../../catalog/migration-set.js';
import { SYSTEM_NAMES_ONLY } from '../../postgres/driver/search-path.js';
import { REPORT_WARNINGS } from '../../postgres/replication.js';
import { liftTimeouts } from '../../postgres/timeouts.js';
import { TRIGGERS_ON_IN_SESSION } from '../../postgres/triggers-on.js';
import type { RunContext } from './context.js';
import type { Work } from './work.js';

/**
 * The beginning of every transaction of a run, except for a file that asks for another isolation level. It is not `read
 * write`: a database may be frozen by `default_transaction_read_only` while the run waits for another one.
 */
export const BEGIN = 'begin isolation level read committed';

/** The parser splits every file with this setting; without it, the server would find other ends of strings. */
export const STRINGS_AS_PARSED = 'set local standard_conforming_strings = on';

/**
 * PostgreSQL stores the search path that a function sets as text, in which this setting would quote each name. `verify` would
 * report every such function.
 */
const NAMES_AS_WRITTEN = 'quote_all_identifiers = off';

/** How the server reads and stores the text of a file, in its transaction. */
export const TEXT_OF_FILE = [STRINGS_AS_PARSED, `set local ${NAMES_AS_WRITTEN}`] as const;

/**
 * Only the last commit of a run waits for the disk. The log is written in order, so a crash of the server loses at most
 * whole migrations from the end, with their history rows, and never one from the middle; the next `up` applies them
 * again. The last commit, which does wait, writes all commits before it to the disk as well.
 */
export const DO_NOT_WAIT_FOR_THE_DISK = 'set local synchronous_commit = off';

/**
 * The statements of a file are one query, and the server sends no answer before its end. So that the server does not go on
 * to that end for a killed run, it checks twice a second that its client is still connected.
 */
export function checkClient({ noticesLostClient }: RunContext): readonly string[] {
  return noticesLostClient ? ['set local client_connection_check_interval = 500'] : [];
}

/** Default `lock_timeout` of a statement, in milliseconds. A statement queued for a lock blocks every later reader. */
export const DEFAULT_LOCK_TIMEOUT_MS = 4000;

/** How long the statements of a file wait for a lock, in milliseconds. */
export function lockTimeoutOf({ script }: Work): number {
  return script.options.lockTimeoutMs ?? DEFAULT_LOCK_TIMEOUT_MS;
}

/** The settings that a no-transaction file starts with. They hold for its session, as do those that the file sets. */
export function sessionSettings(work: Work, run: RunContext): readonly string[] {
  return [
    TRIGGERS_ON_IN_SESSION,
    `set ${NAMES_AS_WRITTEN}`,
    liftTimeouts(run.serverVersion, 'set'),
    `set lock_timeout = ${lockTimeoutOf(work)}`,
  ];
}

/** The search path that the database or the role sets. The statements of a file run with it, unless the file sets another. */
export const SEARCH_PATH_OF_SESSION = 'set local search_path to default';

/**
 * Ends what a file has set, inside its own transaction: behind a transaction pooler the next transaction may run in
 * another server process, and this process then serves other clients.
 * With the settings, the timeouts are reset. What follows is no more a statement of a service than the file was, so the
 * timeouts are lifted again.
 */
export function resetSession({ serverVersion }: RunContext): string {
  return `set constraints all immediate;
reset session authorization;
reset role;
reset all;
${liftTimeouts(serverVersion)};
close all;
unlisten *;
discard temp;
discard sequences`;
}

/** Ends prepared statements and advisory locks. They outlive even a failed transaction, so this runs after it. */
export const END_OF_TRANSACTION = `deallocate all;
select pg_catalog.pg_advisory_unlock_all()`;

/** The last commit of a run waits for the disk as the role demands it, whatever its file has set. */
export const WAIT_AS_THE_ROLE_DEMANDS = 'set local synchronous_commit to default';

/**
 * The settings of a no-transaction file stay for its next statements. But the role that connected writes the history, and
 * may take its time.
 */
export function settingsForRecord({ serverVersion }: RunContext): string {
  return `set constraints all immediate;
set local session authorization default;
set local role to default;
${liftTimeouts(serverVersion)};
${SYSTEM_NAMES_ONLY};
${REPORT_WARNINGS}`;
}

/** The setting that holds the search path of a file until the file is recorded; it ends with the transaction. */
const SAVED_SEARCH_PATH = `'${DEFAULT_SET.historySchema}.search_path'`;

/** SQL of the search path that {@link SAVE_SEARCH_PATH} has saved. */
export const RECORDED_SEARCH_PATH = `pg_catalog.current_setting(${SAVED_SEARCH_PATH})`;

/** Saves the search path of the session for the history, before the engine sets its own. */
export const SAVE_SEARCH_PATH = `select from pg_catalog.set_config(${SAVED_SEARCH_PATH}, pg_catalog.current_setting('search_path'), true)`;

/** Sets the search path that {@link SAVE_SEARCH_PATH} has saved. */
export const RESTORE_SEARCH_PATH = `select from pg_catalog.set_config('search_path', ${RECORDED_SEARCH_PATH}, true)`;

/** Settings of a file that are not those of the guard of a no-transaction file: it runs as the role that connected. */
const SAVED_SETTINGS = ['lock_timeout', 'session_authorization', 'role'] as const;
const saved = (setting: string): string => `'${DEFAULT_SET.historySchema}.${setting}'`;

/** These two are around the guard of a no-transaction file. A change of session_authorization resets the role, so that follows. */
export const SAVE_SETTINGS = [
  SAVE_SEARCH_PATH,
  ...SAVED_SETTINGS.map(
    (setting) =>
      `select from pg_catalog.set_config(${saved(setting)}, pg_catalog.current_setting('${setting}'), true)`,
  ),
  'set local session authorization default',
  'set local role to default',
].join(';\n');
export const RESTORE_SETTINGS = [
  ...SAVED_SETTINGS.map(
    (setting) =>
      `select from pg_catalog.set_config('${setting}', pg_catalog.current_setting(${saved(setting)}), true)`,
  ),
  RESTORE_SEARCH_PATH,
].join(';\n');
