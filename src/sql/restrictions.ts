import type { DefElem, Node } from 'libpg-query';
import type { ErrorCode } from '../postgres/errors/error-codes.js';
import { findUnsafeEnumUse } from './enum-values.js';
import type { MigrationFileError } from './errors.js';
import { createFileError } from './location.js';
import type { SourceFile } from './source-file.js';
import { createCopyError, readsStandardInput, type Statement, transactionCommand } from './statements.js';
import { refuseTextSetting } from './text-settings.js';
import { endOfSettings, levelOf, modesOfSession, modesOfSet, takeIsolation } from './transaction-modes.js';

/** A file, and whether it runs in one transaction. */
interface SqlFile {
  readonly source: SourceFile;
  readonly options: { readonly transaction: boolean };
}

/**
 * Checks a file, before any SQL runs, for statements that PostgreSQL would refuse half-way or that would escape the
 * engine's transactions: a statement that cannot run inside a transaction, a transaction command or mode, an enum value
 * added and used in one file, `COPY … FROM stdin`, a setting with which it would read the rest of the file in another way.
 *
 * @throws MigrationFileError with the location and the remedy
 */
export function checkRestrictions(script: SqlFile, statements: readonly Statement[]): void {
  for (const statement of statements) {
    if (readsStandardInput(statement)) throw createCopyError(script.source, statement);
    refuseTransactionCommand(script, statement);
    refuseTextSetting(script.source, statement);
    if (script.options.transaction && cannotRunInTransaction(statement)) {
      throw restrictionError(
        script,
        statement.offset,
        'needs_no_transaction',
        'this statement cannot run inside a transaction',
        'Move it to a separate migration with the line "-- migrate: no-transaction" at the top.',
      );
    }
  }
  for (const { node, offset } of statements) {
    if ('IndexStmt' in node && node.IndexStmt.concurrent === true && node.IndexStmt.idxname === undefined) {
      throw restrictionError(
        script,
        offset,
        'index_without_name',
        'an index that is built concurrently needs a name, so that a failed build can be found and repeated',
        'Name it: create index concurrently <name> on …',
      );
    }
  }
  if (script.options.transaction) {
    refuseModes(script, statements);
    refuseEnumValueInUse(script, statements);
  } else {
    refuseModesOutsideOfTransaction(script, statements);
  }
}

function refuseTransactionCommand(script: SqlFile, statement: Statement): void {
  const command = transactionCommand(statement);
  if (command === undefined || /SAVEPOINT|RELEASE|ROLLBACK_TO/.test(command)) return;
  throw restrictionError(
    script,
    statement.offset,
    'transaction_command',
    'a transaction command inside a migration',
    script.options.transaction
      ? 'Remove it. The engine runs the file and its history row in one transaction; only a begin and a commit around the whole file are allowed.'
      : 'Remove it. In a no-transaction file the engine commits after each statement.',
  );
}

/** Refuses modes that the transaction of a file cannot have, and an isolation level after the first query. */
function refuseModes(script: SqlFile, statements: readonly Statement[]): void {
  const { isolation: level } = takeIsolation(statements);
  const end = endOfSettings(statements);
  for (const [index, statement] of statements.entries()) {
    const { readOnly, deferrable, isolation, snapshot } = modesOfSet(statement) ?? {};
    if (readOnly === true) {
      throw modeError(
        script,
        statement,
        'a READ ONLY transaction cannot record that the migration is applied',
        'Remove READ ONLY. The engine writes the history row in the transaction of the file.',
      );
    }
    if (snapshot === true) {
      throw modeError(
        script,
        statement,
        'a migration cannot import the snapshot of another transaction, which may have ended',
        'Remove the statement.',
      );
    }
    const isLate = index >= end;
    const differs = isolation !== undefined && levelOf(isolation) !== level;
    if (isLate && (differs || deferrable === true)) {
      throw modeError(
        script,
        statement,
        'PostgreSQL accepts this mode only before the first query of a transaction',
        'Move it to the top of the file: set transaction isolation level …; Only settings may precede it.',
      );
    }
  }
}

/** Refuses modes that a no-transaction file would lose. */
function refuseModesOutsideOfTransaction(script: SqlFile, statements: readonly Statement[]): void {
  for (const statement of statements) {
    if (modesOfSet(statement) !== undefined) {
      throw modeError(
        script,
        statement,
        'SET TRANSACTION has no effect outside of a transaction',
        'Remove the line "-- migrate: no-transaction" if every statement can run in one transaction. Otherwise remove this statement.',
      );
    }
    const { isolation, readOnly } = modesOfSession(statement) ?? {};
    if (readOnly === true || (isolation !== undefined && levelOf(isolation) !== null)) {
      throw modeError(
        script,
        statement,
        'a no-transaction file runs in READ COMMITTED, READ WRITE transactions',
        'Move the statements that need another mode to a file without the line "-- migrate: no-transaction", and begin that file with: set transaction isolation level …;',
      );
    }
  }
}

