import { SYSTEM_NAMES_ONLY } from '../../postgres/driver/search-path.js';
import { REPORT_WARNINGS } from '../../postgres/replication.js';
import { liftTimeouts } from '../../postgres/timeouts.js';
import { TRIGGERS_ON, TRIGGERS_ON_IN_SESSION } from '../../postgres/triggers-on.js';
import type { IsolationLevel } from '../../sql/transaction-modes.js';
import { checkHistory } from '../history/ownership.js';
import { createHistory } from '../history/table.js';
import { checkAdoption, PATH_OF_SESSION, PATH_OF_TRANSACTION } from './adoption.js';
import type { RunContext } from './context.js';
import { guard, guardAgain, guardNext, lockGuard, lockHistory } from './guard.js';
import { type Message, makeMessage, statementMessage } from './message.js';
import { recordSql } from './record-sql.js';
import type { Safeguard } from './safeguard.js';
import {
  BEGIN,
  checkClient,
  DO_NOT_WAIT_FOR_THE_DISK,
  END_OF_TRANSACTION,
  lockTimeoutOf,
  RESTORE_SETTINGS,
  resetSession,
  SAVE_SEARCH_PATH,
  SAVE_SETTINGS,
  SEARCH_PATH_OF_SESSION,
  STRINGS_AS_PARSED,
  sessionSettings,
  settingsForRecord,
  TEXT_OF_FILE,
  WAIT_AS_THE_ROLE_DEMANDS,
} from './settings.js';
import type { Step, TransactionStep } from './steps.js';

/** The messages of a step, in their order. */
export function messagesOf(step: Step, run: RunContext, safeguard: Safeguard): readonly Message[] {
  switch (step.kind) {
    case 'history':
      return historyMessages(run);
    case 'session':
      return [
        makeMessage('session', step.work, ...sessionSettings(step.work, run)),
        ...step.settings.map((statement) => statementMessage(step.work, statement)),
      ];
    case 'alone':
      return [statementMessage(step.work, step.statement)];
    case 'transaction':
      return step.work.script.options.transaction
        ? fileMessages(step, run, safeguard)
        : partMessages(step, run, safeguard);
  }
}

function historyMessages(run: RunContext): readonly Message[] {
  const { serverVersion, set } = run;
  return [
    makeMessage(
      'begin',
      null,
      BEGIN,
      SYSTEM_NAMES_ONLY,
      DO_NOT_WAIT_FOR_THE_DISK,
      liftTimeouts(serverVersion),
      lockGuard(run),
    ),
    // Checked again: another session may create the schema between the first check and the creation.
    makeMessage('record', null, checkHistory(set, 'write'), createHistory(set), checkHistory(set, 'write')),
    makeMessage('commit', null, 'commit'),
  ];
}

/** A file that runs in one transaction together with its history row. */
function fileMessages(step: TransactionStep, run: RunContext, safeguard: Safeguard): readonly Message[] {
  const { work, isolation } = step;
  const durability = durabilityOf(step);
  return [
    makeMessage(
      'begin',
      work,
      ...(isolation === null ? begin(step, run) : beginIsolated(step, run, isolation)),
    ),
    ...statementsOf(step, safeguard),
    makeMessage(
      'record',
      work,
      resetSession(run),
      SAVE_SEARCH_PATH,
      SYSTEM_NAMES_ONLY,
      ...(isolation === null ? [] : [guardAgain(run)]),
      REPORT_WARNINGS,
      ...durability,
      recordSql(step, run),
    ),
    makeMessage('commit', work, 'commit', END_OF_TRANSACTION),
  ];
}

function durabilityOf({ runFiles }: TransactionStep): readonly string[] {
  return runFiles === null ? [DO_NOT_WAIT_FOR_THE_DISK] : [];
}

/** Begins the transaction of a file. */
function begin(step: TransactionStep, run: RunContext): readonly string[] {
  const { work, predecessor, statements } = step;
  return [
    BEGIN,
    SYSTEM_NAMES_ONLY,
    ...durabilityOf(step),
    ...fileSettings(run),
    guard(predecessor, run),
    ...checkAdoption(statements, PATH_OF_TRANSACTION),
    TRIGGERS_ON,
    SEARCH_PATH_OF_SESSION,
    `set local lock_timeout = ${lockTimeoutOf(work)}`,
  ];
}

/**
 * Begins the transaction of a file with the isolation level that the file asks for. The guard needs READ COMMITTED, and its
 * queries would give the file's transaction its snapshot. So the guard runs in a separate transaction before it. If the
 * guard fails, its transaction stays open and refuses the statements of the file.
 */
function beginIsolated(step: TransactionStep, run: RunContext, isolation: IsolationLevel): readonly string[] {
  const { work, predecessor, statements } = step;
  return [
    BEGIN,
    SYSTEM_NAMES_ONLY,
    DO_NOT_WAIT_FOR_THE_DISK,
    liftTimeouts(run.serverVersion),
    guard(predecessor, run),
    ...checkAdoption(statements, PATH_OF_TRANSACTION),
    TRIGGERS_ON_IN_SESSION,
    guardNext(run),
    'commit',
    `begin isolation level ${isolation}`,
    ...durabilityOf(step),
    ...fileSettings(run),
    `set local lock_timeout = ${lockTimeoutOf(work)}`,
    lockHistory(run),
  ];
}

function fileSettings(run: RunContext): readonly string[] {
  return [liftTimeouts(run.serverVersion), ...TEXT_OF_FILE, ...checkClient(run)];
}

/** Statements of a no-transaction file that run in one transaction together with the file's progress. */
function partMessages(step: TransactionStep, run: RunContext, safeguard: Safeguard): readonly Message[] {
  const { work, predecessor, start: statementsDone } = step;
  const { version, direction } = work;
  return [
    makeMessage(
      'begin',
      work,
      BEGIN,
      STRINGS_AS_PARSED,
      ...checkClient(run),
      SAVE_SETTINGS,
      SYSTEM_NAMES_ONLY,
      guard(predecessor, run, { version, direction, statementsDone }),
      ...checkAdoption(step.statements, PATH_OF_SESSION),
      RESTORE_SETTINGS,
    ),
    ...statementsOf(step, safeguard),
    makeMessage(
      'record',
      work,
      settingsForRecord(run),
      ...(step.runFiles === null ? [] : [WAIT_AS_THE_ROLE_DEMANDS]),
      recordSql(step, run),
    ),
    makeMessage('commit', work, 'commit'),
  ];
}

function statementsOf(step: TransactionStep, safeguard: Safeguard): readonly Message[] {
  const { work, statements } = step;
  if (statements.length === 0) return [];
  const { before, after } = safeguard.bracket(step);
  return [
    ...before,
    ...statements.map((statement) => statementMessage(work, statement)),
    // Deferred constraints are checked here, where an error still belongs to the file. Besides, temporary tables with
    // pending checks cannot be dropped.
    makeMessage('statement', work, 'set constraints all immediate'),
    ...after,
  ];
}
