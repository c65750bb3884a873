import type { Work } from '../../migrate/script/work.js';
import pg from '../../postgres/driver/pg.js';
import { queryRows } from '../../postgres/driver/search-path.js';
import { runsAlone } from '../../sql/restrictions.js';
import type { Statement } from '../../sql/statements.js';
import { takeIsolation } from '../../sql/transaction-modes.js';
import { compare, type Measurements, merge, type SessionState } from './measurements.js';
import { readScans } from './partition-scans.js';
import { type LocksByOid, readLocks, readTables, type TablesByOid } from './read.js';

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

/** Runs an up file as the engine does, and reads the locks of its session and the tables after each statement. */
export async function measureFile(sessions: MeasuringSessions, work: Work): Promise<Measurements> {
  const { client } = sessions;
  await client.query('discard all');
  const existing = await readTables(client);
  const measured: Measurements[] = [];
  if (work.script.options.transaction) {
    const { isolation, statements } = takeIsolation(work.statements);
    await client.query(`begin isolation level ${isolation ?? 'read committed'}`);
    let before: SessionState = { tables: existing, locks: new Map() };
    for (const statement of statements) {
      const scanned = await readScans(client, statement, () => sessions.run(work, statement));
      const after = await readState(client, statement, before.tables);
      measured.push(compare(statement, existing, before, after, scanned));
      before = after;
    }
    await sessions.run(work, 'commit');
    return merge(measured);
  }
  for (const statement of work.statements) {
    const measure = runsAlone(statement) ? measureAlone : measureInTransaction;
    measured.push(await measure(sessions, work, statement, existing));
  }
  return merge(measured);
}

/** Statements that drop no column of a table, and are most of a file. */
const DROPS_NOTHING = /^(?:Comment|Create(?!TableAs)|Define|Grant|Index|VariableSet|View)/;

async function readState(client: pg.Client, { node }: Statement, before: TablesByOid): Promise<SessionState> {
  const isKnown = DROPS_NOTHING.test(Object.keys(node)[0] ?? '');
  const tables = await readTables(client, isKnown ? before : null);
  return { tables, locks: await readLocks(client, OWN_PID) };
}

async function measureInTransaction(
  sessions: MeasuringSessions,
  work: Work,
  statement: Statement,
  existing: TablesByOid,
): Promise<Measurements> {
  const { client } = sessions;
  await client.query('begin');
  const tables = await readTables(client);
  const scanned = await readScans(client, statement, () => sessions.run(work, statement));
  const after = await readState(client, statement, tables);
  await sessions.run(work, 'commit');
  return compare(statement, existing, { tables, locks: new Map() }, after, scanned);
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
): Promise<Measurements> {
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
