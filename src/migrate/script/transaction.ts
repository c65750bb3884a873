import { HISTORY_SCHEMA } from '../../catalog/history-schema.js';
import { liftTimeouts } from '../../postgres/timeouts.js';
import type { Statement } from '../../sql/statements.js';
import { assertAnnounced, NOTE_BEFORE } from '../data-loss/detect.js';
import { announced, partOf } from '../data-loss/ledger.js';
import { CREATE_HISTORY } from '../history/table.js';
import { guard, lockGuard, type Reached } from './guard.js';
import { recordSql } from './record-sql.js';
import type { Message, Progress, Run, Work } from './work.js';

/** How every transaction of a run begins. */
export const BEGIN = 'begin isolation level read committed read write';

/** The parser takes every file apart by this; where it is off, the server would find other ends of strings. */
export const STRINGS_AS_PARSED = 'set local standard_conforming_strings = on';

/**
 * The statements of a file are one query, of which nothing is answered before its end. So that a killed run does not go on
 * to that end in the server, the server looks twice a second whether its client is still there.
 */
function lookForTheClient({ noticesLostClient }: Run): readonly string[] {
  return noticesLostClient ? ['set local client_connection_check_interval = 500'] : [];
}

/**
 * Only the last commit of a run waits for the disk. The log is written in order, so a crash of the server loses at most
 * whole migrations from the end, their history rows with them, never one from the middle; the next `up` applies them
 * again. The last commit, which does wait, takes all before it to the disk as well.
 */
const DO_NOT_WAIT_FOR_THE_DISK = 'set local synchronous_commit = off';

/**
 * What a file has set ends with it, inside its own transaction: behind a transaction pooler the next transaction may
 * run in another server process, and this process then serves strangers.
 * With the settings the timeouts are back, and what is still to come is as little of a service as the file was.
 */
export function leaveNothingBehind({ serverVersion }: Run): string {
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

/**
 * Deferred constraints are checked behind the statements, where an error is known as the file's: temporary tables with
 * checks still to come cannot be dropped.
 */
const DEFERRED_CONSTRAINTS: Message = { step: 'statement', sql: 'set constraints all immediate' };

/** What stays with the server process when a transaction fails as well, so it ends behind the transaction. */
const COMMIT = `commit;
deallocate all;
select pg_catalog.pg_advisory_unlock_all()`;

/** Whatever a file has set, our own SQL means what it says. */
export const FULL_NAMES_ONLY = 'set local search_path = pg_catalog, pg_temp';

/**
 * The settings of a no-transaction file live on for its next statements, but the history is written by who connected, in
 * the time that it takes.
 */
function forTheRecord({ serverVersion }: Run): string {
  return `set constraints all immediate;
set local session authorization default;
set local role to default;
${liftTimeouts(serverVersion)};
${FULL_NAMES_ONLY}`;
}

/** Around the guard of a no-transaction file, whose lock timeout may be the file's own. */
const NOTED = `'${HISTORY_SCHEMA}.lock_timeout'`;
const NOTE_LOCK_TIMEOUT = `select from pg_catalog.set_config(${NOTED}, pg_catalog.current_setting('lock_timeout'), true)`;
const LOCK_TIMEOUT_AS_NOTED = `select from pg_catalog.set_config('lock_timeout', pg_catalog.current_setting(${NOTED}), true)`;

/** Creates the history in a transaction of its own, ahead of the first migration. */
export function historyScript(run: Run): readonly Message[] {
  return [
    message('begin', BEGIN, DO_NOT_WAIT_FOR_THE_DISK, liftTimeouts(run.serverVersion), lockGuard(run)),
    { step: 'record', sql: CREATE_HISTORY },
    { step: 'commit', sql: 'commit' },
  ];
}

/**
 * The messages that run one file in one transaction together with its history row.
 *
 * @param predecessor the version of the newest history row before it; null for an empty history
 * @param ending all files of the run, where the run ends with this one; null where it goes on
 */
export function transactionScript(
  work: Work,
  run: Run,
  predecessor: bigint | null,
  ending: readonly Work[] | null,
): readonly Message[] {
  const durability = ending === null ? [DO_NOT_WAIT_FOR_THE_DISK] : [];
  return [
    message(
      'begin',
      BEGIN,
      ...durability,
      liftTimeouts(run.serverVersion),
      STRINGS_AS_PARSED,
      ...lookForTheClient(run),
      guard(predecessor, run),
      `set local lock_timeout = ${lockTimeoutOf(work, run)}`,
    ),
    ...watched(work, run, work.statements, work.statements.length),
    message(
      'record',
      leaveNothingBehind(run),
      ...durability,
      FULL_NAMES_ONLY,
      recordSql(work, run, null, ending),
    ),
    message('commit', COMMIT),
  ];
}

/**
 * The messages that run some statements of a no-transaction file in one transaction together with their progress.
 *
 * @param statementsDone how far the file is before; null where nothing of it is noted
 * @param progress how far the file is then; null at its end
 * @param ending all files of the run, where the run ends with this one; null where it goes on
 */
export function chunkScript(
  work: Work,
  run: Run,
  predecessor: bigint | null,
  statementsDone: number | null,
  statements: readonly Statement[],
  progress: Progress | null,
  ending: readonly Work[] | null,
): readonly Message[] {
  const { version, direction } = work;
  const reached: Reached = { version, direction, statementsDone };
  return [
    message(
      'begin',
      BEGIN,
      STRINGS_AS_PARSED,
      ...lookForTheClient(run),
      NOTE_LOCK_TIMEOUT,
      guard(predecessor, run, reached),
      LOCK_TIMEOUT_AS_NOTED,
    ),
    ...watched(work, run, statements, progress?.statementsDone ?? work.statements.length),
    message('record', forTheRecord(run), recordSql(work, run, progress, ending)),
    message('commit', 'commit'),
  ];
}

/**
 * The settings that a no-transaction file starts with, for its whole session, so that what the file itself sets holds
 * from there on.
 */
export function sessionScript(work: Work, run: Run): readonly Message[] {
  const settings = liftTimeouts(run.serverVersion, 'set');
  return [message('begin', settings, `set lock_timeout = ${lockTimeoutOf(work, run)}`)];
}

/** How long a file's statements wait for a lock, in milliseconds. */
export function lockTimeoutOf({ script }: Work, run: Run): number {
  return script.options.lockTimeoutMs ?? run.lockTimeoutMs;
}

/**
 * The statements of one transaction; of a down between a look at what there is and one at what it has taken away.
 *
 * @param end how many statements of the file are done after them
 */
function watched(
  work: Work,
  { keeper }: Run,
  statements: readonly Statement[],
  end: number,
): readonly Message[] {
  if (statements.length === 0) return [];
  const messages = [...statements.map(statementMessage), DEFERRED_CONSTRAINTS];
  if (keeper === null) return messages;
  const part = partOf(work.version, end);
  return [
    message('keep', NOTE_BEFORE),
    ...messages,
    message('keep', assertAnnounced(part, announced(keeper, part))),
  ];
}

function statementMessage(statement: Statement): Message {
  return { step: 'statement', sql: statement.sql, statement };
}

function message(step: Message['step'], ...sql: readonly string[]): Message {
  return { step, sql: sql.join(';\n') };
}
