import type { Work } from '../../migrate/script/work.js';
import pg from '../../postgres/pg.js';
import { runsAlone } from '../../sql/restrictions.js';
import type { Statement } from '../../sql/statements.js';
import { type Held, lookAtLocks, lookAtTables, type Tables, type TableThatIsThere } from './look.js';
import type { LockMode } from './modes.js';

/** A lock that a statement takes on a table that was there before its file. */
export interface Measured {
  readonly statement: Statement;
  readonly table: TableThatIsThere;
  readonly lock: LockMode;
  /** Whether all rows of the table are written anew, into another file. */
  readonly rewrites: boolean;
}

/** The throw-away database in which files are run. */
export interface Laboratory {
  /** The session that runs them. */
  readonly client: pg.Client;
  /** A second one. */
  readonly observer: pg.Client;
  /** Runs a statement of a file, or its commit; throws what a failed migration throws. */
  run(work: Work, statement: Statement | 'commit'): Promise<void>;
}

const OWN = 'pg_catalog.pg_backend_pid()';

/** Runs an up file as the engine does, and looks after each statement at what its session holds. */
export async function measureFile(laboratory: Laboratory, work: Work): Promise<readonly Measured[]> {
  const { client } = laboratory;
  await client.query('discard all');
  const old = await lookAtTables(client);
  const measured: Measured[] = [];
  if (work.script.options.transaction) {
    await client.query('begin');
    let tables = old;
    let held: Held = new Map();
    for (const statement of work.statements) {
      await laboratory.run(work, statement);
      const now = { tables: await lookAtTables(client), held: await lookAtLocks(client, OWN) };
      measured.push(...compare(statement, old, { tables, held }, now));
      ({ tables, held } = now);
    }
    await laboratory.run(work, 'commit');
    return measured;
  }
  for (const statement of work.statements) {
    const measure = runsAlone(statement) ? measureAlone : measureInTransaction;
    measured.push(...(await measure(laboratory, work, statement, old)));
  }
  return measured;
}

interface State {
  readonly tables: Tables;
  readonly held: Held;
}

/** What is stronger than before, or written anew. */
function compare(statement: Statement, old: Tables, before: State, after: State): readonly Measured[] {
  return [...old].flatMap(([oid, table]) => {
    const held = before.held.get(oid) ?? null;
    const lock = after.held.get(oid) ?? null;
    const now = after.tables.get(oid);
    const rewrites = now !== undefined && now.fileNode !== before.tables.get(oid)?.fileNode;
    return lock !== null && (lock !== held || rewrites) ? [{ statement, table, lock, rewrites }] : [];
  });
}

async function measureInTransaction(
  laboratory: Laboratory,
  work: Work,
  statement: Statement,
  old: Tables,
): Promise<readonly Measured[]> {
  const { client } = laboratory;
  await client.query('begin');
  const tables = await lookAtTables(client);
  await laboratory.run(work, statement);
  const after = { tables: await lookAtTables(client), held: await lookAtLocks(client, OWN) };
  await laboratory.run(work, 'commit');
  return compare(statement, old, { tables, held: new Map() }, after);
}

/**
 * A statement that runs alone has let go of its locks when it is done. So a second session holds every table by a lock
 * that it has to wait for, looks at what it asks for, and lets go.
 */
async function measureAlone(
  laboratory: Laboratory,
  work: Work,
  statement: Statement,
  old: Tables,
): Promise<readonly Measured[]> {
  const { client, observer } = laboratory;
  const tables = await lookAtTables(client);
  const pid = await client.query<{ pid: number }>(`select ${OWN} as pid`);
  await observer.query('begin');
  await observer.query(lockAll(tables));
  const running = laboratory.run(work, statement);
  const held = await waitForLock(observer, String(pid.rows[0]?.pid), running);
  await observer.query('commit');
  await running;
  return compare(statement, old, { tables, held: new Map() }, { tables: await lookAtTables(client), held });
}

/** A lock that stands in the way of every other that changes a table. */
function lockAll(tables: Tables): string {
  const names = [...tables.values()].flatMap(({ schema, name, canBeLocked }) =>
    canBeLocked ? [`${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`] : [],
  );
  return names.length === 0 ? '' : `lock table ${names.join(', ')} in share update exclusive mode`;
}

/** @returns what the session holds and asks for, as soon as it waits; what it held when it was done without waiting is not known */
async function waitForLock(observer: pg.Client, pid: string, running: Promise<void>): Promise<Held> {
  let isOver = false;
  const over = running.then(
    () => {
      isOver = true;
    },
    () => {
      isOver = true;
    },
  );
  for (;;) {
    const { rows } = await observer.query<{ waits: boolean }>(
      `select exists (select from pg_catalog.pg_locks where pid = ${pid} and not granted) as waits`,
    );
    if (rows[0]?.waits === true) return lookAtLocks(observer, pid);
    if (isOver) return new Map();
    await Promise.race([over, new Promise((resolve) => setTimeout(resolve, POLL_MS))]);
  }
}

const POLL_MS = 10;