function modeError(
  script: SqlFile,
  { offset }: Statement,
  problem: string,
  remedy: string,
): MigrationFileError {
  return restrictionError(script, offset, 'transaction_mode', problem, remedy);
}

/**
 * Whether a statement of a no-transaction file is sent without a transaction around it: PostgreSQL refuses it in one, or
 * it may end its transaction itself.
 */
export function runsAlone(statement: Statement): boolean {
  const { node } = statement;
  if ('DoStmt' in node) return /\b(commit|rollback)\b/i.test(JSON.stringify(node));
  return MAY_END_THEIR_TRANSACTION.some((kind) => kind in node) || cannotRunInTransaction(statement);
}

/** Whether PostgreSQL refuses the statement inside a transaction block. */
function cannotRunInTransaction({ node }: Statement): boolean {
  if ('IndexStmt' in node) return node.IndexStmt.concurrent === true;
  if ('DropStmt' in node) return node.DropStmt.concurrent === true;
  if ('ReindexStmt' in node) return reindexRunsAlone(node.ReindexStmt);
  if ('VacuumStmt' in node) return node.VacuumStmt.is_vacuumcmd === true;
  if ('ClusterStmt' in node) return node.ClusterStmt.relation === undefined;
  if ('DiscardStmt' in node) return node.DiscardStmt.target === 'DISCARD_ALL';
  if ('AlterDatabaseStmt' in node) return optionOf(node.AlterDatabaseStmt, 'tablespace') !== undefined;
  if ('CreateSubscriptionStmt' in node) return createsSlot(node.CreateSubscriptionStmt);
  if ('AlterSubscriptionStmt' in node) return refreshes(node.AlterSubscriptionStmt);
  if ('AlterTableStmt' in node) return (node.AlterTableStmt.cmds ?? []).some(detachesConcurrently);
  return NEVER_IN_TRANSACTION.some((kind) => kind in node);
}

const MAY_END_THEIR_TRANSACTION = [
  'CallStmt',
  'CreateSubscriptionStmt',
  'AlterSubscriptionStmt',
  'DropSubscriptionStmt',
  // Of a partitioned table or index.
  'ReindexStmt',
  'ClusterStmt',
];

const NEVER_IN_TRANSACTION = [
  'CreatedbStmt',
  'DropdbStmt',
  'AlterSystemStmt',
  'CreateTableSpaceStmt',
  'DropTableSpaceStmt',
];

/** Statements with options in parentheses. */
interface WithOptions {
  readonly options?: readonly Node[];
}

function optionOf({ options = [] }: WithOptions, name: string): DefElem | undefined {
  return options
    .flatMap((option) => ('DefElem' in option ? option.DefElem : []))
    .find(({ defname }) => defname === name);
}

function isOff(option: DefElem | undefined): boolean {
  return /"sval":"(?:false|off)"|"Integer":\{\}/i.test(JSON.stringify(option?.arg ?? null));
}

/** A replication slot on the other server is not dropped by a rollback. */
function createsSlot(statement: WithOptions): boolean {
  return !isOff(optionOf(statement, 'create_slot')) && !isOff(optionOf(statement, 'connect'));
}

type AlterSubscriptionStmt = Extract<Node, { AlterSubscriptionStmt: unknown }>['AlterSubscriptionStmt'];

function refreshes(statement: AlterSubscriptionStmt): boolean {
  const { kind = '' } = statement;
  return (
    kind === 'ALTER_SUBSCRIPTION_REFRESH' ||
    (kind.endsWith('_PUBLICATION') && !isOff(optionOf(statement, 'refresh')))
  );
}

type ReindexStmt = Extract<Node, { ReindexStmt: unknown }>['ReindexStmt'];

function reindexRunsAlone({ kind, params = [] }: ReindexStmt): boolean {
  const isConcurrent = params.some((param) => 'DefElem' in param && param.DefElem.defname === 'concurrently');
  return isConcurrent || (kind !== 'REINDEX_OBJECT_INDEX' && kind !== 'REINDEX_OBJECT_TABLE');
}

function detachesConcurrently(command: Node): boolean {
  const definition = 'AlterTableCmd' in command ? command.AlterTableCmd.def : undefined;
  return (
    definition !== undefined && 'PartitionCmd' in definition && definition.PartitionCmd.concurrent === true
  );
}

function refuseEnumValueInUse(script: SqlFile, statements: readonly Statement[]): void {
  const unsafe = findUnsafeEnumUse(statements);
  if (unsafe === null) return;
  const { type, value, use } = unsafe;
  throw restrictionError(
    script,
    use.offset,
    'enum_value_in_use',
    `this file adds the value '${value}' to the enum ${type.join('.')}; PostgreSQL allows its use only after the addition is committed`,
    'Use the value in a separate migration with the next version. One run applies both.',
  );
}

function restrictionError(
  script: SqlFile,
  offset: number,
  code: ErrorCode,
  problem: string,
  remedy: string,
): MigrationFileError {
  return createFileError(script.source, offset, code, problem, { remedy });
}
