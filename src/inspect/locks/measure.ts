import type { Work } from '../../migrate/script/work.js';
import pg from '../../postgres/driver/pg.js';
import { queryRows } from '../../postgres/driver/search-path.js';
import { runsAlone } from '../../sql/restrictions.js';
import type { Statement } from '../../sql/statements.js';
import { takeIsolation } from '../../sql/transaction-modes.js';
import type { LockMode } from './modes.js';
import { type ExistingTable, type LocksByOid, readLocks, readTables, type TablesByOid } from './read.js';

/** A lock that a statement takes on a table that exists before its file. */
export interface MeasuredLock {
  readonly statement: Statement;
  readonly table: ExistingTable;
  readonly lock: LockMode;
  /** Whether the statement rewrites the table. */
  readonly rewrites: boolean;
  /** Whether the statement rebuilds an index that the table had before it. */
  readonly rebuilds: boolean;
}

/** Two sessions in the throw-away database in which the files run. */
export interface MeasuringSessions {
  /** The session that runs the files. */
  readonly client: pg.Client;
  /** The session that reads the locks of the other one. */
  readonly observer: pg.Client;
  /** Runs a statement of a file, or its commit. Throws the error of a failed migration. */
  run(work: Work, statement: Statement | 'commit'): Promise<void>;
}

const OWN_PID = 'pg_catalog.pg_backend_pid()';

/** Runs an up file as the engine does, and reads the locks of its session after each statement. */
export async function measureFile(sessions: MeasuringSessions, work: Work): Promise<readonly MeasuredLock[]> {
  const { client } = sessions;
  await client.query('discard all');
  const existing = await readTables(client);
  const measured: MeasuredLock[] = [];
  if (work.script.options.transaction) {
    const { isolation, statements } = takeIsolation(work.statements);
    await client.query(`begin isolation level ${isolation ?? 'read committed'}`);
    let before: SessionState = { tables: existing, locks: new Map() };
    for (const statement of statements) {
      await sessions.run(work, statement);
      const after = await readState(client);
      measured.push(...compare(statement, existing, before, after));
      before = after;
    }
    await sessions.run(work, 'commit');
    return measured;
  }
  for (const statement of work.statements) {
    const measure = runsAlone(statement) ? measureAlone : measureInTransaction;
    measured.push(...(await measure(sessions, work, statement, existing)));
  }
  return measured;
}

interface SessionState {
  readonly tables: TablesByOid;
  readonly locks: LocksByOid;
}

async function readState(client: pg.Client): Promise<SessionState> {
  return { tables: await readTables(client), locks: await readLocks(client, OWN_PID) };
}

/** Finds the locks that are stronger than before, and the tables that were rewritten. */
function compare(
  statement: Statement,
  existing: TablesByOid,
  before: SessionState,
  after: SessionState,
): readonly MeasuredLock[] {
  return [...existing].flatMap(([oid, table]) => {
    const lockBefore = before.locks.get(oid) ?? null;
    const lock = after.locks.get(oid) ?? null;
    const now = after.tables.get(oid);
    const then = before.tables.get(oid);
    const rewrites = now !== undefined && now.fileNode !== then?.fileNode;
    const rebuilds = Object.entries(then?.indexFiles ?? {}).some(
      ([name, file]) => (now?.indexFiles[name] ?? file) !== file,
    );
    return lock !== null && (lock !== lockBefore || rewrites || rebuilds)
      ? [{ statement, table, lock, rewrites, rebuilds }]
      : [];
  });
}

async function measureInTransaction(
  sessions: MeasuringSessions,
  work: Work,
  statement: Statement,
  existing: TablesByOid,
): Promise<readonly MeasuredLock[]> {
  const { client } = sessions;
  await client.query('begin');
  const tables = await readTables(client);
  await sessions.run(work, statement);
  const after = await readState(client);
  await sessions.run(work, 'commit');
  return compare(statement, existing, { tables, locks: new Map() }, after);
}

/**
 * Measures a statement that runs outside of a transaction. Such a statement has released its locks when it ends. So a
 * second session locks every table in a mode that the statement must wait for, reads what it requests, and releases the
 * tables.
 */
async function measureAlone(
  sessions: MeasuringSessions,
  work: Work,
  statement: Statement,
  existing: TablesByOid,
): Promise<readonly MeasuredLock[]> {
  const { client, observer } = sessions;
  const tables = await readTables(client);
  const pid = await client.query<{ pid: number }>(`select ${OWN_PID} as pid`);
  await observer.query('begin');
  await observer.query(lockAllSql(tables));
  const running = sessions.run(work, statement);
  const locks = await readLocksWhileWaiting(observer, String(pid.rows[0]?.pid), running);
  await observer.query('commit');
  await running;
  const after = { tables: await readTables(client), locks };
  return compare(statement, existing, { tables, locks: new Map() }, after);
}

/** This lock mode conflicts with every mode that a change of a table takes. */
function lockAllSql(tables: TablesByOid): string {
  const names = [...tables.values()].flatMap(({ schema, name, canBeLocked }) =>
    canBeLocked ? [`${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`] : [],
  );
  return names.length === 0 ? '' : `lock table ${names.join(', ')} in share update exclusive mode`;
}

/**
 * Waits until a session waits for a lock, and reads the locks that it holds and requests.
 *
 * @returns no locks if the session ends its statement without waiting, because it has then released them
 */
async function readLocksWhileWaiting(
  observer: pg.Client,
  pid: string,
  running: Promise<void>,
): Promise<LocksByOid> {
  let hasEnded = false;
  const end = running.then(
    () => {
      hasEnded = true;
    },
    () => {
      hasEnded = true;
    },
  );
  for (;;) {
    const [row] = await queryRows<{ waits: boolean }>(
      observer,
      `select exists (select from pg_catalog.pg_locks where pid = ${pid} and not granted) as waits`,
    );
    if (row?.waits === true) return readLocks(observer, pid);
    if (hasEnded) return new Map();
    await Promise.race([end, new Promise((resolve) => setTimeout(resolve, POLL_MS))]);
  }
}

const POLL_MS = 10;
