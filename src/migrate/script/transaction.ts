import { SYSTEM_NAMES_ONLY } from '../../postgres/driver/search-path.js';
import { REPORT_WARNINGS } from '../../postgres/replication.js';
import { liftTimeouts } from '../../postgres/timeouts.js';
import { TRIGGERS_ON } from '../../postgres/triggers-on.js';
import { checkHistory } from '../history/ownership.js';
import { CREATE_HISTORY } from '../history/table.js';
import { checkAdoption, PATH_OF_SESSION, PATH_OF_TRANSACTION } from './adoption.js';
import type { RunContext } from './context.js';
import { guard, lockGuard } from './guard.js';
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
} from './settings.js';
import type { Step, TransactionStep } from './steps.js';

/** The messages of a step, in their order. */
export function messagesOf(step: Step, run: RunContext, safeguard: Safeguard): readonly Message[] {
  switch (step.kind) {
    case 'history':
      return historyMessages(run);
    case 'session':
      return [
        makeMessage('begin', step.work, ...sessionSettings(step.work, run)),
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
  const { serverVersion } = run;
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
    makeMessage('record', null, checkHistory('write'), CREATE_HISTORY, checkHistory('write')),
    makeMessage('commit', null, 'commit'),
  ];
}

/** A file that runs in one transaction together with its history row. */
function fileMessages(step: TransactionStep, run: RunContext, safeguard: Safeguard): readonly Message[] {
  const { work, predecessor } = step;
  const durability = step.runStatements === null ? [DO_NOT_WAIT_FOR_THE_DISK] : [];
  return [
    makeMessage(
      'begin',
      work,
      BEGIN,
      SYSTEM_NAMES_ONLY,
      ...durability,
      liftTimeouts(run.serverVersion),
      STRINGS_AS_PARSED,
      ...checkClient(run),
      guard(predecessor, run),
      ...checkAdoption(step.statements, PATH_OF_TRANSACTION),
      TRIGGERS_ON,
      SEARCH_PATH_OF_SESSION,
      `set local lock_timeout = ${lockTimeoutOf(work)}`,
    ),
    ...statementsOf(step, safeguard),
    makeMessage(
      'record',
      work,
      resetSession(run),
      SAVE_SEARCH_PATH,
      SYSTEM_NAMES_ONLY,
      REPORT_WARNINGS,
      ...durability,
      recordSql(step, run),
    ),
    makeMessage('commit', work, 'commit', END_OF_TRANSACTION),
  ];
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
    makeMessage('record', work, settingsForRecord(run), recordSql(step, run)),
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
